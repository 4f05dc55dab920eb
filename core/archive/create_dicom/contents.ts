import type { NewElement } from "../../dicom/new_data_set.ts";
import { TAG } from "../../dicom/tag.ts";
import { decodePng } from "../../image/decoders/png.ts";
import { readJpegHeader } from "../../image/codecs/frame_header.ts";
import { DicomError } from "../../errors.ts";

/** What content is in a data set. */
export interface Content {
  readonly modality: string;
  readonly elements: readonly NewElement[];
  /** A picture that is encapsulated as it is. */
  readonly jpeg?: { readonly transferSyntaxUid: string; readonly bytes: Uint8Array };
}

/** SOP classes of what is made (PS3.4 Table B.5-1). */
const SOP_CLASS = {
  secondaryCapture: "1.2.840.10008.5.1.4.1.1.7",
  pdf: "1.2.840.10008.5.1.4.1.1.104.1",
  stl: "1.2.840.10008.5.1.4.1.1.104.3",
  obj: "1.2.840.10008.5.1.4.1.1.104.4",
  mtl: "1.2.840.10008.5.1.4.1.1.104.5",
} as const;

const JPEG_BASELINE = "1.2.840.10008.1.2.4.50";

const pdf = document("pdf", { modality: "OT", mediaType: "application/pdf" });
const stl = document("stl", { modality: "M3D", mediaType: "model/stl" });
const obj = document("obj", { modality: "M3D", mediaType: "model/obj" });
const mtl = document("mtl", { modality: "M3D", mediaType: "model/mtl" });

/** What content can be made of, by media type. */
export const CONTENT_READERS: Readonly<Record<string, (bytes: Uint8Array) => Content>> = {
  "image/png": png,
  "image/jpeg": jpeg,
  "image/jpg": jpeg,
  "application/pdf": pdf,
  "model/stl": stl,
  "application/sla": stl,
  "model/obj": obj,
  "application/x-tgif": obj,
  "model/mtl": mtl,
};

function png(bytes: Uint8Array): Content {
  const picture = decodePng(bytes);
  const samples = picture.samples instanceof Uint16Array
    ? littleEndian(picture.samples)
    : picture.samples;
  const { rows, columns, samplesPerPixel, bits } = picture;
  const photometric = samplesPerPixel === 3 ? "RGB" : "MONOCHROME2";
  const image = imageElements({ rows, columns, samplesPerPixel, bits, photometric });
  return {
    modality: "OT",
    elements: [...image, { tag: TAG.pixelData, vr: bits === 16 ? "OW" : "OB", value: samples }],
  };
}

function jpeg(bytes: Uint8Array): Content {
  const { rows, columns, samplesPerPixel, precision, lossless } = readJpegHeader(bytes);
  if (lossless || precision !== 8 || (samplesPerPixel !== 1 && samplesPerPixel !== 3)) {
    const fact = "it is no JPEG picture of 8 bits, gray or in colours";
    throw new DicomError("not-implemented", `Cannot read content: ${fact}`);
  }
  const photometric = samplesPerPixel === 3 ? "YBR_FULL_422" : "MONOCHROME2";
  return {
    modality: "OT",
    elements: [
      ...imageElements({ rows, columns, samplesPerPixel, bits: 8, photometric }),
      { tag: 0x00282110, vr: "CS", value: "01" },
      { tag: 0x00282114, vr: "CS", value: "ISO_10918_1" },
    ],
    jpeg: { transferSyntaxUid: JPEG_BASELINE, bytes },
  };
}

interface ImageKind {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  readonly bits: number;
  readonly photometric: string;
}

/** PS3.3 Tables C.7-11a and C.8-24. */
function imageElements(image: ImageKind): NewElement[] {
  const number = (tag: number, value: number): NewElement => ({
    tag,
    vr: "US",
    value: String(value),
  });
  return [
    { tag: TAG.sopClassUid, vr: "UI", value: SOP_CLASS.secondaryCapture },
    { tag: 0x00080064, vr: "CS", value: "WSD" },
    number(0x00280002, image.samplesPerPixel),
    { tag: 0x00280004, vr: "CS", value: image.photometric },
    ...(image.samplesPerPixel === 3 ? [number(0x00280006, 0)] : []),
    number(0x00280010, image.rows),
    number(0x00280011, image.columns),
    number(0x00280100, image.bits),
    number(0x00280101, image.bits),
    number(0x00280102, image.bits - 1),
    number(0x00280103, 0),
  ];
}

/** Encapsulated documents (PS3.3 Table C.24-2). */
function document(
  kind: Exclude<keyof typeof SOP_CLASS, "secondaryCapture">,
  { modality, mediaType }: { readonly modality: string; readonly mediaType: string },
): (bytes: Uint8Array) => Content {
  return (bytes) => {
    if (kind === "pdf" && String.fromCharCode(...bytes.subarray(0, 5)) !== "%PDF-") {
      throw new DicomError("bad-file", "Cannot read content: it is no PDF");
    }
    return {
      modality,
      elements: [
        { tag: TAG.sopClassUid, vr: "UI", value: SOP_CLASS[kind] },
        { tag: 0x00080064, vr: "CS", value: "WSD" },
        { tag: 0x00420011, vr: "OB", value: bytes },
        { tag: 0x00420012, vr: "LO", value: mediaType },
        { tag: 0x00420015, vr: "UL", value: String(bytes.length) },
      ],
    };
  };
}

function littleEndian(samples: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(2 * samples.length);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, index) => view.setUint16(2 * index, sample, true));
  return bytes;
}
