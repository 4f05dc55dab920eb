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

/** Logs that write one JSON object a line through `write`. */
export function createLogs(clock: Pick<Clock, "now">, write: (line: string) => void): Logs {
  const verbosities = new Map<LogCategory, Verbosity>();
  const verbosity = (category: LogCategory) => verbosities.get(category) ?? "default";
  return {
    verbosity,
    setVerbosity: (category, value) => void verbosities.set(category, value),
    of: (category) => (level, message, facts) => {
      if (!WRITTEN[verbosity(category)].has(level)) return;
      const time = new Date(clock.now()).toISOString();
      write(JSON.stringify({ time, level, category, message, ...facts }));
    },
  };
}
