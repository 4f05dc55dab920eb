/** How a data set is laid out in bytes (PS3.5 Section 10 and Annex A). */
export interface DataSetEncoding {
  readonly explicitVr: boolean;
  readonly littleEndian: boolean;
}

/** A row of the table of transfer syntaxes. */
export interface TransferSyntax extends DataSetEncoding {
  readonly uid: string;
  readonly name: string;
  /** Whether the data set is compressed with deflate (PS3.5 Section A.5). */
  readonly deflated: boolean;
  /** Whether Pixel Data is a sequence of fragments (PS3.5 Section A.4). */
  readonly encapsulated: boolean;
}

type Layout = "implicit" | "explicit" | "bigEndian" | "deflated" | "encapsulated";

const row = (uid: string, name: string, layout: Layout): TransferSyntax => ({
  uid,
  name,
  explicitVr: layout !== "implicit",
  littleEndian: layout !== "bigEndian",
  deflated: layout === "deflated",
  encapsulated: layout === "encapsulated",
});

/** Implicit VR Little Endian, the default of PS3.5 Section 10.1. */
export const IMPLICIT_LITTLE_ENDIAN = row(
  "1.2.840.10008.1.2",
  "Implicit VR Little Endian",
  "implicit",
);
/** Explicit VR Little Endian, also the encoding of the file meta information. */
export const EXPLICIT_LITTLE_ENDIAN = row(
  "1.2.840.10008.1.2.1",
  "Explicit VR Little Endian",
  "explicit",
);
/** Explicit VR Big Endian, retired. */
export const EXPLICIT_BIG_ENDIAN = row(
  "1.2.840.10008.1.2.2",
  "Explicit VR Big Endian",
  "bigEndian",
);

const encapsulated = (suffix: string, name: string) =>
  row(`1.2.840.10008.1.2.4.${suffix}`, name, "encapsulated");

/** PS3.6 Table A-1: the transfer syntaxes, and one of a maker that is met in the field. */
export const TRANSFER_SYNTAXES: readonly TransferSyntax[] = [
  IMPLICIT_LITTLE_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  row(
    "1.2.840.10008.1.2.1.98",
    "Encapsulated Uncompressed Explicit VR Little Endian",
    "encapsulated",
  ),
  row("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", "deflated"),
  EXPLICIT_BIG_ENDIAN,
  encapsulated("50", "JPEG Baseline (Process 1)"),
  encapsulated("51", "JPEG Extended (Process 2 & 4)"),
  encapsulated("52", "JPEG Extended (Process 3 & 5)"),
  encapsulated("53", "JPEG Spectral Selection, Non-Hierarchical (Process 6 & 8)"),
  encapsulated("54", "JPEG Spectral Selection, Non-Hierarchical (Process 7 & 9)"),
  encapsulated("55", "JPEG Full Progression, Non-Hierarchical (Process 10 & 12)"),
  encapsulated("56", "JPEG Full Progression, Non-Hierarchical (Process 11 & 13)"),
  encapsulated("57", "JPEG Lossless, Non-Hierarchical (Process 14)"),
  encapsulated("58", "JPEG Lossless, Non-Hierarchical (Process 15)"),
  encapsulated("59", "JPEG Extended, Hierarchical (Process 16 & 18)"),
  encapsulated("60", "JPEG Extended, Hierarchical (Process 17 & 19)"),
  encapsulated("61", "JPEG Spectral Selection, Hierarchical (Process 20 & 22)"),
  encapsulated("62", "JPEG Spectral Selection, Hierarchical (Process 21 & 23)"),
  encapsulated("63", "JPEG Full Progression, Hierarchical (Process 24 & 26)"),
  encapsulated("64", "JPEG Full Progression, Hierarchical (Process 25 & 27)"),
  encapsulated("65", "JPEG Lossless, Hierarchical (Process 28)"),
  encapsulated("66", "JPEG Lossless, Hierarchical (Process 29)"),
  encapsulated("70", "JPEG Lossless, Non-Hierarchical, First-Order Prediction"),
  encapsulated("80", "JPEG-LS Lossless"),
  encapsulated("81", "JPEG-LS Lossy (Near-Lossless)"),
  encapsulated("90", "JPEG 2000 (Lossless Only)"),
  encapsulated("91", "JPEG 2000"),
  encapsulated("92", "JPEG 2000 Part 2 Multi-component (Lossless Only)"),
  encapsulated("93", "JPEG 2000 Part 2 Multi-component"),
  row("1.2.840.10008.1.2.4.94", "JPIP Referenced", "explicit"),
  row("1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate", "deflated"),
  encapsulated("100", "MPEG2 Main Profile / Main Level"),
  encapsulated("100.1", "Fragmentable MPEG2 Main Profile / Main Level"),
  encapsulated("101", "MPEG2 Main Profile / High Level"),
  encapsulated("101.1", "Fragmentable MPEG2 Main Profile / High Level"),
  encapsulated("102", "MPEG-4 AVC/H.264 High Profile / Level 4.1"),
  encapsulated("102.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1"),
  encapsulated("103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"),
  encapsulated("103.1", "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"),
  encapsulated("104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video"),
  encapsulated("104.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video"),
  encapsulated("105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video"),
  encapsulated("105.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video"),
  encapsulated("106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"),
  encapsulated("106.1", "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"),
  encapsulated("107", "HEVC/H.265 Main Profile / Level 5.1"),
  encapsulated("108", "HEVC/H.265 Main 10 Profile / Level 5.1"),
  encapsulated("110", "JPEG XL Lossless"),
  encapsulated("111", "JPEG XL JPEG Recompression"),
  encapsulated("112", "JPEG XL"),
  encapsulated("201", "High-Throughput JPEG 2000 (Lossless Only)"),
  encapsulated("202", "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)"),
  encapsulated("203", "High-Throughput JPEG 2000"),
  row("1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced", "explicit"),
  row("1.2.840.10008.1.2.4.205", "JPIP HTJ2K Referenced Deflate", "deflated"),
  row("1.2.840.10008.1.2.5", "RLE Lossless", "encapsulated"),
  row("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression", "encapsulated"),
  row("1.2.840.113619.5.2", "GE Private Implicit VR Big Endian Pixel Data", "implicit"),
];

/** The transfer syntax with this UID, if it is known. */
export function findTransferSyntax(uid: string): TransferSyntax | undefined {
  return BY_UID.get(uid);
}

const BY_UID: ReadonlyMap<string, TransferSyntax> = new Map(
  TRANSFER_SYNTAXES.map((syntax) => [syntax.uid, syntax]),
);
