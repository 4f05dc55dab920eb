import { decodeAscii } from "../../bytes/codec.ts";
import { readFully, readRange } from "../../dicom/decode.ts";
import { encodeFileMeta } from "../../dicom/file_meta.ts";
import { MAXIMUM_META_SIZE, readFileMeta } from "../../dicom/part10.ts";
import { TAG } from "../../dicom/tag.ts";
import type { OpenFile } from "../../ports.ts";
import { textOf } from "../dicomdir/record.ts";
import type { InstanceReader } from "../instance_reader.ts";
import type { LentPieces } from "./lent_pieces.ts";

const PREAMBLE_SIZE = 128;
const PREFIX = "DICM";

/** How a file is to be written so that it is a DICOM file for every reader. */
export interface Part10File {
  /** Stands for the first `skipped` bytes of the stored file. */
  readonly head: Uint8Array;
  readonly skipped: number;
}

/** What a reader of single instances is needed for. */
interface Needs {
  readonly reader: Pick<InstanceReader, "dataSet">;
  /** Source Application Entity Title. */
  readonly aet: string;
}

/**
 * The preamble and file meta information that a stored file lacks (media must have them, PS3.10 Section 7.1);
 * undefined for one that has them.
 */
export async function missingHead(
  file: OpenFile,
  uuid: string,
  { reader, aet }: Needs,
): Promise<Part10File | undefined> {
  const start = await readFully(file, 0, Math.min(file.size, PREAMBLE_SIZE + PREFIX.length));
  if (decodeAscii(start.subarray(PREAMBLE_SIZE)) === PREFIX) return undefined;
  const head = await readFully(file, 0, Math.min(file.size, MAXIMUM_META_SIZE));
  const { dataSetOffset, transferSyntaxUid } = readFileMeta(head);
  const dataSet = await reader.dataSet(uuid, { keep: ({ tag }) => IDENTITY.has(tag) });
  const meta = encodeFileMeta({
    sopClassUid: textOf(dataSet, TAG.sopClassUid),
    sopInstanceUid: textOf(dataSet, TAG.sopInstanceUid),
    transferSyntaxUid,
    sourceAet: aet,
  });
  return { head: meta, skipped: dataSetOffset };
}

const IDENTITY: ReadonlySet<number> = new Set([TAG.sopClassUid, TAG.sopInstanceUid]);

/** The bytes of a stored file, with the head that it lacks. */
export async function* withHead(
  file: OpenFile,
  missing: Part10File | undefined,
  lent: LentPieces | undefined,
): AsyncGenerator<Uint8Array> {
  if (missing) yield missing.head;
  const from = missing?.skipped ?? 0;
  yield* lent ? lent.read(file, from) : readRange(file, from, file.size - from);
}
