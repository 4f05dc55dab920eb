import assert from "node:assert/strict";

/** Also for one that is emulated on a slow machine; `tests/http/signals_test.ts` asks for less. */
const END_MS = 120_000;

/** A server that a scenario has started. */
export interface Server {
  readonly url: string;
  /** Ends it as systemd does. @throws AssertionError if it fails or takes too long */
  stop(): Promise<void>;
}

/** The executable with nothing of this machine's: no path, no home, and a folder for temporary files to watch. */
export function createRunner(folder: string) {
  for (const name of ["work", "tmp"]) Deno.mkdirSync(`${folder}/${name}`);
  const options = {
    cwd: `${folder}/work`,
    clearEnv: true,
    env: { TMPDIR: `${folder}/tmp` },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  } as const;
  const spawn = ([program, ...args]: readonly string[]) =>
    new Deno.Command(program!, { ...options, args }).spawn();

  return {
    /** Runs a command to its end. @returns what it prints */
    async succeed(...command: readonly string[]): Promise<string> {
      const { success, stdout } = await spawn(command).output();
      assert.ok(success, `${command.join(" ")} fails`);
      return new TextDecoder().decode(stdout);
    },
    /** Starts a server, which may choose its port for HTTP. */
    async serve(...command: readonly string[]): Promise<Server> {
      const process = spawn([...command, "--http-port", "0"]);
      const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = "";;) {
        const { done, value } = await reader.read();
        assert.ok(!done, "the server ends at once");
        const url = /listening at (\S+)/.exec(text += value)?.[1];
        if (url) return { url, stop: () => stop(process, reader) };
      }
    },
  };
}

async function stop(
  process: Deno.ChildProcess,
  reader: ReadableStreamDefaultReader<string>,
): Promise<void> {
  const start = performance.now();
  process.kill("SIGTERM");
  const { success, code } = await process.status;
  await reader.cancel();
  assert.ok(success, `the server ends with ${code}`);
  assert.ok(performance.now() - start < END_MS, "the server does not end in time");
}

/** Body of an answer, which must be good. */
export async function ask(url: string, init?: RequestInit): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url, init);
  const bytes = await response.bytes();
  assert.ok(response.ok, `${url}: ${response.status} ${new TextDecoder().decode(bytes)}`);
  return bytes;
}

/** Body of an answer that is JSON. */
export async function askJson<T>(url: string, init?: RequestInit): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await ask(url, init)));
}

/** What follows the file meta information, which is new when a file has come by C-STORE (PS3.10 Section 7.1). */
export function dataSetOf(file: Uint8Array<ArrayBuffer>): Uint8Array {
  return file.subarray(144 + new DataView(file.buffer).getUint32(140, true));
}
