import type { ByteSource } from "../../../core/bytes/source.ts";
import { publicIds } from "../../../core/archive/ids.ts";
import { type FileKind, recognise } from "../../../core/archive/recognise.ts";
import { defaultCharacterSets } from "../../../core/dicom/charset.ts";
import { DataSetBuilder } from "../../../core/dicom/data_set.ts";
import { decodeFile, readFully } from "../../../core/dicom/decode.ts";
import { MAXIMUM_META_SIZE } from "../../../core/dicom/part10.ts";
import { TAG, type Tag } from "../../../core/dicom/tag.ts";
import { valueText } from "../../../core/dicom/values.ts";
import { DicomError } from "../../../core/errors.ts";

/** The elements that identify an instance, and how PatientID is written. */
const IDENTIFYING: ReadonlySet<Tag> = new Set<Tag>([
  TAG.specificCharacterSet,
  TAG.sopInstanceUid,
  TAG.patientId,
  TAG.studyInstanceUid,
  TAG.seriesInstanceUid,
]);
const LATIN_1 = defaultCharacterSets("Latin1");
/** Longer values identify nothing, in bytes. */
const LONGEST = 1024;
/** Deflated data sets are looked into so far, in bytes. */
const MAXIMUM_INFLATED = 16777216;

/** An open file on this machine. */
export interface LocalFile extends ByteSource, Disposable {}

/** Opens a file; reads must follow one another. */
export async function openLocalFile(path: string): Promise<LocalFile> {
  const file = await Deno.open(path);
  const { size } = await file.stat();
  return {
    size,
    async read(at, length) {
      await file.seek(at, Deno.SeekMode.Start);
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - at)));
      return bytes.subarray(0, bytes.length === 0 ? 0 : await file.read(bytes) ?? 0);
    },
    [Symbol.dispose]: () => file.close(),
  };
}

/** What to say about a file that cannot be read; other errors are thrown on. */
export function readFailure(error: unknown): string {
  if (error instanceof DicomError) return error.message;
  const isSystemError = error instanceof Error && "code" in error &&
    /^E[A-Z0-9]+$/.test(String(error.code));
  if (!isSystemError) throw error;
  return "cannot be read";
}

/** What a file is, and the public identifier of its instance where the file tells. */
export interface Identified {
  readonly kind: FileKind;
  readonly id: string | undefined;
}

/** Reads no further than to SeriesInstanceUID. */
export async function identify(source: ByteSource): Promise<Identified> {
  const kind = recognise(await readFully(source, 0, Math.min(source.size, MAXIMUM_META_SIZE)));
  return { kind, id: kind === "dicom" ? await instanceId(source) : undefined };
}

/** Undefined for a damaged file: what is wrong is for the server to say. */
async function instanceId(source: ByteSource): Promise<string | undefined> {
  try {
    const dataSet = await readIdentity(source);
    const text = (tag: Tag) => {
      const element = dataSet.get(tag);
      return element && valueText(element, dataSet);
    };
    const studyInstanceUid = text(TAG.studyInstanceUid);
    const seriesInstanceUid = text(TAG.seriesInstanceUid);
    const sopInstanceUid = text(TAG.sopInstanceUid);
    if (!studyInstanceUid || !seriesInstanceUid || !sopInstanceUid) return undefined;
    const patientId = text(TAG.patientId) ?? "";
    return publicIds({ patientId, studyInstanceUid, seriesInstanceUid, sopInstanceUid }).Instance;
  } catch (error) {
    if (error instanceof DicomError) return undefined;
    throw error;
  }
}

async function readIdentity(source: ByteSource) {
  let builder: DataSetBuilder | undefined;
  await decodeFile(source, {
    sink: ({ encoding }) =>
      builder = new DataSetBuilder(encoding, {
        defaultSets: LATIN_1,
        maximumLength: LONGEST,
        keep: ({ tag, depth }) => depth === 0 && IDENTIFYING.has(tag),
      }),
    stopBefore: (tag) => tag > TAG.seriesInstanceUid,
    maximumInflated: MAXIMUM_INFLATED,
  });
  return builder!.root;
}
