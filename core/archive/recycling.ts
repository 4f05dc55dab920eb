import { DicomError } from "../errors.ts";
import type { Index, Log, ResourceRef } from "../ports.ts";
import type { Recycling } from "../ports/recycling.ts";
import type { createRemove } from "./remove.ts";
import { ROW_ONLY } from "./query.ts";

/** Patients asked of the index at a time. */
const BATCH = 20;

/** What keeping the archive within its limits needs. */
export interface RecyclingPorts {
  readonly index: Pick<Index, "statistics" | "get"> & Recycling;
  readonly remove: ReturnType<typeof createRemove>;
  readonly log: Log;
  /** Whether a patient may go now: not while the relay has something of it to deliver. */
  readonly mayRecycle: (resource: ResourceRef) => Promise<boolean>;
  readonly limits: Limits;
}

/** The limits of the archive; 0 for none. */
export interface Limits {
  /** Bytes (option `MaximumStorageSize`). */
  readonly size: number;
  /** Option `MaximumPatientCount`. */
  readonly patients: number;
  /** Option `MaximumStorageMode`. */
  readonly mode: "Recycle" | "Reject";
}

/** Whether what was stored first may go for what comes: within limits, unless these are to refuse it. */
export function recycles({ size, patients, mode }: Limits): boolean {
  return mode === "Recycle" && (size > 0 || patients > 0);
}

/** What is about to be stored. */
export interface Newcomer {
  /** Public identifier of its patient. */
  readonly patient: string;
  /** In bytes. */
  readonly size: number;
}

/** Makes room for what is about to be stored. */
export interface MakeRoom {
  /**
   * Removes patients until there is room, and holds it until it is disposed.
   *
   * @throws DicomError `storage-full` if there is none to be had
   */
  (newcomer: Newcomer): Promise<Disposable>;
}

/**
 * Makes the one who makes room; one request after the other, so that no two count on the same. Undefined where there are
 * no limits.
 */
export function createMakeRoom(ports: RecyclingPorts): MakeRoom | undefined {
  const { limits } = ports;
  if (limits.size === 0 && limits.patients === 0) return undefined;
  const held = new Set<Newcomer>();
  let last: Promise<unknown> = Promise.resolve();

  async function makeRoom(newcomer: Newcomer): Promise<Disposable> {
    const reason = () => shortage(ports, held, newcomer);
    for (let fact = await reason(); fact !== undefined; fact = await reason()) {
      const fits = limits.size === 0 || newcomer.size <= limits.size;
      const victim = fits && limits.mode === "Recycle" && await oldestPatient(ports, newcomer);
      if (!victim) throw new DicomError("storage-full", `Cannot store: ${fact}`);
      await ports.remove(victim);
      ports.log("info", "removed a patient to make room", { id: victim.id });
    }
    held.add(newcomer);
    return { [Symbol.dispose]: () => void held.delete(newcomer) };
  }

  return (newcomer) => {
    const next = last.then(() => makeRoom(newcomer));
    last = next.catch(() => {});
    return next;
  };
}

/** Why there is no room; undefined if there is. */
async function shortage(
  { index, limits }: RecyclingPorts,
  held: ReadonlySet<Newcomer>,
  newcomer: Newcomer,
): Promise<string | undefined> {
  const { size, count } = await index.statistics();
  const coming = [...held, newcomer];
  const bytes = coming.reduce((sum, each) => sum + each.size, size);
  if (limits.size > 0 && bytes > limits.size) {
    return `the archive is limited to ${limits.size} bytes`;
  }
  if (limits.patients === 0) return undefined;
  let patients = count.Patient;
  for (const id of new Set(coming.map(({ patient }) => patient))) {
    if (!await index.get({ level: "Patient", id }, ROW_ONLY)) patients++;
  }
  return patients > limits.patients
    ? `the archive is limited to ${limits.patients} patients`
    : undefined;
}

/** The patient to go, never the one that something is coming for (as Orthanc). */
async function oldestPatient(
  { index, mayRecycle }: RecyclingPorts,
  { patient }: Newcomer,
): Promise<ResourceRef | undefined> {
  for (let skip = 0;; skip += BATCH) {
    const page = await index.recyclable({ skip, limit: BATCH });
    for (const { id } of page) {
      const ref = { level: "Patient", id } as const;
      if (id !== patient && await mayRecycle(ref)) return ref;
    }
    if (page.length < BATCH) return undefined;
  }
}
