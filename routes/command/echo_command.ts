import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import { DICOM_FLAGS, readCall } from "./destination.ts";
import { interruption } from "./interruption.ts";
import { UsageError } from "./usage_error.ts";

/** Asks a remote whether it is there, by C-ECHO (PS3.7 Section 9.1.5). */
export const echoCommand: Command = {
  usage: "echo AET@HOST:PORT [--aet AET] [--tls] [--timeout SECONDS] [--config CONFIG]",
  summary: "Ask a DICOM application whether it is there (C-ECHO)",

  async run(args, { openClient }) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: DICOM_FLAGS,
      allowPositionals: true,
    });
    const [destination, ...more] = positionals;
    if (destination === undefined || more.length > 0) {
      throw new UsageError(`usage: outpost ${echoCommand.usage}`);
    }
    const { config, remote } = await readCall(destination, values);
    await using client = openClient(config);
    const start = performance.now();
    await client.echo(remote, { alsoFind: false }, interruption());
    console.log(`${destination} answered in ${Math.ceil(performance.now() - start)} ms`);
    return 0;
  },
};
