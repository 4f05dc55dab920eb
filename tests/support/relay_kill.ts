import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { dicomFile } from "./dicom.ts";
import { type Judge, startJudge } from "./relay_judge.ts";
import { waitFor } from "./wait.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** No process ends before it has acknowledged so many. */
export const LEAST_STORED = 5;

/** How often, and how long. */
export interface KillPlan {
  readonly kills: number;
  readonly senders: number;
  readonly sinks: number;
  /** The process lives at least so long, and at most twice as long, in milliseconds. */
  readonly lifeMs: number;
  /** How long the last process has to deliver the rest, in milliseconds. */
  readonly drainMs: number;
  /** What ends it: `SIGKILL` unless said. */
  readonly signal?: "SIGKILL" | "SIGTERM";
  /** `durable` unless said. */
  readonly ack?: "durable" | "buffered";
}

/** What a server did that was killed while it received and relayed. */
export interface KillReport {
  /** SHA-256 of what it acknowledged, by SOP Instance UID. */
  readonly acknowledged: ReadonlyMap<string, string>;
  readonly judges: readonly Pick<Judge, "seen" | "duplicates">[];
  /** Time of each start until the server listened, in milliseconds. */
  readonly startsMs: readonly number[];
  /** How each process ended that was to end. */
  readonly exitCodes: readonly number[];
}

/** Kills a server again and again while instances are sent to it, and has the last one deliver the rest. */
export async function killWhileRelaying(plan: KillPlan): Promise<KillReport> {
  const folder = await Deno.makeTempDir();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const judges = Array.from({ length: plan.sinks }, () => stack.use(startJudge()));
  const names = judges.map((_, n) => `sink${n}`);
  const config = {
    StorageDirectory: `${folder}/data`,
    HttpPort: 0,
    DicomPort: 0,
    OrthancPeers: Object.fromEntries(names.map((name, n) => [name, [judges[n]!.url]])),
    Relay: {
      Ack: plan.ack ?? "durable",
      Rules: [{ id: "all", do: names.map((to) => ({ send: { to } })) }],
    },
  };
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  const acknowledged = new Map<string, string>();
  const startsMs: number[] = [];
  const exitCodes: number[] = [];
  const start = async () => {
    const startedAt = performance.now();
    const server = await startServer(folder);
    startsMs.push(performance.now() - startedAt);
    return server;
  };
  let number = 0;
  let server = await start();
  try {
    for (let kill = 0; kill < plan.kills; kill++) {
      const sending = Array.from(
        { length: plan.senders },
        () => send(server, acknowledged, () => number++),
      );
      const wanted = acknowledged.size + LEAST_STORED;
      await new Promise((resolve) => setTimeout(resolve, plan.lifeMs * (1 + Math.random())));
      await waitFor(() => acknowledged.size >= wanted, "storing");
      server.process.kill(plan.signal ?? "SIGKILL");
      exitCodes.push((await server.process.status).code);
      await Promise.all(sending);
      server = await start();
    }
    await drain(server, plan.drainMs);
  } finally {
    server.process.kill("SIGKILL");
    await server.process.status;
  }
  return { acknowledged, judges, startsMs, exitCodes };
}

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
async function drain({ url }: Server, limitMs: number): Promise<void> {
  const until = performance.now() + limitMs;
  for (;;) {
    const { duties } = await (await fetch(`${url}/relay/summary`)).json();
    const { confirmed: _, ...open } = duties as Record<string, number>;
    if (Object.values(open).every((count) => count === 0)) return;
    assert.ok(performance.now() < until, `still owed: ${JSON.stringify(open)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
