/** How far an import has come. */
export interface ImportState {
  /** Files that are done with, whatever became of them. */
  readonly files: number;
  /** Their bytes, and those under way. */
  readonly bytes: number;
  /** Bytes that were sent. */
  readonly sent: number;
  /** How much there is, once that is known. */
  readonly total: { readonly files: number; readonly bytes: number } | undefined;
}

/** Shows how an import goes. */
export interface Progress {
  /** Something has changed; not every change is shown. */
  update(state: ImportState): void;
  /** A line that stays. */
  line(text: string): void;
  /** Takes the bar away. */
  end(): void;
}

/** Where progress is shown. */
export interface ProgressOptions {
  readonly write: (text: string) => void;
  /** A bar that is drawn over, instead of lines. */
  readonly isTerminal: boolean;
  /** Milliseconds. */
  readonly now: () => number;
}

const BAR_MS = 200;
const LINE_MS = 10_000;
const BAR_WIDTH = 24;
const CLEAR = "\r\x1b[2K";

/** Makes the progress of one import, which begins now. */
export function createProgress({ write, isTerminal, now }: ProgressOptions): Progress {
  const start = now();
  let shownAt = isTerminal ? -Infinity : start;
  const clear = isTerminal ? CLEAR : "";
  return {
    update(state) {
      const at = now();
      if (at - shownAt < (isTerminal ? BAR_MS : LINE_MS)) return;
      shownAt = at;
      const text = describe(state, (at - start) / 1000);
      write(isTerminal ? `${CLEAR}${bar(state)}${text}` : `${text}\n`);
    },
    line: (text) => write(`${clear}${printable(text)}\n`),
    end: () => write(clear),
  };
}

/** Text from outside without what could steer a terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}

/** Megabytes with one decimal. */
export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function bar({ bytes, total }: ImportState): string {
  if (!total) return "";
  const done = total.bytes === 0 ? 1 : Math.min(1, bytes / total.bytes);
  const filled = Math.round(done * BAR_WIDTH);
  return `[${"#".repeat(filled)}${"-".repeat(BAR_WIDTH - filled)}] `;
}

function describe({ files, bytes, sent, total }: ImportState, seconds: number): string {
  const rate = seconds > 0 ? sent / seconds : 0;
  const parts = [
    total ? `${files}/${total.files} files` : `${files} files`,
    total ? `${megabytes(bytes)}/${megabytes(total.bytes)} MB` : `${megabytes(bytes)} MB`,
    `${megabytes(rate)} MB/s`,
  ];
  const left = total && bytes > 0 ? seconds * Math.max(0, total.bytes / bytes - 1) : undefined;
  return [...parts, ...(left === undefined ? [] : [`${clockTime(left)} left`])].join("  ");
}

/** Seconds as `1:02:03` or `2:03`. */
function clockTime(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (value: number) => String(value % 60).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return whole < 3600
    ? `${minutes}:${two(whole)}`
    : `${Math.floor(minutes / 60)}:${two(minutes)}:${two(whole)}`;
}
