import { startJudge } from "../../tests/support/relay_judge.ts";
import { startServerProcess } from "../../tests/support/server_process.ts";
import type { Fault, Finding } from "./fault.ts";
import { createLink, CUT, GOOD, type Link, type Quality } from "./link.ts";
import {
  type Acknowledged,
  drained,
  missingOf,
  numbers,
  sendAll,
  sleep,
  until,
} from "./traffic.ts";

const PEER_PORT = 8104;
const SCP_PORT = 11_104;
/** Images of a phase; all are of this size. */
const IMAGES = 500;
const FEW = 30;
const PIXEL_BYTES = 20_000;
const PHASE_MS = 45_000;
const MOST_AFTER_RETURN_MS = 35_000;
const LEAST_RATE = 0.95;
const ARRIVAL_MS = 120_000;
const DRAIN_MS = 900_000;

/** What the link is like after it was cut, one after the other. */
const PHASES: Readonly<Record<string, Quality>> = {
  "half of all packets lost": { ...GOOD, loss: 0.5 },
  "round trip of 2 s": { ...GOOD, delayMs: 1000 },
  "256 kbit/s": { ...GOOD, bytesPerSecond: 32_000 },
};

/** A receiver at the far end. */
interface FarSink extends AsyncDisposable {
  /** Digests by UID; of a receiver of DICOM, whose files are others, the UIDs alone. */
  readonly seen: ReadonlyMap<string, readonly string[]>;
}

async function startFarPeer(link: Link): Promise<FarSink> {
  const script = new URL("far_judge.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--quiet", script, String(PEER_PORT)];
  const process = link.far(Deno.execPath(), args).spawn();
  const seen = new Map<string, string[]>();
  const started = Promise.withResolvers<void>();
  const reading = (async () => {
    let rest = "";
    for await (const chunk of process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const [uid, digest] of lines.map((line) => line.split(" "))) {
        if (digest) seen.set(uid!, [...seen.get(uid!) ?? [], digest]);
        else started.resolve();
      }
    }
  })();
  await started.promise;
  return {
    seen,
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await Promise.all([reading, process.stderr.cancel(), process.status]);
    },
  };
}

async function startFarScp(link: Link): Promise<FarSink> {
  const folder = await Deno.makeTempDir();
  const args = ["--fork", "--max-pdu", "131072", "-od", folder, String(SCP_PORT)];
  const process = link.far("storescp", args).spawn();
  return {
    get seen() {
      const names = [...Deno.readDirSync(folder)].map(({ name }) =>
        name.slice(name.indexOf(".") + 1)
      );
      return new Map(names.map((uid) => [uid, []]));
    },
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await Promise.all([process.stdout.cancel(), process.stderr.cancel(), process.status]);
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const DESTINATIONS = ["near", "farpeer", "farscp"];

async function cutLink(cutSeconds: number): Promise<Finding> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const link = stack.use(await createLink());
  const near = stack.use(startJudge());
  const peer = stack.use(await startFarPeer(link));
  const scp = stack.use(await startFarScp(link));
  const config = {
    StorageDirectory: `${folder}/data`,
    HttpPort: 0,
    DicomServerEnabled: false,
    OrthancPeers: { near: [near.url], farpeer: [`http://${link.farAddress}:${PEER_PORT}`] },
    DicomModalities: { farscp: ["FAR", link.farAddress, SCP_PORT] },
    Relay: { Rules: [{ id: "all", do: DESTINATIONS.map((to) => ({ send: { to } })) }] },
  };
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  const { url, process } = await startServerProcess(folder);
  stack.defer(async () => {
    process.kill("SIGKILL");
    await process.status;
  });
  const acknowledged: Acknowledged = new Map();
  let next = 0;
  /** Sends so many. @returns images a second to the near destination, the last one's arrival included */
  const send = async (count: number): Promise<number> => {
    const startedAt = performance.now();
    const load = { next: numbers(next, count), senders: 4, pixelBytes: PIXEL_BYTES };
    for (const [uid, digest] of await sendAll(url, load)) acknowledged.set(uid, digest);
    next += count;
    await until("near is behind", ARRIVAL_MS, () => near.seen.size >= next);
    return count / ((performance.now() - startedAt) / 1000);
  };

  const facts: Record<string, unknown> = {};
  await send(IMAGES); // warm
  const normal = [];
  for (let round = 0; round < 3; round++) {
    await until("far is behind", ARRIVAL_MS, () => peer.seen.size + scp.seen.size >= 2 * next);
    normal.push(await send(IMAGES));
  }
  await until("far is behind", ARRIVAL_MS, () => peer.seen.size + scp.seen.size >= 2 * next);
  const cutAt = performance.now();
  link.quality = CUT;
  const meanwhile = [];
  for (let round = 0; round < 3; round++) {
    await sleep(cutSeconds * 100);
    meanwhile.push(await send(IMAGES));
  }
  await sleep(Math.max(0, cutSeconds * 1000 - (performance.now() - cutAt)));
  const before = { peer: peer.seen.size, scp: scp.seen.size };
  link.quality = GOOD;
  const backAt = performance.now();
  const first = (name: string, count: () => number, was: number) =>
    until(`nothing comes to ${name}`, DRAIN_MS, () => count() > was)
      .then(() => Math.round(performance.now() - backAt));
  const firstMs = await Promise.all([
    first("the peer", () => peer.seen.size, before.peer),
    first("the SCP", () => scp.seen.size, before.scp),
  ]);
  await drained(url, DRAIN_MS);
  Object.assign(facts, {
    cutSeconds,
    queued: next - before.peer,
    firstDeliveryMs: { peer: firstMs[0], scp: firstMs[1] },
    allDeliveredMs: Math.round(performance.now() - backAt),
    near: { normal: normal.map(Math.round), meanwhile: meanwhile.map(Math.round) },
  });

  for (const [name, quality] of Object.entries(PHASES)) {
    const was = peer.seen.size + scp.seen.size;
    link.quality = quality;
    const rate = await send(FEW);
    await sleep(PHASE_MS);
    facts[name] = { nearRate: Math.round(rate), far: peer.seen.size + scp.seen.size - was };
  }
  link.quality = GOOD;
  await drained(url, DRAIN_MS);
  const missing = {
    near: missingOf(acknowledged, near.seen),
    peer: missingOf(acknowledged, peer.seen),
    scp: [...acknowledged.keys()].filter((uid) => !scp.seen.has(uid)).length,
  };
  const twice = [...peer.seen.values()].reduce((sum, { length }) => sum + length - 1, 0);
  const ratio = Math.max(...meanwhile) / median(normal);
  Object.assign(facts, { acknowledged: acknowledged.size, missing, twiceAtPeer: twice });
  return {
    holds: Object.values(missing).every((count) => count === 0) &&
      firstMs.every((ms) => ms <= MOST_AFTER_RETURN_MS) && ratio >= LEAST_RATE,
    facts: { ...facts, nearRatio: Number(ratio.toFixed(2)) },
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/** Row 3: a link that is cut, comes back, and is bad in three ways. */
export const linkReturn: Fault = {
  description: "a link is cut for so many seconds, then loses packets, is slow, is narrow (root)",
  amount: 600,
  run: cutLink,
};
