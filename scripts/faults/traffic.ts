import { createHash } from "node:crypto";
import { dicomFile } from "../../tests/support/dicom.ts";

/** SHA-256 of what a server acknowledged, by SOP Instance UID. */
export type Acknowledged = Map<string, string>;

/** What is sent, and by how many at a time. */
export interface Load {
  /** Numbers of the instances: each sender takes the next until none is left or `next` gives undefined. */
  next(): number | undefined;
  readonly senders: number;
  readonly pixelBytes: number;
}

/** Instances from number `from` on, so many. */
export function numbers(from: number, count: number): () => number | undefined {
  let at = from;
  return () => at < from + count ? at++ : undefined;
}

/** The instance of a number. */
export function instanceOf(number: number, pixelBytes: number) {
  const uid = `1.9.${number}`;
  const series = Math.floor(number / 500);
  return {
    uid,
    bytes: dicomFile({ sopInstanceUid: uid, patientId: `P${series}`, pixelBytes }),
  };
}

/** Sends by HTTP until all is sent or the server takes no more. @returns what it acknowledged */
export async function sendAll(url: string, load: Load): Promise<Acknowledged> {
  const acknowledged: Acknowledged = new Map();
  await Promise.all(Array.from({ length: load.senders }, async () => {
    for (let number = load.next(); number !== undefined; number = load.next()) {
      const { uid, bytes } = instanceOf(number, load.pixelBytes);
      const answer = await post(`${url}/instances`, bytes);
      if (answer?.Status !== "Success") return; // it is gone or broken, and promised nothing
      acknowledged.set(uid, createHash("sha256").update(bytes).digest("hex"));
    }
  }));
  return acknowledged;
}

async function post(
  url: string,
  body: Uint8Array<ArrayBuffer>,
): Promise<{ readonly Status: string } | undefined> {
  try {
    return await (await fetch(url, { method: "POST", body })).json();
  } catch {
    return undefined;
  }
}

/** What did not arrive, or arrived as another object. */
export function missingOf(
  acknowledged: Acknowledged,
  seen: ReadonlyMap<string, readonly string[]>,
): number {
  return [...acknowledged].filter(([uid, digest]) => {
    const digests = seen.get(uid) ?? [];
    return digests.length === 0 || digests.some((each) => each !== digest);
  }).length;
}

const LOOK_MS = 50;

/** Waits for a condition. @throws Error after `limitMs` */
export async function until(
  what: string,
  limitMs: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!await isSo()) {
    if (performance.now() > end) throw new Error(`Waited too long: ${what}`);
    await sleep(LOOK_MS);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Duties of a server by state. */
export async function dutiesOf(url: string): Promise<Readonly<Record<string, number>>> {
  return (await (await fetch(`${url}/relay/summary`)).json()).duties;
}

/** States of what is over; what was never acknowledged and is gone after a crash is cancelled. */
const ENDED: ReadonlySet<string> = new Set(["confirmed", "superseded", "cancelled"]);

/** Waits until nothing is owed any more. @throws Error with what is, and why, after `limitMs` */
export async function drained(url: string, limitMs: number): Promise<void> {
  try {
    await until("something is owed", limitMs, async () => {
      const counts = await dutiesOf(url);
      return Object.entries(counts).every(([state, count]) => ENDED.has(state) || count === 0);
    });
  } catch (cause) {
    const duties = await dutiesOf(url);
    const dead = await (await fetch(`${url}/relay/duties?state=dead&limit=3`)).text();
    throw new Error(`Still owed: ${JSON.stringify(duties)} ${dead}`, { cause });
  }
}
