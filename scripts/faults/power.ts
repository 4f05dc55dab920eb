import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { startJudge } from "../../tests/support/relay_judge.ts";
import { startServerProcess } from "../../tests/support/server_process.ts";
import type { Fault, Finding } from "./fault.ts";
import { type Acknowledged, drained, missingOf, sendAll, sleep, until } from "./traffic.ts";

const IMAGE_BYTES = 1_500_000_000;
const LIFE_MS = 400;
const SENDERS = 4;
/** Files of both kinds: what the index keeps for a while, and what is a file at once. */
const PIXEL_BYTES = [2000, 60_000];
const DRAIN_MS = 300_000;
const RELEASE_MS = 300_000;

/** `EXT4_IOC_SHUTDOWN`, without writing what the journal and the page cache still hold. */
const SHUTDOWN = 0x8004587dn;
const NO_LOG_FLUSH = 2;

const LIBC = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Ends the file system at `folder` as a power cut does: what was not flushed is lost. */
function cutPower(folder: string): void {
  const library = Deno.dlopen("libc.so.6", LIBC);
  const { open, close, ioctl } = library.symbols;
  const fd = open(new TextEncoder().encode(`${folder}\0`), 0);
  const code = ioctl(fd, SHUTDOWN, new Uint8Array(new Uint32Array([NO_LOG_FLUSH]).buffer));
  close(fd);
  library.close();
  if (code !== 0) throw new Error("Cannot shut the file system down");
}

/** A file system that was shut down stays so while a process that began meanwhile has a copy of the mount. */
function isWritable(folder: string): Promise<boolean> {
  return Deno.writeTextFile(`${folder}/probe`, "").then(() => true, () => false);
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  if (code !== 0) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
}

/** A disk in a file, mounted at a folder. Ext4's own commits are rare, so that only flushes save anything. */
async function makeDisk(folder: string) {
  const image = `${folder}/disk.img`;
  const mounted = `${folder}/disk`;
  await Deno.mkdir(mounted);
  await Deno.writeFile(image, new Uint8Array());
  await Deno.truncate(image, IMAGE_BYTES);
  await run("mkfs.ext4", "-q", "-F", image);
  let isMounted = false;
  const unmount = async () => {
    if (isMounted) await run("umount", mounted);
    isMounted = false;
  };
  return {
    path: mounted,
    mount: () =>
      until("another mount namespace holds the disk", RELEASE_MS, async () => {
        await run("mount", "-o", "loop,commit=300", image, mounted);
        isMounted = true;
        if (await isWritable(mounted)) return true;
        await unmount();
        return false;
      }),
    unmount,
    check: () => run("e2fsck", "-p", "-f", image),
    [Symbol.asyncDispose]: unmount,
  };
}

/** @returns how many of these the server does not have, or has as another object */
async function lostOf(url: string, acknowledged: Acknowledged): Promise<number> {
  let lost = 0;
  for (const [uid, digest] of acknowledged) {
    const found = await fetch(`${url}/tools/lookup`, { method: "POST", body: uid });
    const [instance] = await found.json();
    const file = instance && await (await fetch(`${url}/instances/${instance.ID}/file`)).bytes();
    if (!file || createHash("sha256").update(file).digest("hex") !== digest) lost++;
  }
  return lost;
}

function isIndexWhole(data: string): boolean {
  using database = new DatabaseSync(`${data}/outpost.sqlite`, { readOnly: true });
  const row = database.prepare("PRAGMA integrity_check").get();
  return row?.integrity_check === "ok";
}

async function cutOften(amount: number): Promise<Finding> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const judge = stack.use(startJudge());
  const disk = stack.use(await makeDisk(folder));
  await disk.mount();
  const data = `${disk.path}/data`;
  const config = {
    StorageDirectory: data,
    HttpPort: 0,
    DicomServerEnabled: false,
    OrthancPeers: { sink: [judge.url] },
    Relay: { Rules: [{ id: "all", do: [{ send: { to: "sink" } }] }] },
  };
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  const all: Acknowledged = new Map();
  const facts = { cuts: 0, lost: 0, damagedIndexes: 0, slowestStartMs: 0 };
  let server = await startServerProcess(folder);
  const end = async (signal: Deno.Signal) => {
    server.process.kill(signal);
    await server.process.status;
  };
  stack.defer(() => end("SIGKILL").catch(() => {})); // it may have ended
  let number = 0;
  const next = () => number++;
  while (facts.cuts < amount) {
    const sending = Promise.all(
      PIXEL_BYTES.map((pixelBytes) => sendAll(server.url, { next, senders: SENDERS, pixelBytes })),
    );
    await sleep(LIFE_MS * (0.5 + 2 * Math.random()));
    cutPower(disk.path);
    await end("SIGKILL");
    const acknowledged = new Map((await sending).flatMap((each) => [...each]));
    await disk.unmount();
    await disk.mount(); // which replays the journal
    const startedAt = performance.now();
    server = await startServerProcess(folder);
    facts.slowestStartMs = Math.max(
      facts.slowestStartMs,
      Math.round(performance.now() - startedAt),
    );
    facts.cuts++;
    facts.lost += await lostOf(server.url, acknowledged);
    if (!isIndexWhole(data)) facts.damagedIndexes++;
    for (const [uid, digest] of acknowledged) all.set(uid, digest);
  }
  await drained(server.url, DRAIN_MS);
  const lostInTheEnd = await lostOf(server.url, all);
  await end("SIGTERM");
  await disk.unmount();
  await disk.check();
  const missing = missingOf(all, judge.seen);
  const lost = facts.lost + lostInTheEnd + missing + facts.damagedIndexes;
  return {
    holds: lost === 0,
    facts: {
      ...facts,
      acknowledged: all.size,
      lostInTheEnd,
      missingAtSink: missing,
      twice: judge.duplicates,
    },
  };
}

/** Row 2: the power goes while instances are received and relayed. */
export const power: Fault = {
  description: "the power is cut so many times, on a disk of its own (root)",
  amount: 100,
  run: cutOften,
};
