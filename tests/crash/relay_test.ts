import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { dicomFile } from "../support/dicom.ts";
import { type Judge, startJudge } from "../support/relay_judge.ts";

/** The process is killed again and again while it receives and relays; what it acknowledged arrives everywhere. */

const KILLS = 20;
const SENDERS = 4;
const SINKS = 3;
/** The process lives at least so long, and at most twice as long, in milliseconds. */
const LIFE_MS = 250;
/** What goes on at one destination when the process is killed, and comes again. */
const IN_FLIGHT = 24;
const DRAIN_MS = 90_000;
const MAIN = new URL("../../main.ts", import.meta.url).pathname;

interface Server {
  readonly url: string;
  readonly process: Deno.ChildProcess;
}

async function startServer(folder: string): Promise<Server> {
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

/** Sends new instances one after the other until the server is gone; notes what it acknowledged. */
async function send(
  { url }: Server,
  acknowledged: Map<string, string>,
  next: () => number,
): Promise<void> {
  for (;;) {
    const number = next();
    const uid = `1.2.${number}`;
    // Every third is too large for the index to keep its bytes.
    const pixelBytes = 2 * (number % 4000) + (number % 3 === 0 ? 40_000 : 0);
    const body = dicomFile({ sopInstanceUid: uid, pixelBytes });
    try {
      const response = await fetch(`${url}/instances`, { method: "POST", body });
      const { Status } = await response.json() as { Status: string };
      assert.equal(Status, "Success");
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return; // it is gone, and nobody was told anything
    }
    acknowledged.set(uid, createHash("sha256").update(body).digest("hex"));
  }
}

/** Waits until nothing is owed any more. */
async function drain({ url }: Server): Promise<void> {
  const until = performance.now() + DRAIN_MS;
  for (;;) {
    const { duties } = await (await fetch(`${url}/relay/summary`)).json();
    const { confirmed: _, ...open } = duties as Record<string, number>;
    if (Object.values(open).every((count) => count === 0)) return;
    assert.ok(performance.now() < until, `still owed: ${JSON.stringify(open)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function check(judge: Judge, acknowledged: ReadonlyMap<string, string>): void {
  for (const [uid, digest] of acknowledged) {
    const digests = judge.seen.get(uid);
    assert.ok(digests, `${uid} was acknowledged and did not arrive`);
    for (const each of digests) assert.equal(each, digest, `${uid} is another object`);
  }
  const most = KILLS * IN_FLIGHT;
  assert.ok(judge.duplicates <= most, `${judge.duplicates} came twice`);
}

Deno.test(`what a server acknowledged that is killed ${KILLS} times arrives at ${SINKS} destinations`, async () => {
  const folder = await Deno.makeTempDir();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const judges = Array.from({ length: SINKS }, () => stack.use(startJudge()));
  const names = judges.map((_, n) => `sink${n}`);
  const config = {
    StorageDirectory: `${folder}/data`,
    HttpPort: 0,
    DicomPort: 0,
    OrthancPeers: Object.fromEntries(names.map((name, n) => [name, [judges[n]!.url]])),
    Relay: { Rules: [{ id: "all", do: names.map((to) => ({ send: { to } })) }] },
  };
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  const acknowledged = new Map<string, string>();
  let number = 0;
  let server = await startServer(folder);
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const sending = Array.from(
        { length: SENDERS },
        () => send(server, acknowledged, () => number++),
      );
      await new Promise((resolve) => setTimeout(resolve, LIFE_MS * (1 + Math.random())));
      server.process.kill("SIGKILL");
      await server.process.status;
      await Promise.all(sending);
      server = await startServer(folder);
    }
    await drain(server);
    assert.ok(acknowledged.size > 10 * KILLS, `only ${acknowledged.size} were stored`);
    for (const judge of judges) check(judge, acknowledged);
  } finally {
    server.process.kill("SIGKILL");
    await server.process.status;
  }
});
