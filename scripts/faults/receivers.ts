import { type Judge, startJudge } from "../../tests/support/relay_judge.ts";
import { startServerProcess } from "../../tests/support/server_process.ts";
import type { Fault, Finding } from "./fault.ts";
import { type Gate, type GateMode, startGate } from "./gate.ts";
import {
  type Acknowledged,
  drained,
  missingOf,
  numbers,
  sendAll,
  sleep,
  until,
} from "./traffic.ts";

const IMAGES = 300;
const ROUNDS = 3;
const PIXEL_BYTES = 20_000;
const ARRIVAL_MS = 300_000;
const DRAIN_MS = 1_200_000;
const LEAST_RATE = 0.95;
/** Tries in five minutes of a receiver that is full: those that open the breaker, and a probe every 30 s. */
const MOST_TRIES = 5 + 12;
const PAYLOAD_TOO_LARGE = 413;
const UNAVAILABLE = 503;

/** Receivers with a gate before them, and what each gate does. */
const GATES: Readonly<Record<string, GateMode>> = { hole: "hole", slow: "slow", reset: "reset" };
/** Those that take nothing while they are spoilt. */
const SPOILT = ["full", ...Object.keys(GATES)];
const NAMES = ["good", "refusing", ...SPOILT];

/** Whether a receiver that does not want one of a hundred refuses this one. */
const isUnwanted = (uid: string) => Number(uid.split(".").at(-1)) % 100 === 0;

async function request(method: string, url: string, body?: unknown): Promise<void> {
  const init = { method, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const answer = await fetch(url, init);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  await answer.body?.cancel();
}

async function spoil(seconds: number): Promise<Finding> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  let fullness = 1;
  let isRefusing = true;
  let triesOfFull = 0;
  const judges: Record<string, Judge> = {};
  const gates: Record<string, Gate> = {};
  const refusals: Record<string, (uid: string) => number | undefined> = {
    full() {
      if (Math.random() >= fullness) return undefined;
      triesOfFull++;
      return UNAVAILABLE;
    },
    refusing: (uid) => isRefusing && isUnwanted(uid) ? PAYLOAD_TOO_LARGE : undefined,
  };
  const peers: Record<string, readonly string[]> = {};
  for (const name of NAMES) {
    const refuse = refusals[name];
    const judge = judges[name] = stack.use(startJudge({ ...(refuse && { refuse }) }));
    const port = Number(new URL(judge.url).port);
    const gate = name in GATES ? gates[name] = stack.use(startGate(port)) : undefined;
    peers[name] = [`http://127.0.0.1:${gate?.port ?? port}`];
  }
  const config = {
    StorageDirectory: `${folder}/data`,
    HttpPort: 0,
    DicomServerEnabled: false,
    OrthancPeers: peers,
    Relay: { Rules: [{ id: "all", do: NAMES.map((to) => ({ send: { to } })) }] },
  };
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  const { url, process } = await startServerProcess(folder);
  stack.defer(async () => {
    process.kill("SIGKILL");
    await process.status;
  });
  const acknowledged: Acknowledged = new Map();
  let next = 0;
  /** @returns instances a second to the good receiver */
  const send = async (): Promise<number> => {
    const startedAt = performance.now();
    const load = { next: numbers(next, IMAGES), senders: 4, pixelBytes: PIXEL_BYTES };
    for (const [uid, digest] of await sendAll(url, load)) acknowledged.set(uid, digest);
    next += IMAGES;
    await until("good is behind", ARRIVAL_MS, () => judges.good!.seen.size >= next);
    return IMAGES / ((performance.now() - startedAt) / 1000);
  };
  const each = async (names: readonly string[], action: "pause" | "resume") => {
    for (const name of names) await request("POST", `${url}/relay/destinations/${name}/${action}`);
  };

  for (const [name, gate] of Object.entries(gates)) gate.mode = GATES[name]!;
  await each(NAMES.slice(1), "pause");
  await send(); // warm
  const spoiltAt = performance.now();
  const rates: { alone: number[]; beside: number[] } = { alone: [], beside: [] };
  for (let round = 0; round < ROUNDS; round++) {
    rates.alone.push(await send());
    await each(SPOILT, "resume");
    rates.beside.push(await send());
    await each(SPOILT, "pause");
  }
  await each(NAMES.slice(1), "resume");
  const resumedAt = performance.now();
  const triesBefore = triesOfFull;
  await sleep(seconds * 1000);
  const triesMeanwhile = triesOfFull - triesBefore;
  const deadOf = async () => {
    const dead = await (await fetch(`${url}/relay/duties?state=dead&limit=1000`)).json();
    return (dead.Duties ?? dead) as { destination: string }[];
  };
  const dead = await deadOf();
  fullness = 0.1;
  for (const gate of Object.values(gates)) gate.mode = "pass";
  const unwanted = [...acknowledged.keys()].filter(isUnwanted).length;
  await until(
    "not all others are delivered",
    DRAIN_MS,
    () =>
      NAMES.every((name) =>
        missingOf(acknowledged, judges[name]!.seen) <= (name === "refusing" ? unwanted : 0)
      ),
  );
  const deliveredMs = Math.round(performance.now() - resumedAt - seconds * 1000);
  isRefusing = false;
  await request("POST", `${url}/relay/requeue-dead`);
  await drained(url, DRAIN_MS);
  const missing = NAMES.map((name) => missingOf(acknowledged, judges[name]!.seen));
  const ratio = median(rates.beside) / median(rates.alone);
  return {
    holds: missing.every((count) => count === 0) && ratio >= LEAST_RATE &&
      dead.every(({ destination }) => destination === "refusing") &&
      triesMeanwhile <= MOST_TRIES * Math.max(1, seconds / 300),
    facts: {
      seconds: Math.round((resumedAt - spoiltAt) / 1000 + seconds),
      acknowledged: acknowledged.size,
      missing: Object.fromEntries(NAMES.map((name, at) => [name, missing[at]])),
      twice: Object.fromEntries(NAMES.map((name) => [name, judges[name]!.duplicates])),
      triesOfFull: triesMeanwhile,
      dead: dead.length,
      unwanted,
      deliveredMs,
      ratio: Number(ratio.toFixed(2)),
      alone: rates.alone.map(Math.round),
      beside: rates.beside.map(Math.round),
    },
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/** Rows 4 to 6: receivers that are full, refuse some for good, never answer, are slow, reset. */
export const receivers: Fault = {
  description: "receivers are full, refuse, never answer, are slow or reset, for so many seconds",
  amount: 300,
  run: spoil,
};
