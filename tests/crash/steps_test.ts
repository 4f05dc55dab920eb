import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { publicIds } from "../../core/archive/ids.ts";
import type { OverwritePolicy } from "../../core/ports.ts";
import { type ArchivePlace, assertWhole, makePlace, type TestArchive } from "../support/archive.ts";
import { CrashingProcess } from "../support/crash.ts";
import { dicomFile } from "../support/dicom.ts";

/** The process ends at each step of what it does; after the next start everything is in order. */

const UID = "1.2.3.4.5";
const OLD = dicomFile({ sopInstanceUid: UID, pixelBytes: 2000 });
const NEW = dicomFile({ sopInstanceUid: UID, pixelBytes: 3000 });
const INSTANCE = publicIds({
  patientId: "P1",
  studyInstanceUid: "1.2.3",
  seriesInstanceUid: "1.2.3.4",
  sopInstanceUid: UID,
}).Instance;

interface Scenario {
  readonly overwrite?: OverwritePolicy;
  /** Whether the index keeps the bytes at first. */
  readonly keepsSmall?: boolean;
  /** What is stored and acknowledged before. */
  readonly before?: Uint8Array;
  /** What the process was doing when it ended. @returns whether anybody was told that it is done */
  readonly work: (archive: TestArchive) => Promise<boolean>;
  /** What may be there afterwards, if somebody was told and if not. Undefined is no instance. */
  readonly told: readonly (Uint8Array | undefined)[];
  readonly untold: readonly (Uint8Array | undefined)[];
}

const SCENARIOS: Record<string, Scenario> = {
  "storing": {
    work: ({ store }) => any(store(NEW)),
    told: [NEW],
    untold: [NEW, undefined],
  },
  "storing what is there already": {
    before: OLD,
    work: ({ store }) => any(store(OLD)),
    told: [OLD],
    untold: [OLD],
  },
  "storing what conflicts": {
    before: OLD,
    work: ({ store }) => any(store(NEW)),
    told: [OLD],
    untold: [OLD],
  },
  "replacing": {
    overwrite: "Always",
    before: OLD,
    work: ({ store }) => any(store(NEW)),
    told: [NEW],
    untold: [OLD, NEW],
  },
  "storing the same from two senders": {
    work: ({ store }) => any(store(NEW), store(NEW)),
    told: [NEW],
    untold: [NEW, undefined],
  },
  "removing": {
    before: OLD,
    work: (archive) => any(remove(archive)),
    told: [undefined],
    untold: [OLD, undefined],
  },
  "storing what was removed": {
    before: OLD,
    work: (archive) => any(remove(archive).then(() => archive.store(OLD))),
    told: [OLD],
    untold: [OLD, undefined],
  },
};

function remove(archive: TestArchive) {
  return archive.remove({ level: "Instance", id: INSTANCE });
}

/** Whether any of the promises is kept, once all are settled. */
async function any(...promises: Promise<unknown>[]): Promise<boolean> {
  const results = await Promise.allSettled(promises);
  return results.some(({ status }) => status === "fulfilled");
}

/** Recovers, in a process that ends at `lastStep`. @returns whether it came to the end */
async function recoverUntil(place: ArchivePlace, lastStep: number): Promise<boolean> {
  const process = new CrashingProcess(lastStep);
  await using archive = await place.open({ process });
  const [result] = await Promise.allSettled([archive.recover()]);
  if (result!.status === "rejected" && !process.crashed) throw result!.reason;
  return !process.crashed;
}

/** Works until the process ends at `lastStep`, recovers and checks. @returns how far each came */
async function crashAt(scenario: Scenario, lastStep: number, lastOfRecovery: number) {
  const { overwrite = "Never", before, work, told, untold, keepsSmall = false } = scenario;
  await using place = await makePlace();
  if (before) {
    await using archive = await place.open();
    await archive.store(before);
  }
  const process = new CrashingProcess(lastStep);
  await using archive = await place.open({ overwrite, process, keepsSmall });
  const allowed = await work(archive) ? told : untold;
  const recovered = await recoverUntil(place, lastOfRecovery);
  if (!recovered) await recoverUntil(place, Infinity);
  const found = (await assertWhole(place)).get(INSTANCE);
  const where = `after step ${lastStep}, of recovery ${lastOfRecovery}`;
  assert.ok(allowed.map(sha256).includes(found), where);
  return { worked: !process.crashed, recovered };
}

function sha256(bytes: Uint8Array | undefined): string | undefined {
  return bytes && createHash("sha256").update(bytes).digest("hex");
}

const BOTH_WAYS = Object.entries(SCENARIOS).flatMap(([name, scenario]) => [
  [name, scenario] as const,
  [`${name}, small ones in the index`, { ...scenario, keepsSmall: true }] as const,
]);

for (const [name, scenario] of BOTH_WAYS) {
  Deno.test(`the process ends at each step of ${name}`, async () => {
    let step = 0;
    while (!(await crashAt(scenario, step, Infinity)).worked) step++;
    assert.ok(step > 4);
  });
}

for (const name of ["storing", "replacing", "removing"]) {
  // Every second step: what follows one call is what comes before the next.
  Deno.test(`recovery ends at each step after ${name}`, async () => {
    const scenario = SCENARIOS[name]!;
    let interrupted = 0;
    for (let step = 0, worked = false; !worked; step++) {
      for (let recovery = 0, recovered = false; !recovered; recovery += 2) {
        ({ worked, recovered } = await crashAt(scenario, step, recovery));
        if (!recovered) interrupted++;
      }
    }
    assert.ok(interrupted > 10);
  });
}
