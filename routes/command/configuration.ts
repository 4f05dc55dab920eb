import { parseArgs } from "node:util";
import type { Config } from "../../core/config.ts";
import { checkEnvironmentNames } from "../../core/config/flags.ts";
import { readConfigurationFiles } from "../../core/config/files.ts";
import { CONFIG_FLAGS, flagsToOverrides } from "../../core/config/flags.ts";
import { parseConfiguration } from "../../core/config/parse.ts";
import { LOG_FORMATS, type LogFormat, type Verbosity } from "../../core/log.ts";
import { UsageError } from "./usage_error.ts";

/** What the command line of the server says. */
export interface ServerArguments {
  readonly config: Config;
  readonly warnings: readonly string[];
  readonly verbosity: Verbosity;
  readonly logFormat: LogFormat;
  readonly paths: readonly string[];
}

/**
 * Reads the configuration that files, environment and flags give.
 *
 * @throws DicomError `configuration` with everything that is wrong; TypeError for a flag that does not exist
 */
export async function readServerArguments(args: readonly string[]): Promise<ServerArguments> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      ...CONFIG_FLAGS,
      verbose: { type: "boolean" },
      trace: { type: "boolean" },
      "log-format": { type: "string" },
    },
    allowPositionals: true,
  });
  const { verbose, trace, "log-format": logFormat, ...flags } = values;
  const sources = (await Promise.all(positionals.map(readConfigurationFiles))).flat();
  const { config, warnings } = parseConfiguration(
    sources,
    (name) => Deno.env.get(name),
    flagsToOverrides(flags),
  );
  const misspelt = checkEnvironmentNames(Object.keys(Deno.env.toObject()));
  return {
    config,
    warnings: [...warnings, ...misspelt],
    logFormat: logFormatOf(logFormat),
    verbosity: trace ? "trace" : verbose ? "verbose" : "default",
    paths: positionals,
  };
}

/** For people at a terminal; else JSON, with priorities where systemd reads it. @throws UsageError */
function logFormatOf(name: unknown): LogFormat {
  if (name === undefined) {
    if (Deno.env.has("JOURNAL_STREAM")) return "journal";
    return Deno.stderr.isTerminal() ? "text" : "json";
  }
  const known = Object.keys(LOG_FORMATS) as LogFormat[];
  const format = known.find((one) => one === name);
  if (format) return format;
  throw new UsageError(`--log-format is one of ${known.join(", ")}`);
}
