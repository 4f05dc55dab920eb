import { DicomError } from "../errors.ts";
import { type PixelFile, readFrame } from "../image/frames.ts";
import { readGrayTransform, readRescale, type WantedWindow } from "../image/gray_transform.ts";
import { ENCODERS, type ImageMediaType } from "../image/encoders.ts";
import { npyHeader } from "../image/encoders/npy.ts";
import { readPalette } from "../image/palette.ts";
import { openPixelFile, type PixelFileOptions } from "../image/pixel_file.ts";
import type { WantedSize } from "../image/resize.ts";
import type { ImageWorkers } from "../image/tasks.ts";
import type { FrameArray, RenderAnswer, RenderedFrame } from "../image/tasks/render.ts";
import type { FileStore } from "../ports.ts";

/** A frame of a file; frames count from 0. */
export interface FrameRef {
  /** Of the file. */
  readonly uuid: string;
  readonly frame: number;
}

/** Frames of a file, one after the other. */
export interface FramesRef {
  readonly uuid: string;
  readonly from: number;
  readonly count: number;
}

/** A picture that a client wants. */
export interface WantedPicture {
  readonly kind: "preview" | "rendered" | "uint8" | "uint16" | "int16";
  readonly mediaType: ImageMediaType;
  /** Of JPEG: 1 to 100. */
  readonly quality: number;
  /** Of what is rendered. */
  readonly window: WantedWindow;
  readonly size: WantedSize;
  readonly smooth: boolean;
}

/** Arrays of frames, and what is to be done with their values. */
export interface WantedArray {
  /** Whether gray values get their meaning, in single precision. */
  readonly rescale: boolean;
  /** Whether there is one frame, and so no dimension of frames. */
  readonly isFlat: boolean;
}

