import { sha256Of } from "../bytes/digest.ts";
import { memorySource } from "../bytes/source.ts";
import { readFully } from "../dicom/decode.ts";
import { DicomError } from "../errors.ts";
import type { FileStore, Index, NewInstance, OpenFile, StoredSource } from "../ports.ts";
import type { DutyPlan } from "../ports/duties.ts";
import type { FileRows, FolderInventory, FoundFile, FoundFolder } from "../ports/inventory.ts";
import { concurrently } from "./concurrently.ts";
import { type IngestPorts, newInstance, type PlanDuties } from "./ingest.ts";
import { ROW_ONLY } from "./query.ts";
import { METADATA, type Metadata } from "./resource.ts";

/** Files that are read at the same time; their rows share transactions. */
const CONCURRENCY = 48;
/** Files up to so many bytes are read once, for their digest and their tags. */
const IN_MEMORY = 1048576;

/** What indexing files needs. */
export interface RebuildPorts {
  readonly index: Pick<Index, "store" | "get" | "forgetFiles"> & FileRows;
  readonly files: Pick<FileStore, "open">;
  readonly inventory: FolderInventory;
  readonly extract: IngestPorts["extract"];
  /** What the relay is to do with what is indexed; absent for nothing. */
  readonly plan?: PlanDuties;
}

/** What became of a file without a row. */
export type Adoption =
  | "indexed"
  /** The index has an instance of the same identity; the file stays where it is. */
  | "superfluous"
  /** It is no DICOM instance. */
  | "unreadable";

/** Indexes the files that the index does not know. Where nothing is lost, there are none. */
export async function rebuild(
  ports: RebuildPorts,
  report: (file: FoundFile, became: Adoption) => void,
): Promise<void> {
  await concurrently(unknownFiles(ports), CONCURRENCY, async (file) => {
    report(file, await adopt(ports, file));
  });
}

/** Complete files without a row. */
export async function* unknownFiles(
  { index, inventory }: {
    readonly index: Pick<FileRows, "knownFiles">;
    readonly inventory: FolderInventory;
  },
): AsyncGenerator<FoundFile> {
  for await (const { files, known } of knownFolders({ index, inventory })) {
    for (const file of files) if (file.complete && !known.has(file.uuid)) yield file;
  }
}

/** Digits of UUIDs whose files are asked of the index at a time: some thousands of a million. */
const DIGITS = 2;

/** All folders, with what the index knows of their files. */
export async function* knownFolders(
  { index, inventory }: {
    readonly index: Pick<FileRows, "knownFiles">;
    readonly inventory: Pick<FolderInventory, "folders">;
  },
): AsyncGenerator<FoundFolder & { readonly known: ReadonlySet<string> }> {
  let asked: string | undefined;
  let known: ReadonlySet<string> = new Set();
  for await (const folder of inventory.folders()) {
    const digits = folder.prefix.slice(0, DIGITS);
    if (digits !== asked) {
      known = new Set(await index.knownFiles(digits));
      asked = digits;
    }
    yield { ...folder, known };
  }
}

/** Gives a file a row. It counts as received when it was written. */
export async function adopt(ports: RebuildPorts, found: FoundFile): Promise<Adoption> {
  const receivedAt = await ports.inventory.writtenAt(found);
  const became = await tryToAdopt(ports, found, receivedAt);
  if (became !== "unreadable" || !await ports.inventory.nameCompressed(found)) return became;
  const inflated = await tryToAdopt(ports, found, receivedAt);
  if (inflated === "unreadable") await ports.inventory.namePlain(found);
  return inflated;
}

async function tryToAdopt(
  ports: RebuildPorts,
  { uuid }: FoundFile,
  receivedAt: number,
): Promise<Adoption> {
  try {
    await using open = await ports.files.open(uuid);
    const stored = await describe(uuid, open);
    const extract = await ports.extract(stored.source);
    const clock = { now: () => receivedAt };
    const origin = { kind: "recovery" } as const;
    const instance = newInstance({ clock }, stored, extract, origin);
    const plan = await ports.plan?.(instance, stored.source, origin);
    const { kind } = await ports.index.store(instance, "Never", true, plan);
    if (kind === "stored") return "indexed";
    return await replaceHead(ports, instance, plan) ? "indexed" : "superfluous";
  } catch (error) {
    if (error instanceof DicomError && UNREADABLE.has(error.code)) return "unreadable";
    throw error;
  }
}

/**
 * Lets a file with Pixel Data take the place of one without: Orthanc keeps files as far as their Pixel Data beside those
 * that it compresses. Both stay in the folder.
 */
async function replaceHead(
  { index }: RebuildPorts,
  instance: NewInstance,
  plan: DutyPlan | undefined,
): Promise<boolean> {
  if (!hasPixelData(instance.metadata.Instance)) return false;
  const present = await index.get({ level: "Instance", id: instance.ids.Instance }, ROW_ONLY);
  if (!present || hasPixelData(present.metadata)) return false;
  const outcome = await index.store(instance, "Always", true, plan);
  if (outcome.kind === "replaced") await index.forgetFiles(outcome.obsoleteFiles);
  return true;
}

const hasPixelData = (metadata: Metadata) => metadata[METADATA.PixelDataVR] !== undefined;

async function describe(uuid: string, open: OpenFile): Promise<StoredSource> {
  const source = open.size <= IN_MEMORY ? memorySource(await readFully(open, 0, open.size)) : open;
  return { file: { uuid, size: open.size, sha256: await sha256Of(source) }, source };
}

const UNREADABLE: ReadonlySet<string> = new Set(["bad-file", "missing-tag", "corrupted-file"]);
