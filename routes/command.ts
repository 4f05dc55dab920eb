import type { ServerControl } from "../core/app.ts";
import type { IdleArchive } from "../core/care.ts";
import type { Config } from "../core/config.ts";
import { DicomError } from "../core/errors.ts";
import type { Logs } from "../core/log.ts";
import type { OpenFile } from "../core/ports.ts";
import type { BackupTarget } from "../core/ports/backup_target.ts";
import type { DicomClient } from "../core/ports/dicom_client.ts";
import type { Reload } from "../core/reload.ts";
import { auditCommand } from "./command/audit_command.ts";
import { backupCommand } from "./command/backup_command.ts";
import { check } from "./command/check.ts";
import { echoCommand } from "./command/echo_command.ts";
import { fsckCommand } from "./command/fsck_command.ts";
import { hashPasswordCommand } from "./command/hash_password.ts";
import { helpText } from "./command/help.ts";
import { importCommand } from "./command/import_command.ts";
import { rebuildCommand } from "./command/rebuild_command.ts";
import { sendCommand } from "./command/send_command.ts";
import { serve } from "./command/serve.ts";
import { UsageError } from "./command/usage_error.ts";
import { versionLine } from "./command/version.ts";

/** What a command needs of the program around it. */
export interface CommandContext {
  start(config: Config, options: { logs: Logs; control: ServerControl }): Promise<StoppableServer>;
  /** A DICOM client that takes nothing in. */
  openClient(config: Config): DicomClient;
  openFile(path: string): Promise<OpenFile>;
  /** Opens an archive on which no server runs. @throws DicomError `configuration` if one does */
  openArchive(config: Config): Promise<IdleArchive>;
  /** Begins a backup of an archive that may be in use. */
  openBackup(
    config: Config,
    options: { readonly target: string; readonly copy: boolean },
  ): Promise<BackupTarget>;
  /** All lines of the audit log of an archive or a backup, also of a server that runs. */
  readAuditLog(from: Pick<Config, "indexDirectory">): AsyncIterable<string>;
}

/** A server that a command has started. */
export interface StoppableServer {
  readonly url: string | undefined;
  /** @throws DicomError `configuration`; then all stays as it was */
  reload(next: Config): Reload;
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
  send: sendCommand,
  echo: echoCommand,
  "hash-password": hashPasswordCommand,
  backup: backupCommand,
  audit: auditCommand,
  fsck: fsckCommand,
  rebuild: rebuildCommand,
};

/** Runs the command line; without a subcommand, the server. */
export async function runCommand(
  args: readonly string[],
  context: CommandContext,
): Promise<number> {
  const [first, ...rest] = args;
  const named = first !== undefined && Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (args.includes("--help") || args.includes("-h") || first === "help") {
    return print(named ? usageText(named) : helpText([serve, ...Object.values(COMMANDS)]));
  }
  if (first === "--version") return print(versionLine());
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

function usageText({ usage, summary }: Command): string {
  return `usage: outpost ${usage}\n${summary}`;
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
  return error instanceof UsageError || error instanceof TypeError && "code" in error &&
      String(error.code).startsWith("ERR_PARSE_ARGS");
}
