import { type Judge, startJudge } from "../../tests/support/relay_judge.ts";
import { type ServerProcess, startServerProcess } from "../../tests/support/server_process.ts";
import type { Fault, Finding } from "./fault.ts";
import { dutiesOf, numbers, sendAll, sleep, until } from "./traffic.ts";

const ROUNDS = 7;
/** Instances of a round. */
const IMAGES = 400;
const PIXEL_BYTES = 4000;
const SENDERS = 4;
const LIMIT_MS = 120_000;
const MOST_SLOWER = 0.1;
const MOST_READY_MS = 3000;
/** Lets what was on its way end. */
const SETTLED_MS = 500;
/** A destination that is up. */
const OPEN = "open";
/** A destination that is paused. */
const BACKLOG = "backlog";

/** A server, and what it delivers to. */
interface Side extends ServerProcess {
  readonly folder: string;
  readonly judge: Judge;
}

async function stop({ process }: ServerProcess, signal: Deno.Signal): Promise<void> {
  process.kill(signal);
  await process.status;
}

async function post(url: string, body?: unknown): Promise<void> {
  const init = { method: "POST", ...(body !== undefined && { body: JSON.stringify(body) }) };
  const answer = await fetch(url, init);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  await answer.body?.cancel();
}

const rule = (to: string) => ({ id: to, do: [{ send: { to } }] });

/** A folder with so many instances, all of them owed to a destination that is paused, or none. */
async function fill(folder: string, judge: Judge, plan: { count: number; isOwed: boolean }) {
  const config = {
    StorageDirectory: `${folder}/data`,
    HttpPort: 0,
    DicomServerEnabled: false,
    OrthancPeers: { [OPEN]: [judge.url], [BACKLOG]: [judge.url] },
    Relay: {
      InDatabase: true,
      Destinations: { [BACKLOG]: { Peer: BACKLOG } },
      Rules: plan.isOwed ? [rule(BACKLOG)] : [],
    },
  };
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  const server = await startServerProcess(folder);
  await post(`${server.url}/relay/destinations/${BACKLOG}/pause`);
  await sendAll(server.url, { next: numbers(0, plan.count), senders: 8, pixelBytes: 500 });
  await putRules(server.url, [rule(OPEN)]);
  await stop(server, "SIGTERM");
}

async function putRules(url: string, rules: unknown): Promise<void> {
  const answer = await fetch(`${url}/relay/rules`, { method: "PUT", body: JSON.stringify(rules) });
  if (!answer.ok) throw new Error(`rules: ${answer.status} ${await answer.text()}`);
  await answer.body?.cancel();
}

let next = 10_000_000;

/** @returns instances a second: taken in, and delivered to a destination that is up */
async function measure({ url, judge }: Side): Promise<{ received: number; relayed: number }> {
  const target = judge.seen.size + IMAGES;
  const startedAt = performance.now();
  const load = { next: numbers(next, IMAGES), senders: SENDERS, pixelBytes: PIXEL_BYTES };
  next += IMAGES;
  await sendAll(url, load);
  const received = IMAGES / ((performance.now() - startedAt) / 1000);
  await until("not delivered", LIMIT_MS, () => judge.seen.size >= target);
  return { received, relayed: IMAGES / ((performance.now() - startedAt) / 1000) };
}

/** @returns instances a second out of the backlog, of which more than are counted may be there */
async function measureBacklog({ url, judge }: Side): Promise<number> {
  const before = judge.seen.size;
  const startedAt = performance.now();
  await post(`${url}/relay/destinations/${BACKLOG}/resume`);
  await until("not delivered", LIMIT_MS, () => judge.seen.size >= before + IMAGES);
  const rate = (judge.seen.size - before) / ((performance.now() - startedAt) / 1000);
  await post(`${url}/relay/destinations/${BACKLOG}/pause`);
  return rate;
}

/** Makes a backlog of what one round sends. */
async function owe({ url }: Side): Promise<void> {
  await putRules(url, [rule(BACKLOG)]);
  await sendAll(url, { next: numbers(next, IMAGES), senders: SENDERS, pixelBytes: 500 });
  next += IMAGES;
  await putRules(url, [rule(OPEN)]);
}

/** Kills the server. @returns milliseconds from its next start until it listens, and until its first delivery */
async function restart(side: Side): Promise<{ readyMs: number; firstDeliveryMs: number }> {
  await stop(side, "SIGKILL");
  const startedAt = performance.now();
  const server = await startServerProcess(side.folder);
  const readyMs = Math.round(performance.now() - startedAt);
  const before = side.judge.seen.size;
  await post(`${server.url}/relay/destinations/${BACKLOG}/resume`);
  await until("not delivered", LIMIT_MS, () => side.judge.seen.size > before);
  const firstDeliveryMs = Math.round(performance.now() - startedAt);
  await stop(server, "SIGTERM");
  return { readyMs, firstDeliveryMs };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

async function queueUp(count: number): Promise<Finding> {
  await using stack = new AsyncDisposableStack();
  const parent = await Deno.makeTempDir({ dir: ".", prefix: ".faults-" });
  stack.defer(() => Deno.remove(parent, { recursive: true }));
  const start = async (name: string, isOwed: boolean): Promise<Side> => {
    const folder = `${await Deno.realPath(parent)}/${name}`;
    const judge = stack.use(startJudge());
    await fill(folder, judge, { count, isOwed });
    return { folder, judge, ...await startServerProcess(folder) };
  };
  const empty = await start("empty", false);
  const full = await start("full", true);
  const queued = await dutiesOf(full.url);
  const rates = {
    received: { empty: [] as number[], full: [] as number[] },
    relayed: { empty: [] as number[], full: [] as number[] },
    sent: { empty: [] as number[], full: [] as number[] },
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, side] of [["empty", empty], ["full", full]] as const) {
      const { received, relayed } = await measure(side);
      rates.received[name].push(received);
      rates.relayed[name].push(relayed);
      if (side === empty) await owe(empty);
      rates.sent[name].push(await measureBacklog(side));
      await sleep(SETTLED_MS);
    }
  }
  await stop(empty, "SIGTERM");
  const started = await restart(full);
  const entries = Object.entries(rates);
  const ratios = entries.map(([name, { empty, full }]) =>
    [name, Number((median(full) / median(empty)).toFixed(2))] as const
  );
  const rounded = entries.map(([name, { empty, full }]) =>
    [name, { empty: empty.map(Math.round), full: full.map(Math.round) }] as const
  );
  return {
    holds: started.readyMs <= MOST_READY_MS &&
      ratios.every(([, ratio]) => ratio >= 1 - MOST_SLOWER),
    facts: {
      queued,
      ...started,
      ratios: Object.fromEntries(ratios),
      ...Object.fromEntries(rounded),
    },
  };
}

/** A queue of so many duties slows nothing, and is there at once after a start. */
export const queue: Fault = {
  description: "so many duties wait for a destination that is paused, while others go on",
  amount: 100_000,
  run: queueUp,
};
