import { createHash } from "node:crypto";
import { publicIds } from "../../core/archive/ids.ts";
import type { MainTags, Metadata } from "../../core/archive/resource.ts";
import { TAG, tagHex } from "../../core/dicom/tag.ts";
import type { NewInstance } from "../../core/ports.ts";
import { openDatabase, transaction } from "../../storage/sqlite/database.ts";
import { createMethods, METHODS, type StorageIndex } from "../../storage/sqlite/methods.ts";
import { migrate } from "../../storage/sqlite/migrations.ts";

/** What a test says about an instance; the rest is made up. */
export interface InstanceParts {
  readonly patient?: string;
  readonly study?: string;
  readonly series?: string;
  readonly instance?: string;
  /** Beside the identifiers. */
  readonly patientTags?: MainTags;
  readonly studyTags?: MainTags;
  readonly seriesTags?: MainTags;
  readonly instanceTags?: MainTags;
  readonly metadata?: Metadata;
  readonly expected?: number;
  readonly indexInSeries?: number;
  /** What the file holds: another text is another file. */
  readonly content?: string;
  readonly size?: number;
  readonly receivedAt?: number;
}

/** A new instance for an index, with a file of a new UUID. */
export function makeInstance(parts: InstanceParts = {}): NewInstance {
  const { patient = "P1", study = "1.1", series = "1.1.1", instance = "1.1.1.1" } = parts;
  const { content = "", size = 1000, receivedAt = 1_000_000 } = parts;
  return {
    ids: publicIds({
      patientId: patient,
      studyInstanceUid: study,
      seriesInstanceUid: series,
      sopInstanceUid: instance,
    }),
    tags: {
      Patient: { [tagHex(TAG.patientId)]: patient, ...parts.patientTags },
      Study: { [tagHex(TAG.studyInstanceUid)]: study, ...parts.studyTags },
      Series: { [tagHex(TAG.seriesInstanceUid)]: series, ...parts.seriesTags },
      Instance: { [tagHex(TAG.sopInstanceUid)]: instance, ...parts.instanceTags },
    },
    metadata: { Patient: {}, Study: {}, Series: {}, Instance: parts.metadata ?? {} },
    expectedInstances: parts.expected ?? null,
    indexInSeries: parts.indexInSeries ?? null,
    file: {
      uuid: crypto.randomUUID(),
      size,
      sha256: createHash("sha256").update(content).digest("hex"),
    },
    receivedAt,
  };
}

/** The SQLite index in this process, at `path`. */
export function openLocalIndex(path = ":memory:"): StorageIndex & AsyncDisposable {
  const db = openDatabase(path);
  migrate(db);
  const methods = createMethods(db);
  const names = Object.keys(METHODS) as (keyof typeof METHODS)[];
  const promised = names.map((name) => {
    const method = methods[name] as (...args: unknown[]) => unknown;
    const call = (args: unknown[]) =>
      METHODS[name] === "read" ? method(...args) : transaction(db, () => method(...args));
    return [name, (...args: unknown[]) => new Promise((resolve) => resolve(call(args)))] as const;
  });
  return {
    ...Object.fromEntries(promised) as unknown as StorageIndex, // one entry for each method
    [Symbol.asyncDispose]: () => Promise.resolve(db.close()),
  };
}
