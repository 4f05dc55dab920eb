import { Buffer } from "node:buffer";
import type { ByteSource } from "../bytes/source.ts";
import { readFully } from "../dicom/decode.ts";
import { MAXIMUM_META_SIZE } from "../dicom/part10.ts";
import { DicomError, type ErrorCode } from "../errors.ts";
import type { FileStore, Log } from "../ports.ts";
import { concurrently } from "./concurrently.ts";
import type { Ingest, IngestOutcome, Origin } from "./ingest.ts";
import { recognise } from "./recognise.ts";
import type { ZipMember } from "./zip_directory.ts";
import { openZip, startsAsZip, type ZipArchive } from "./zip_reader.ts";

/** Members that are stored at the same time, since each waits for the disk. */
const CONCURRENCY = 4;

/** What is wrong with one member and not with the server: the others go on. */
const MEMBER_FAILURES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "bad-file",
  "bad-request",
  "corrupted-file",
  "missing-tag",
  "too-large",
]);

/** What became of a DICOM file in an archive. */
export type MemberResult =
  | { readonly kind: "stored"; readonly outcome: IngestOutcome }
  | { readonly kind: "failed"; readonly reason: string };

/** What became of an upload: one file, or the DICOM files of an archive in its order. */
export type UploadResult =
  | { readonly kind: "single"; readonly outcome: IngestOutcome }
  | { readonly kind: "archive"; readonly members: readonly MemberResult[] };

/** Stores what somebody sends: a DICOM file, or a ZIP archive of them. */
export interface Upload {
  /**
   * Members of an archive that are not DICOM are passed over, as is a DICOMDIR; an archive within the
   * archive is not opened.
   *
   * @throws DicomError `bad-file` for a single file or archive that is damaged; `storage-full` and what else
   * stops the server from storing. Members that were stored before stay.
   */
  (body: AsyncIterable<Uint8Array>, origin: Origin): Promise<UploadResult>;
}

/** What uploads need. */
export interface UploadPorts {
  readonly files: FileStore;
  readonly ingest: Ingest;
  /** Most bytes that a member of an archive may inflate to (option `MaximumFileSizeInArchiveMB`). */
  readonly maximumMemberSize: number;
  readonly log: Log;
}

/** Makes the function that stores uploads. */
export function createUpload(ports: UploadPorts): Upload {
  return async (body, origin) => {
    await using staged = await ports.files.stage(body);
    const archive = await archiveIn(staged.source);
    if (!archive) return { kind: "single", outcome: await ports.ingest(staged, origin) };
    return { kind: "archive", members: await storeMembers(ports, archive, origin) };
  };
}

/** The archive that a file is; one that has bytes in front is known by its end. */
async function archiveIn(source: ByteSource): Promise<ZipArchive | undefined> {
  const head = await readFully(source, 0, Math.min(source.size, MAXIMUM_META_SIZE));
  if (startsAsZip(head)) return await openZip(source);
  if (recognise(head) !== "other") return undefined;
  try {
    return await openZip(source);
  } catch (error) {
    if (error instanceof DicomError && error.code === "bad-file") return undefined;
    throw error;
  }
}

/** Stores the members, a few at a time; the results keep the order of the archive. */
async function storeMembers(
  ports: UploadPorts,
  archive: ZipArchive,
  origin: Origin,
): Promise<MemberResult[]> {
  const results: (MemberResult | undefined)[] = [];
  const share = createSharing();
  await concurrently(numbered(archive.members()), CONCURRENCY, async ({ index, member }) => {
    results[index] = share(await storeMember(ports, archive, { member, origin }));
  });
  const members = results.filter((result) => result !== undefined);
  report(ports.log, members, results.length - members.length);
  return members;
}

async function* numbered(members: AsyncIterable<ZipMember>) {
  let index = 0;
  for await (const member of members) yield { index: index++, member };
}

/** Lets results that follow one another share the texts they have in common: there may be a million. */
function createSharing() {
  let last: IngestOutcome["ids"] | undefined;
  return (result: MemberResult | undefined): MemberResult | undefined => {
    if (result?.kind !== "stored") return result;
    const { kind, ids } = result.outcome;
    const { Patient, Study, Series } = last?.Series === ids.Series ? last : ids;
    last = { Patient, Study, Series, Instance: ids.Instance };
    return { kind: "stored", outcome: { kind, ids: last } };
  };
}

/** @returns undefined if the member is no instance */
async function storeMember(
  { files, ingest, maximumMemberSize }: UploadPorts,
  archive: ZipArchive,
  { member, origin }: { member: ZipMember; origin: Origin },
): Promise<MemberResult | undefined> {
  if (member.size === 0) return undefined; // a folder
  try {
    await using bytes = archive.read(member);
    const chunks = await take(bytes, MAXIMUM_META_SIZE);
    if (recognise(Buffer.concat(chunks)) !== "dicom") return undefined;
    if (member.size > maximumMemberSize) {
      const fact = `it has more than ${maximumMemberSize} bytes`;
      throw new DicomError("too-large", `Cannot read ZIP member: ${fact}`);
    }
    await using staged = await files.stage(chain(chunks, bytes));
    return { kind: "stored", outcome: await ingest(staged, origin) };
  } catch (error) {
    if (!(error instanceof DicomError) || !MEMBER_FAILURES.has(error.code)) throw error;
    return { kind: "failed", reason: error.message };
  }
}

/** The first chunks, until they have `length` bytes or nothing follows. */
async function take(bytes: AsyncIterator<Uint8Array>, length: number): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for (let taken = 0; taken < length;) {
    const next = await bytes.next();
    if (next.done) break;
    chunks.push(next.value);
    taken += next.value.length;
  }
  return chunks;
}

async function* chain(first: Iterable<Uint8Array>, rest: AsyncIterable<Uint8Array>) {
  yield* first;
  yield* rest;
}

/** One line for an archive, however many members are damaged. */
function report(log: Log, members: readonly MemberResult[], skipped: number): void {
  const failures = members.filter((member) => member.kind === "failed");
  const stored = members.length - failures.length;
  const facts = { stored, failed: failures.length, skipped };
  const [first] = failures;
  if (first) log("warning", "archive has damaged members", { ...facts, reason: first.reason });
  else log("info", "archive stored", facts);
}
