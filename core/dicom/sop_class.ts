import { OTHER_SOP_CLASSES, STORAGE_SOP_CLASSES } from "./sop_class_table.ts";

/** The SOP classes that the code itself needs by name, besides those of storage (PS3.6 Table A-1). */
export const SOP_CLASS = {
  verification: "1.2.840.10008.1.1",
  storageCommitmentPush: "1.2.840.10008.1.20.1",
  patientRootFind: "1.2.840.10008.5.1.4.1.2.1.1",
  patientRootMove: "1.2.840.10008.5.1.4.1.2.1.2",
  patientRootGet: "1.2.840.10008.5.1.4.1.2.1.3",
  studyRootFind: "1.2.840.10008.5.1.4.1.2.2.1",
  studyRootMove: "1.2.840.10008.5.1.4.1.2.2.2",
  studyRootGet: "1.2.840.10008.5.1.4.1.2.2.3",
  worklistFind: "1.2.840.10008.5.1.4.31",
} as const satisfies Record<string, string>;

/** The well-known instance of the Storage Commitment Push Model (PS3.4 Section J.3.5). */
export const STORAGE_COMMITMENT_INSTANCE_UID = "1.2.840.10008.1.20.1.1";

interface SopClass {
  readonly uid: string;
  readonly name: string;
  readonly retired: boolean;
}

const STORAGE = parseTable(STORAGE_SOP_CLASSES);
const NAMES: ReadonlyMap<string, string> = new Map(
  [...STORAGE, ...parseTable(OTHER_SOP_CLASSES)].map(({ uid, name }) => [uid, name]),
);
const STORED: ReadonlySet<string> = new Set(STORAGE.map(({ uid }) => uid));

/** All storage SOP classes, the retired ones too, by UID. */
export const STORAGE_SOP_CLASS_UIDS: readonly string[] = [...STORED];

/** Families that are seldom met: each is the start of a UID. */
const SELDOM: readonly string[] = [
  "1.2.840.10008.5.1.4.1.1.9.",
  "1.2.840.10008.5.1.4.1.1.68.",
  "1.2.840.10008.5.1.4.1.1.78.",
  "1.2.840.10008.5.1.4.1.1.79.",
  "1.2.840.10008.5.1.4.1.1.82.",
  "1.2.840.10008.5.1.4.1.1.200.",
  "1.2.840.10008.5.1.4.1.1.201.",
  "1.2.840.10008.5.1.4.1.1.481.1",
  "1.2.840.10008.5.1.4.1.1.481.2",
  "1.2.840.10008.5.1.4.1.1.501.",
  "1.2.840.10008.5.1.4.1.1.601.",
  "1.2.840.10008.5.1.4.3",
  "1.2.840.10008.5.1.4.4",
];

/** Members of these families that are met often, and retired classes that are still sent. */
const OFTEN: readonly string[] = [
  "1.2.840.10008.5.1.4.1.1.3",
  "1.2.840.10008.5.1.4.1.1.5",
  "1.2.840.10008.5.1.4.1.1.6",
  "1.2.840.10008.5.1.4.1.1.9.1.1",
  "1.2.840.10008.5.1.4.1.1.9.1.2",
  "1.2.840.10008.5.1.4.1.1.9.1.3",
  "1.2.840.10008.5.1.4.1.1.481.1",
  "1.2.840.10008.5.1.4.1.1.481.2",
];

/** Storage SOP classes to propose when it is not known what will come: fewer than an association has contexts. */
export const USUAL_STORAGE_SOP_CLASS_UIDS: readonly string[] = STORAGE
  .filter(({ uid, retired }) =>
    OFTEN.includes(uid) || !retired && !SELDOM.some((start) => uid.startsWith(start))
  )
  .map(({ uid }) => uid);

/** Whether instances of this SOP class are stored by C-STORE (PS3.4 Section B.5). */
export function isStorageSopClass(uid: string): boolean {
  return STORED.has(uid);
}

/** The name of a SOP class in the standard, without "SOP Class"; undefined if it is not known. */
export function sopClassName(uid: string): string | undefined {
  return NAMES.get(uid);
}

function parseTable(table: string): SopClass[] {
  return table.split("\n").map((line) => {
    const space = line.indexOf(" ");
    const name = line.slice(space + 1);
    const retired = name.startsWith("!");
    return { uid: line.slice(0, space), name: retired ? name.slice(1) : name, retired };
  });
}
