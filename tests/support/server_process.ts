const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** A server in a process of its own, which may be killed at any time. */
export interface ServerProcess {
  readonly url: string;
  readonly process: Deno.ChildProcess;
}

/** Starts it with the configuration in `config.json` of a folder. */
export async function startServerProcess(folder: string): Promise<ServerProcess> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, `${folder}/config.json`],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let text = "";
  for await (const chunk of process.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const url = /listening at (http:\S+)/.exec(text)?.[1];
    if (url) return { url, process };
  }
  throw new Error(`the server did not start: ${(await process.status).code}`);
}