/** Bytes of known length. */
export interface ArrayFile {
  readonly length: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** What images need of the outside. */
export interface ImagePorts {
  readonly files: Pick<FileStore, "open">;
  readonly workers: ImageWorkers;
}

/** Images of stored files. */
export type Images = ReturnType<typeof createImages>;

/** Makes the functions that give images; all read no more of a file than they need. */
export function createImages(
  { files, workers }: ImagePorts,
  options: Omit<PixelFileOptions, "wanted">,
) {
  async function withFile<T>(
    uuid: string,
    wanted: PixelFileOptions["wanted"],
    use: (file: PixelFile) => Promise<T>,
  ): Promise<T> {
    await using source = await files.open(uuid);
    return await use(await openPixelFile(source, { ...options, wanted }));
  }

  async function render(
    file: PixelFile,
    frame: number,
    answer: RenderAnswer,
  ): Promise<RenderedFrame> {
    const { description, dataSet } = file;
    const isPalette = description.photometric === "PALETTE COLOR";
    const palette = isPalette ? readPalette(dataSet, description.signed) : undefined;
    const encoded = await readFrame(file, frame);
    return await workers.run("render", { encoded, description, palette, ...answer });
  }

  /** The frames of files as arrays, in order; a file stays open while its frames are read. */
  async function* arrays(list: readonly FramesRef[], rescale: boolean) {
    for (const { uuid, from, count } of list) {
      await using source = await files.open(uuid);
      const wanted = rescale ? "meaning" : "samples";
      const file = await openPixelFile(source, { ...options, wanted });
      for (let frame = from; frame < from + count; frame++) {
        const meaning = rescale ? readRescale(file, frame) : undefined;
        yield await render(file, frame, { answer: "numpy", rescale: meaning });
      }
    }
  }

  return {
    /** How many frames a file has. @throws DicomError `not-implemented` if it has no pixels */
    countFrames: (uuid: string): Promise<number> =>
      withFile(uuid, "samples", ({ description }) => Promise.resolve(description.numberOfFrames)),

    /** All frames of a file. @throws DicomError as `countFrames()` */
    framesOf: (uuid: string): Promise<FramesRef> =>
      withFile(
        uuid,
        "samples",
        ({ description }) => Promise.resolve({ uuid, from: 0, count: description.numberOfFrames }),
      ),

    /** A frame as the file has it, and its transfer syntax. @throws DicomError `out-of-range`, `bad-file` */
    rawFrame: ({ uuid, frame }: FrameRef) =>
      withFile(uuid, "samples", async (file) => ({
        bytes: await readFrame(file, frame),
        transferSyntaxUid: file.meta.transferSyntaxUid,
      })),

    /**
     * A frame as a picture.
     *
     * @throws DicomError `out-of-range` if there is no such frame, `bad-file` if it is damaged, `not-implemented` if
     * it cannot be decoded or shown so, `not-acceptable` if the format does not have such samples
     */
    picture: ({ uuid, frame }: FrameRef, wanted: WantedPicture): Promise<Uint8Array> => {
      checkFormat(wanted);
      const needs = wanted.kind === "rendered" ? "meaning" : "samples";
      return withFile(uuid, needs, async (file) => {
        checkKind(file, wanted);
        const { mediaType, quality } = wanted;
        const rendering = renderingOf(file, frame, wanted);
        return (await render(file, frame, { answer: "picture", rendering, mediaType, quality }))
          .bytes;
      });
    },

    /** A frame as an expression of MATLAB. @throws DicomError as `picture()` */
    matlab: ({ uuid, frame }: FrameRef): Promise<Uint8Array> =>
      withFile(
        uuid,
        "samples",
        async (file) => (await render(file, frame, { answer: "matlab" })).bytes,
      ),

    /**
     * Frames as one array in a file of NumPy's format; what is wrong with the first is known at once, with another
     * when it is read.
     *
     * @throws DicomError as `picture()`
     */
    async array(list: readonly FramesRef[], wanted: WantedArray): Promise<ArrayFile> {
      const frames = arrays(list, wanted.rescale);
      const first = (await frames.next()).value;
      if (!first?.array) throw new DicomError("not-found", "Cannot give array: there is no frame");
      const { type, shape } = first.array;
      const count = list.reduce((sum, file) => sum + file.count, 0);
      const header = npyHeader(type, shape, wanted.isFlat ? undefined : count);
      return {
        length: header.length + count * first.bytes.length,
        bytes: joined(header, first, frames),
      };
    },
  };
}

/** Whether a format has samples of the size wanted, before anything is read. */
function checkFormat({ kind, mediaType }: WantedPicture): void {
  const bits: readonly number[] = ENCODERS[mediaType].bits;
  if (bits.includes(kind === "uint16" || kind === "int16" ? 16 : 8)) return;
  throw new DicomError("not-acceptable", `Cannot write ${mediaType} of 16 bits`);
}

/** Colours are not given as numbers of 16 bits (as with Orthanc). */
function checkKind({ description }: PixelFile, { kind }: WantedPicture): void {
  if (kind !== "uint16" && kind !== "int16") return;
  if (description.samplesPerPixel === 1 && description.photometric !== "PALETTE COLOR") return;
  throw new DicomError("not-implemented", "Cannot give colours as numbers of 16 bits");
}

function renderingOf(file: PixelFile, frame: number, wanted: WantedPicture) {
  const { kind, window, size, smooth } = wanted;
  return kind === "rendered"
    ? { kind, gray: readGrayTransform(file, frame, window), size, smooth }
    : { kind };
}

/** The bytes of an array; frames that are not as the first end it with an error. */
async function* joined(
  header: Uint8Array,
  first: RenderedFrame,
  rest: AsyncIterable<RenderedFrame>,
): AsyncGenerator<Uint8Array> {
  yield header;
  yield first.bytes;
  for await (const { bytes, array } of rest) {
    if (!sameArray(array, first.array)) {
      throw new DicomError("bad-request", "Cannot give array: frames are not alike");
    }
    yield bytes;
  }
}

function sameArray(one: FrameArray | undefined, other: FrameArray | undefined): boolean {
  return one?.type === other?.type && one?.shape.join() === other?.shape.join();
}
