import { parseArgs } from "node:util";
import type { Command } from "../command.ts";
import { readServerArguments } from "./configuration.ts";
import { importFolders } from "./import.ts";
import { interruption } from "./interruption.ts";

/** Sends folders of files to a server. */
export const importCommand: Command = {
  usage: "import FOLDER… [--url URL] [--user NAME] [--password-file FILE]",
  summary:
    "Store all DICOM files of folders in this or another server; what it has is not sent again",

  async run(args) {
    const { values, positionals: folders } = parseArgs({
      args: [...args],
      options: {
        url: { type: "string" },
        user: { type: "string" },
        "password-file": { type: "string" },
        concurrency: { type: "string", default: "4" },
        config: { type: "string", multiple: true, default: [] },
      },
      allowPositionals: true,
    });
    const url = values.url ?? await urlOfThisServer(values.config);
    const concurrency = Number(values.concurrency);
    if (folders.length === 0 || !URL.canParse(url) || !(concurrency >= 1 && concurrency <= 64)) {
      console.error(`outpost: usage: outpost ${importCommand.usage}`);
      return 2;
    }
    const signal = interruption();
    const summary = await importFolders({
      folders,
      url: new URL(url),
      user: values.user,
      password: await passwordOf(values["password-file"]),
      concurrency,
      write: writeAll,
      isTerminal: Deno.stderr.isTerminal(),
      signal,
    });
    return summary.failed > 0 || signal.aborted ? 1 : 0;
  },
};

/** Where the server of a configuration answers on this machine. */
async function urlOfThisServer(paths: readonly string[]): Promise<string> {
  const { config } = await readServerArguments(paths);
  return `${config.sslEnabled ? "https" : "http"}://127.0.0.1:${config.httpPort}`;
}

/** The password in a file, or in OUTPOST_PASSWORD: never on the command line, where others can see it. */
async function passwordOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return Deno.env.get("OUTPOST_PASSWORD");
  return (await Deno.readTextFile(file)).replace(/\r?\n[^]*$/, "");
}

function writeAll(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
}
