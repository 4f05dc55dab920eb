/** Hours of the week in which a destination may be used. */
export interface TimeWindow {
  /** 0 for Monday. */
  readonly days: ReadonlySet<number>;
  /** Minutes since midnight; where `from` is not before `to`, the window ends on the next day. */
  readonly from: number;
  readonly to: number;
  /** IANA name of the time zone. */
  readonly zone: string;
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MINUTES_PER_DAY = 1440;
const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3600_000;

const PATTERN = /^(?:([A-Za-z,-]+) )?(\d\d):([0-5]\d)-(\d\d):([0-5]\d)(?: ([A-Za-z0-9_+\/-]+))?$/;

/**
 * Reads `Mon-Fri 19:00-06:00 Europe/Brussels`: days and zone may be left out, days may be listed (`Sat,Sun`).
 *
 * @returns undefined if it is not such a text
 */
export function parseWindow(text: string, defaultZone = localZone()): TimeWindow | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const [, dayText = "Mon-Sun", fromHour, fromMinute, toHour, toMinute, zone = defaultZone] = match;
  const days = parseDays(dayText);
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const to = Number(toHour) * 60 + Number(toMinute);
  if (!days || from >= MINUTES_PER_DAY || to > MINUTES_PER_DAY || !isZone(zone)) return undefined;
  return { days, from, to, zone };
}

function parseDays(text: string): ReadonlySet<number> | undefined {
  const days = new Set<number>();
  for (const part of text.split(",")) {
    const [first, last = first, ...rest] = part.split("-").map((name) => DAYS.indexOf(name));
    if (first === undefined || last === undefined || rest.length > 0) return undefined;
    if (first < 0 || last < 0) return undefined;
    for (let day = first;; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return days;
}

/** The time zone of this machine. */
function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function isZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** Whether one of `windows` is open at `at` (ms since 1970); without any, always. */
export function isOpen(windows: readonly TimeWindow[], at: number): boolean {
  return windows.length === 0 || windows.some((window) => isWithin(window, at));
}

function isWithin({ days, from, to, zone }: TimeWindow, at: number): boolean {
  const { day, minute } = localTime(zone, at);
  if (from < to) return days.has(day) && minute >= from && minute < to;
  return (days.has(day) && minute >= from) || (days.has((day + 6) % 7) && minute < to);
}

/**
 * When to look at `windows` again: not later than the next opening or closing. At full hours, where clocks are put
 * forward and back, one looks in any case.
 */
export function nextLook(windows: readonly TimeWindow[], at: number): number {
  const hour = (Math.floor(at / MS_PER_HOUR) + 1) * MS_PER_HOUR;
  const edges = windows.flatMap(({ from, to, zone }) => {
    const { minute } = localTime(zone, at);
    const midnight = Math.floor(at / MS_PER_MINUTE) * MS_PER_MINUTE -
      Math.floor(minute) * MS_PER_MINUTE;
    return [from, to].map((edge) => {
      const then = midnight + edge * MS_PER_MINUTE;
      return then > at ? then : then + MINUTES_PER_DAY * MS_PER_MINUTE;
    });
  });
  return Math.min(hour, ...edges);
}

/** When the clock next shows the start of `window` on one of its days, after `at`. */
export function nextStart(window: TimeWindow, at: number): number {
  for (let look = at;;) {
    const next = nextLook([window], look);
    const { day, minute } = localTime(window.zone, next);
    if (minute === window.from && window.days.has(day)) return next;
    look = next;
  }
}

/** Weekday (0 for Monday) and minutes since midnight that the clocks of `zone` show. */
function localTime(zone: string, at: number): { day: number; minute: number } {
  const parts = formatOf(zone).formatToParts(at);
  const part = (type: string) => parts.find((each) => each.type === type)!.value;
  const minute = Number(part("hour")) * 60 + Number(part("minute")) + Number(part("second")) / 60;
  return { day: DAYS.indexOf(part("weekday")), minute };
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError for a zone that does not exist */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      weekday: "short",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    formats.set(zone, format);
  }
  return format;
}
