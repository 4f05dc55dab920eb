import { Buffer } from "node:buffer";

/** What differs between the instances of a test. */
export interface SmallInstance {
  readonly patientId?: string;
  readonly studyInstanceUid?: string;
  readonly seriesInstanceUid?: string;
  readonly sopInstanceUid: string;
  /** Of Secondary Capture unless given. */
  readonly sopClassUid?: string;
  /** Bytes of Pixel Data; must be even. */
  readonly pixelBytes?: number;
  /** Whether preamble and file meta information are there. */
  readonly bare?: boolean;
}

/** A small DICOM file in Explicit VR Little Endian (PS3.10 Section 7.1), for tests. */
export function dicomFile(instance: SmallInstance): Uint8Array<ArrayBuffer> {
  const { sopClassUid = "1.2.840.10008.5.1.4.1.1.7", sopInstanceUid } = instance;
  const meta = Buffer.concat([
    element(0x0002, 0x0002, "UI", sopClassUid),
    element(0x0002, 0x0003, "UI", sopInstanceUid),
    element(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1"),
  ]);
  const dataSet = Buffer.concat([
    element(0x0008, 0x0016, "UI", sopClassUid),
    element(0x0008, 0x0018, "UI", sopInstanceUid),
    element(0x0010, 0x0020, "LO", instance.patientId ?? "P1"),
    element(0x0020, 0x000d, "UI", instance.studyInstanceUid ?? "1.2.3"),
    element(0x0020, 0x000e, "UI", instance.seriesInstanceUid ?? "1.2.3.4"),
    pixelData(instance.pixelBytes ?? 64),
  ]);
  if (instance.bare) return Uint8Array.from(dataSet);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  const groupLength = Buffer.concat([head(0x0002, 0x0000, "UL", 4), length]);
  const prefix = Buffer.concat([Buffer.alloc(128), Buffer.from("DICM")]);
  return Uint8Array.from(Buffer.concat([prefix, groupLength, meta, dataSet]));
}

/** An element with a short length field; text is padded to even length. */
function element(group: number, number: number, vr: string, text: string): Buffer {
  const padded = text.length % 2 === 0 ? text : text + (vr === "UI" ? "\0" : " ");
  return Buffer.concat([head(group, number, vr, padded.length), Buffer.from(padded, "latin1")]);
}

function head(group: number, number: number, vr: string, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(group, 0);
  bytes.writeUInt16LE(number, 2);
  bytes.write(vr, 4, "latin1");
  bytes.writeUInt16LE(length, 6);
  return bytes;
}

function pixelData(length: number): Buffer {
  const bytes = Buffer.alloc(12 + length);
  bytes.writeUInt16LE(0x7fe0, 0);
  bytes.writeUInt16LE(0x0010, 2);
  bytes.write("OB", 4, "latin1");
  bytes.writeUInt32LE(length, 8);
  return bytes;
}
