import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { findByName } from "../../core/dicom/dictionary.ts";
import { element, item, part10, type Piece, sequence } from "./dicom.ts";

/** Values by keyword: text, numbers of binary VRs, bytes, the items of a sequence, or null for none. */
export interface Attributes {
  readonly [keyword: string]:
    | string
    | readonly number[]
    | Uint8Array
    | readonly Attributes[]
    | null;
}

const MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4";

/** What every instance has unless told otherwise. */
const DEFAULTS: Attributes = {
  SOPClassUID: MR_IMAGE,
  SOPInstanceUID: "1.1.1.1",
  StudyDate: "20240115",
  Modality: "MR",
  PatientName: "KNIX",
  PatientID: "P1",
  StudyInstanceUID: "1.1",
  SeriesInstanceUID: "1.1.1",
  InstanceNumber: "1",
  Rows: [2],
  Columns: [2],
  PixelData: Uint8Array.of(0, 1, 2, 3),
};

/** A DICOM file with these attributes and what it needs beside them; text is written as UTF-8. */
export function instanceFile(attributes: Attributes = {}): Uint8Array<ArrayBuffer> {
  const all = { ...DEFAULTS, ...attributes };
  return part10({
    pieces: pieces(all),
    instance: { sopInstanceUid: String(all.SOPInstanceUID), sopClassUid: String(all.SOPClassUID) },
  });
}

/** Orthanc's identifier of what these UIDs, beginning with the PatientID, name. */
export function orthancId(...uids: readonly string[]): string {
  const hash = createHash("sha1").update(uids.join("|")).digest("hex");
  return hash.replace(/(.{8})(?=.)/g, "$1-");
}

function pieces(attributes: Attributes): Piece[] {
  const entries = Object.entries(attributes).flatMap(([keyword, value]) => {
    const entry = findByName(keyword);
    if (!entry) throw new TypeError(`Cannot write ${keyword}: it is not an attribute`);
    return value === null ? [] : [{ ...entry, value }];
  });
  return entries.sort((a, b) => a.tag - b.tag).map(({ tag, vr, value }) => {
    if (typeof value === "string") return element(tag, vr, Buffer.from(value));
    if (vr !== "SQ") return element(tag, vr, value as readonly number[] | Uint8Array);
    const items = value as readonly Attributes[]; // what a sequence holds
    return sequence(tag, items.map((content) => item(pieces(content))));
  });
}
