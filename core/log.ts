import type { Clock, Log, LogLevel } from "./ports.ts";

/** What a logger writes about, as Orthanc divides it. */
export const LOG_CATEGORIES = [
  "generic",
  "dicom",
  "http",
  "jobs",
  "lua",
  "plugins",
  "sqlite",
] as const;

/** A category of log lines. */
export type LogCategory = (typeof LOG_CATEGORIES)[number];

/** How much is written: warnings and errors, or also information, or everything. */
export const VERBOSITIES = ["default", "verbose", "trace"] as const;

/** A verbosity, by Orthanc's name. */
export type Verbosity = (typeof VERBOSITIES)[number];

const WRITTEN: Readonly<Record<Verbosity, ReadonlySet<LogLevel>>> = {
  default: new Set(["error", "warning"]),
  verbose: new Set(["error", "warning", "info"]),
  trace: new Set(["error", "warning", "info", "trace"]),
};

/** The logs of all categories, with the verbosity of each. */
export interface Logs {
  of(category: LogCategory): Log;
  verbosity(category: LogCategory): Verbosity;
  setVerbosity(category: LogCategory, verbosity: Verbosity): void;
}

/** What a line of the log says. */
export interface LogEntry {
  /** Such as `2026-02-03T04:05:06.007Z`. */
  readonly time: string;
  readonly level: LogLevel;
  readonly category: LogCategory;
  readonly message: string;
  readonly [fact: string]: unknown;
}

/** How an entry is written, always as one line. */
export const LOG_FORMATS = {
  /** A JSON object. */
  json: (entry) => JSON.stringify(entry),
  /** For people. */
  text({ time, level, category, message, ...facts }) {
    const shown = Object.entries(facts).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
    return `${time} ${level.toUpperCase()} ${category}: ${oneLine(message)}${shown.join("")}`;
  },
  /** JSON, with the priority that the journal of systemd reads (sd-daemon(3)). */
  journal: (entry) => `<${PRIORITIES[entry.level]}>${JSON.stringify(entry)}`,
} as const satisfies Record<string, (entry: LogEntry) => string>;

/** Name of a format. */
export type LogFormat = keyof typeof LOG_FORMATS;

const PRIORITIES: Readonly<Record<LogLevel, number>> = { error: 3, warning: 4, info: 6, trace: 7 };

/** Control characters would steer a terminal, or make a second line. */
function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters are meant
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, " ");
}

/** Logs that write a line for each entry through `write`. */
export function createLogs(
  clock: Pick<Clock, "now">,
  write: (line: string) => void,
  format: LogFormat = "json",
): Logs {
  const verbosities = new Map<LogCategory, Verbosity>();
  const verbosity = (category: LogCategory) => verbosities.get(category) ?? "default";
  return {
    verbosity,
    setVerbosity: (category, value) => void verbosities.set(category, value),
    of: (category) => (level, message, facts) => {
      if (!WRITTEN[verbosity(category)].has(level)) return;
      const time = new Date(clock.now()).toISOString();
      write(LOG_FORMATS[format]({ ...facts, time, level, category, message }));
    },
  };
}
