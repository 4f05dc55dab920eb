import type { ByteSource } from "../bytes/source.ts";
import type { CharacterSets } from "../dicom/charset.ts";
import { DataSetBuilder } from "../dicom/data_set.ts";
import { decodeFile, readFully, readRange } from "../dicom/decode.ts";
import { encodeFileMeta } from "../dicom/file_meta.ts";
import { metaText } from "../dicom/part10.ts";
import { canReencode, plainDataSet, reencodeDataSet } from "../dicom/reencode.ts";
import { spliceDataSet } from "../dicom/splice.ts";
import { TAG, type Tag } from "../dicom/tag.ts";
import {
  type DataSetEncoding,
  EXPLICIT_LITTLE_ENDIAN,
  findTransferSyntax,
  type TransferSyntax,
} from "../dicom/transfer_syntax.ts";
import { generateUid } from "../dicom/uid.ts";
import { DicomError } from "../errors.ts";
import type { EncodedFrame } from "../image/codec.ts";
import { canDecode, canEncode, lossyMethod } from "../image/codecs.ts";
import { type PixelFile, readFrame } from "../image/frames.ts";
import { describePixels, frameBytes, pixelElement } from "../image/pixels.ts";
import { IMAGE_TAG } from "../image/tags.ts";
import type { ImageWorkers } from "../image/tasks.ts";
import { changedAttributes, READ_ATTRIBUTES, textOf } from "./transcoding/attributes.ts";
import { encapsulatedElement, nativeElement, nativeLength } from "./transcoding/pixel_element.ts";

/** Values longer than this are not looked at. */
const MAXIMUM_LENGTH = 4096;
/** Frames that are worked on while one is written. */
const FRAMES_AHEAD = 2;

/** What is wanted of a file. */
export interface Wanted {
  /** UID of a transfer syntax. */
  readonly to: string;
  /** Of lossy codecs: 1 to 100. */
  readonly quality: number;
}

/** A file in another transfer syntax, made while it is read; to be read once, and while the source is open. */
export interface TranscodedFile {
  readonly transferSyntaxUid: string;
  /** Another one than before if something was lost. */
  readonly sopInstanceUid: string;
  /** Preamble and file meta information. */
  readonly head: Uint8Array;
  readonly dataSet: AsyncIterable<Uint8Array>;
}

/** All bytes of a transcoded file. */
export async function* bytesOf({ head, dataSet }: TranscodedFile): AsyncGenerator<Uint8Array> {
  yield head;
  yield* dataSet;
}

/** Makes files of other transfer syntaxes. */
export interface Transcoder {
  /** Whether it is possible without another loss, as far as UIDs tell. */
  isLossless(from: string, to: string): boolean;
  /**
   * `source` in another transfer syntax. The first frame is done when the promise resolves: what is impossible
   * fails before the first byte. Memory does not grow with the number of frames.
   *
   * @throws DicomError `not-implemented` if it is impossible; `bad-file` if the file is damaged
   */
  transcode(source: ByteSource, wanted: Wanted): Promise<TranscodedFile>;
}

/** What transcoding needs. */
export interface TranscoderOptions {
  readonly workers: ImageWorkers;
  readonly defaultSets: CharacterSets;
  /** Most bytes that a deflated data set may inflate to. */
  readonly maximumInflated: number;
}

/** Makes the transcoder. */
export function createTranscoder(options: TranscoderOptions): Transcoder {
  return {
    isLossless: (from, to) => isPossible(from, to) && lossyMethod(to) === undefined,

    async transcode(source, wanted) {
      const file = await readOutline(source, options);
      const from = file.meta.transferSyntaxUid;
      const to = findTransferSyntax(wanted.to);
      if (from === wanted.to) return await unchanged(file);
      if (!to || !isPossible(from, wanted.to)) throw impossible(from, wanted.to);
      const plain = plainDataSet(source, file.meta, options.maximumInflated);
      if (canReencode(from, wanted.to) || !pixelElement(file.dataSet)) {
        const { encoding } = file.meta;
        const layout = to.encapsulated ? EXPLICIT_LITTLE_ENDIAN : to;
        const dataSet = reencodeDataSet(plain, { from: encoding, to: layout });
        return transcoded(file, { to: wanted.to, dataSet });
      }
      return await withFrames(file, plain, { ...wanted, syntax: to, workers: options.workers });
    },
  };
}

function isPossible(from: string, to: string): boolean {
  if (from === to || canReencode(from, to)) return true;
  const target = findTransferSyntax(to);
  if (!target || !canDecode(from)) return false;
  return target.encapsulated ? canEncode(to) : canReencode(to, EXPLICIT_LITTLE_ENDIAN.uid);
}

/** A file of which it is known where things are. */
type Outline = Omit<PixelFile, "description">;

const OUTLINE: ReadonlySet<Tag> = new Set([...READ_ATTRIBUTES, ...Object.values(IMAGE_TAG)]);

async function readOutline(source: ByteSource, options: TranscoderOptions): Promise<Outline> {
  const { defaultSets, maximumInflated } = options;
  let builder: DataSetBuilder | undefined;
  const { meta } = await decodeFile(source, {
    sink: ({ encoding }) =>
      builder = new DataSetBuilder(encoding, {
        defaultSets,
        maximumLength: MAXIMUM_LENGTH,
        keep: ({ tag, depth }) => depth === 0 && OUTLINE.has(tag),
      }),
    maximumInflated,
  });
  return { source, meta, dataSet: builder!.root };
}

/** How frames are to be made. */
interface FrameWork extends Wanted {
  readonly syntax: TransferSyntax;
  readonly workers: ImageWorkers;
}

