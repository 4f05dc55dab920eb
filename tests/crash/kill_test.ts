import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { publicIds } from "../../core/archive/ids.ts";
import { dicomFile } from "../support/dicom.ts";
import { type ServerProcess, startServerProcess } from "../support/server_process.ts";

/** The process is killed again and again while it stores and removes; it keeps its word. */

const KILLS = 20;
const SENDERS = 8;
/** The process lives at least so long, and at most twice as long, in milliseconds. */
const LIFE_MS = 250;

/** What the world knows of each instance, by identifier. */
interface Ledger {
  /** SHA-256 of what was sent. */
  readonly sent: Map<string, string>;
  /** What the server said is stored. */
  readonly stored: Set<string>;
  /** What somebody began to remove: it may be there or not. */
  readonly removing: Set<string>;
  /** What the server said is removed. */
  readonly removed: Set<string>;
}

/** Sends new instances one after the other until the server is gone. */
async function send(
  { url }: ServerProcess,
  { sent, stored }: Ledger,
  next: () => number,
): Promise<void> {
  for (;;) {
    const number = next();
    const sopInstanceUid = `1.2.${number}`;
    // Every third is too large for the index to keep its bytes.
    const pixelBytes = 2 * (number % 4000) + (number % 3 === 0 ? 40_000 : 0);
    const bytes = dicomFile({ sopInstanceUid, pixelBytes });
    const { Instance: id } = publicIds({
      patientId: "P1",
      studyInstanceUid: "1.2.3",
      seriesInstanceUid: "1.2.3.4",
      sopInstanceUid,
    });
    sent.set(id, sha256(bytes));
    const answer = await post(url, bytes);
    if (answer?.Status !== "Success") return;
    assert.equal(answer.ID, id);
    stored.add(id);
  }
}

async function post(url: string, body: Uint8Array<ArrayBuffer>) {
  try {
    const response = await fetch(`${url}/instances`, { method: "POST", body });
    return await response.json() as { ID: string; Status: string };
  } catch {
    return undefined; // it is gone, and nobody was told anything
  }
}

/** Removes what is stored, one after the other, until the server is gone. */
async function removeSome({ url }: ServerProcess, ledger: Ledger): Promise<void> {
  for (const id of ledger.stored) {
    if (ledger.removing.has(id)) continue;
    ledger.removing.add(id);
    try {
      const response = await fetch(`${url}/instances/${id}`, { method: "DELETE" });
      await response.body?.cancel();
      assert.equal(response.status, 200);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return;
    }
    ledger.removed.add(id);
  }
}

/** Kills the server while it works. */
async function work(server: ServerProcess, ledger: Ledger, next: () => number): Promise<void> {
  const working = [
    ...Array.from({ length: SENDERS }, () => send(server, ledger, next)),
    removeSome(server, ledger),
  ];
  await new Promise((resolve) => setTimeout(resolve, LIFE_MS * (1 + Math.random())));
  server.process.kill("SIGKILL");
  await server.process.status;
  await Promise.all(working);
}

/** Asserts that the server has what it said, and nothing that it said was removed. */
async function check(
  { url }: ServerProcess,
  ledger: Ledger,
  fresh: Iterable<string>,
): Promise<void> {
  const response = await fetch(`${url}/instances`);
  const there = new Set(await response.json() as string[]);
  for (const id of ledger.stored) {
    if (!ledger.removing.has(id)) assert.ok(there.has(id), `${id} was stored and is gone`);
  }
  for (const id of ledger.removed) assert.ok(!there.has(id), `${id} was removed and is back`);
  for (const id of fresh) {
    if (!there.has(id)) continue;
    const file = await fetch(`${url}/instances/${id}/file`);
    assert.equal(file.status, 200);
    assert.equal(sha256(await file.bytes()), ledger.sent.get(id));
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

Deno.test(`a server that is killed ${KILLS} times loses nothing, and nothing comes back`, async () => {
  const folder = await Deno.makeTempDir();
  const config = { StorageDirectory: `${folder}/data`, HttpPort: 0, DicomPort: 0, StableAge: 1 };
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  const ledger: Ledger = {
    sent: new Map(),
    stored: new Set(),
    removing: new Set(),
    removed: new Set(),
  };
  let number = 0;
  const next = () => number++;
  let seen = 0;
  let server = await startServerProcess(folder);
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      await work(server, ledger, next);
      server = await startServerProcess(folder);
      await check(server, ledger, [...ledger.sent.keys()].slice(seen));
      seen = ledger.sent.size;
    }
    await check(server, ledger, ledger.sent.keys());
    assert.ok(ledger.stored.size > 10 * KILLS);
    assert.ok(ledger.removed.size > KILLS);
  } finally {
    server.process.kill("SIGKILL");
    await server.process.status;
    await Deno.remove(folder, { recursive: true });
  }
});
