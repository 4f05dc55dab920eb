import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import { DICOM_FLAGS, readCall } from "./destination.ts";
import { walk } from "./import/walk.ts";
import { interruption } from "./interruption.ts";
import { UsageError } from "./usage_error.ts";
import { sendFiles } from "./send.ts";

/** Sends files to a remote by C-STORE (PS3.7 Section 9.1.1). */
export const sendCommand: Command = {
  usage: "send FILE… AET@HOST:PORT [--aet AET] [--tls] [--timeout SECONDS] [--config CONFIG]",
  summary: "Send files, or folders of them, to a DICOM application (C-STORE)",

  async run(args, { openClient, openFile }) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: DICOM_FLAGS,
      allowPositionals: true,
    });
    const destination = positionals.pop();
    if (destination === undefined || positionals.length === 0) {
      throw new UsageError(`usage: outpost ${sendCommand.usage}`);
    }
    const { config, remote } = await readCall(destination, values);
    let unreadable = 0;
    const report = (path: string, fact: string) => console.error(`failed: ${path}: ${fact}`);
    const paths = walk(positionals, {
      skipped: () => {},
      unreadable(path) {
        unreadable++;
        report(path, "cannot be read");
      },
    });
    await using client = openClient(config);
    const tally = await sendFiles(paths, {
      client,
      remote,
      openFile,
      report,
      signal: interruption(),
    });
    const failed = tally.failed + unreadable;
    console.log(`${tally.sent} sent, ${failed} failed, ${tally.skipped} skipped`);
    return failed > 0 ? 1 : 0;
  },
};