/** The first frame is transcoded at once: it tells what the others become. */
async function withFrames(
  outline: Outline,
  plain: AsyncIterable<Uint8Array>,
  work: FrameWork,
): Promise<TranscodedFile> {
  const { meta, dataSet } = outline;
  checkLayout(outline);
  const description = describePixels(dataSet, meta.transferSyntaxUid);
  const file: PixelFile = { ...outline, description };
  const first = await transcodeFrame(file, 0, work);
  const after = { ...first.description, numberOfFrames: description.numberOfFrames };
  if (!work.syntax.encapsulated) nativeLength(after); // too much is refused here
  const isLossy = lossyMethod(work.to) !== undefined;
  const newSopInstanceUid = isLossy ? generateUid() : undefined;
  const ratio = frameBytes(description) / first.bytes.length;
  const frames = allFrames(file, first, work);
  const replacements = changedAttributes(dataSet, {
    before: description,
    after,
    ratio,
    newSopInstanceUid,
  });
  replacements.set(
    TAG.pixelData,
    work.syntax.encapsulated ? encapsulatedElement(frames) : nativeElement(frames, after),
  );
  const spliced = spliceDataSet(explicit(plain, outline), {
    encoding: EXPLICIT_LITTLE_ENDIAN,
    replacements,
  });
  return transcoded(outline, {
    to: work.to,
    dataSet: work.syntax.encapsulated
      ? spliced
      : asLayout(spliced, EXPLICIT_LITTLE_ENDIAN, work.syntax),
    sopInstanceUid: newSopInstanceUid,
  });
}

/** @throws DicomError `bad-file` for fragments in another encoding than PS3.5 Section A.4 has */
function checkLayout({ meta: { encoding }, dataSet }: Outline): void {
  if (!pixelElement(dataSet)?.element.fragments || isExplicitLittleEndian(encoding)) return;
  throw new DicomError("bad-file", "Cannot transcode: compressed pixels are not in explicit VR");
}

function isExplicitLittleEndian({ explicitVr, littleEndian }: DataSetEncoding): boolean {
  return explicitVr && littleEndian;
}

/** The data set in Explicit VR Little Endian, which compressed ones have already. */
function explicit(plain: AsyncIterable<Uint8Array>, { meta }: Outline): AsyncIterable<Uint8Array> {
  if (isExplicitLittleEndian(meta.encoding)) return plain;
  return reencodeDataSet(plain, { from: meta.encoding, to: EXPLICIT_LITTLE_ENDIAN });
}

function asLayout(
  pieces: AsyncIterable<Uint8Array>,
  from: TransferSyntax,
  to: TransferSyntax,
): AsyncIterable<Uint8Array> {
  return to.uid === from.uid ? pieces : reencodeDataSet(pieces, { from, to });
}

async function transcodeFrame(
  file: PixelFile,
  index: number,
  { to, quality, workers }: FrameWork,
): Promise<EncodedFrame> {
  const encoded = await readFrame(file, index);
  return await workers.run("transcode", { encoded, description: file.description, to, quality });
}

/** The frames in order; a few are worked on while one is written. */
async function* allFrames(
  file: PixelFile,
  first: EncodedFrame,
  work: FrameWork,
): AsyncGenerator<Uint8Array> {
  const { numberOfFrames } = file.description;
  const ahead: Promise<EncodedFrame>[] = [Promise.resolve(first)];
  for (let next = 1; ahead.length > 0;) {
    while (next < numberOfFrames && ahead.length <= FRAMES_AHEAD) {
      const frame = transcodeFrame(file, next++, work);
      frame.catch(() => {}); // it is told when it is its turn
      ahead.push(frame);
    }
    const { bytes, description } = await ahead.shift()!;
    checkAlike(description, first.description);
    yield bytes;
  }
}

/** All frames have one description; a codec that makes of some other ones fails. */
function checkAlike(description: EncodedFrame["description"], first: typeof description): void {
  const { photometric, bitsAllocated } = first;
  if (description.photometric === photometric && description.bitsAllocated === bitsAllocated) {
    return;
  }
  throw new DicomError("bad-file", "Cannot transcode: frames are not of one kind");
}

function transcoded(
  { meta, dataSet }: Outline,
  result: {
    readonly to: string;
    readonly dataSet: AsyncIterable<Uint8Array>;
    readonly sopInstanceUid?: string | undefined;
  },
): TranscodedFile {
  const sopInstanceUid = result.sopInstanceUid ?? textOf(dataSet, TAG.sopInstanceUid);
  const head = encodeFileMeta({
    sopClassUid: textOf(dataSet, TAG.sopClassUid),
    sopInstanceUid,
    transferSyntaxUid: result.to,
    sourceAet: metaText(meta.elements, SOURCE_AET) ?? "",
  });
  return { transferSyntaxUid: result.to, sopInstanceUid, head, dataSet: result.dataSet };
}

/** Source Application Entity Title. */
const SOURCE_AET = 0x00020016;

async function unchanged({ source, meta, dataSet }: Outline): Promise<TranscodedFile> {
  const { dataSetOffset, transferSyntaxUid } = meta;
  return {
    transferSyntaxUid,
    sopInstanceUid: textOf(dataSet, TAG.sopInstanceUid),
    head: await readFully(source, 0, dataSetOffset),
    dataSet: readRange(source, dataSetOffset, source.size - dataSetOffset),
  };
}

function impossible(from: string, to: string): DicomError {
  return new DicomError("not-implemented", `Cannot transcode from ${from} to ${to}`);
}
