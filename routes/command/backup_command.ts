import { parseArgs } from "node:util";
import { backUp } from "../../core/archive/backup.ts";
import type { Command } from "../command.ts";
import { readServerArguments } from "./configuration.ts";
import { UsageError } from "./usage_error.ts";

/** Backs up the archive, while the server runs. */
export const backupCommand: Command = {
  usage: "backup FOLDER [CONFIG…] [--copy] [--prune]",
  summary:
    "Back up the archive, also while it is in use; again into the same folder, only what is new",

  async run(args, { openBackup }) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        copy: { type: "boolean", default: false },
        prune: { type: "boolean", default: false },
      },
      allowPositionals: true,
    });
    const [target, ...configurations] = positionals;
    if (target === undefined) throw new UsageError(`usage: outpost ${backupCommand.usage}`);
    const { config } = await readServerArguments(configurations);
    await using backup = await openBackup(config, { target, copy: values.copy });
    const report = await backUp(backup, { prune: values.prune });
    const parts = Object.entries(report).map(([what, count]) => `${count} ${what}`);
    console.log(`Backed up to ${target}: ${parts.join(", ")}`);
    return 0;
  },
};
