import type { ServerControl } from "../core/app.ts";
import type { Config } from "../core/config.ts";
import { DicomError } from "../core/errors.ts";
import type { Logs } from "../core/log.ts";
import { OUTPOST_VERSION } from "../core/version.ts";
import { check } from "./command/check.ts";
import { hashPasswordCommand } from "./command/hash_password.ts";
import { importCommand } from "./command/import_command.ts";
import { serve } from "./command/serve.ts";

/** What a command needs of the program around it. */
export interface CommandContext {
  start(config: Config, options: { logs: Logs; control: ServerControl }): Promise<StoppableServer>;
}

/** A server that a command has started. */
export interface StoppableServer {
  readonly url: string | undefined;
  stop(graceMs: number): Promise<void>;
}

/** A subcommand of `outpost`. */
export interface Command {
  /** As in the help: `check FILE…`. */
  readonly usage: string;
  readonly summary: string;
  /** @returns the exit code: 0 for success, 1 for a failure, 2 for wrong usage */
  run(args: readonly string[], context: CommandContext): Promise<number>;
}

/** Every subcommand by its name. */
const COMMANDS: Readonly<Record<string, Command>> = {
  check,
  import: importCommand,
  "hash-password": hashPasswordCommand,
};

/** Runs the command line; without a subcommand, the server. */
export async function runCommand(
  args: readonly string[],
  context: CommandContext,
): Promise<number> {
  const [first, ...rest] = args;
  if (args.includes("--help") || args.includes("-h") || first === "help") return print(help());
  if (first === "--version") return print(`outpost ${OUTPOST_VERSION}`);
  const named = first !== undefined && Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  try {
    return named ? await named.run(rest, context) : await serve.run(args, context);
  } catch (error) {
    console.error(`outpost: ${describe(error)}`);
    return isUsageError(error) ? 2 : 1;
  }
}

function print(text: string): number {
  console.log(text);
  return 0;
}

function help(): string {
  const lines = [serve, ...Object.values(COMMANDS)].flatMap(({ usage, summary }) => [
    `  outpost ${usage}`,
    `      ${summary}`,
  ]);
  return [
    `Outpost ${OUTPOST_VERSION}: the DICOM server for the box beside the scanner.`,
    "",
    ...lines,
    "  outpost --version",
    "      Print the version",
    "",
    "CONFIG is a JSON file with comments, or a folder of them, with Orthanc's options; without one",
    "the server starts with defaults: http://127.0.0.1:8042, data in ./OrthancStorage, this machine",
    "only. Every option is also a flag (--http-port 8043) and a variable (OUTPOST_HTTP_PORT=8043).",
    "",
    "Exit codes: 0 success, 1 failure, 2 wrong usage.",
  ].join("\n");
}

function describe(error: unknown): string {
  return error instanceof DicomError || isUsageError(error)
    ? (error as Error).message
    : `unexpected failure: ${
      error instanceof Error ? error.stack ?? error.message : String(error)
    }`;
}

/** `parseArgs` names what it does not understand with such a code. */
function isUsageError(error: unknown): boolean {
  return error instanceof TypeError && "code" in error &&
    String(error.code).startsWith("ERR_PARSE_ARGS");
}
