import assert from "node:assert/strict";
import { dicomFile } from "../support/dicom.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const DRAIN_MS = 10_000;

/** A server process over a configuration file that tests rewrite. */
async function startProcess() {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const configure = (options: object) =>
    Deno.writeTextFile(
      `${folder}/config.json`,
      JSON.stringify({ StorageDirectory: "data", HttpPort: 0, DicomPort: 0, ...options }),
    );
  await configure({ Name: "first" });
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", MAIN, `${folder}/config.json`],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  stack.defer(async () => {
    try {
      process.kill("SIGKILL");
    } catch {
      // it has ended
    }
    await process.status;
  });
  const output = linesOf(process.stdout);
  const log = linesOf(process.stderr);
  stack.defer(async () =>
    void await Promise.all([output.return(undefined), log.return(undefined)])
  );
  const url = /listening at (\S+)/.exec(await until(output, /listening/))![1]!;
  const running = stack.move();
  return {
    url,
    process,
    configure,
    name: async () => (await (await fetch(`${url}/system`)).json()).Name as string,
    logged: (what: RegExp) => until(log, what),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

async function until(lines: AsyncGenerator<string>, what: RegExp): Promise<string> {
  for (;;) {
    const { done, value } = await lines.next();
    assert.ok(!done, `the process ends without ${what}`);
    if (what.test(value)) return value;
  }
}

Deno.test("SIGHUP takes a right configuration over, and leaves a wrong one", async () => {
  await using server = await startProcess();
  assert.equal(await server.name(), "first");
  await server.configure({ Name: "second", HttpRequestTimeout: 7 });
  server.process.kill("SIGHUP");
  const line = await server.logged(/Configuration read again/);
  assert.match(line, /Name/);
  assert.match(line, /HttpRequestTimeout/);
  assert.equal(await server.name(), "second");

  await server.configure({ Name: "third", NoSuchOption: 1 });
  server.process.kill("SIGHUP");
  assert.match(await server.logged(/not read again/), /NoSuchOption/);
  assert.equal(await server.name(), "second");
});

Deno.test("SIGTERM lets an upload in hand end, and the process within its time", async () => {
  await using server = await startProcess();
  const bytes = dicomFile({ sopInstanceUid: "1.2.3.4.5", pixelBytes: 100_000 });
  const body = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  const writer = body.writable.getWriter();
  const answer = fetch(`${server.url}/instances`, { method: "POST", body: body.readable });
  await writer.write(bytes.subarray(0, 50_000));
  await server.name(); // by then the upload has been taken up
  const start = performance.now();
  server.process.kill("SIGTERM");
  await writer.write(bytes.subarray(50_000));
  await writer.close();
  assert.equal((await (await answer).json()).Status, "Success");
  assert.equal((await server.process.status).code, 0);
  assert.ok(performance.now() - start < DRAIN_MS);
});
