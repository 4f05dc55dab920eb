import { metaText, readFileMeta } from "../dicom/part10.ts";
import { TAG } from "../dicom/tag.ts";
import { DicomError } from "../errors.ts";

/** What a file is by its first bytes; `directory` is a DICOMDIR, which holds no instance. */
export type FileKind = "dicom" | "directory" | "other";

/** Media Storage Directory Storage (PS3.4 Annex X): the SOP class of a DICOMDIR. */
const DIRECTORY_SOP_CLASS = "1.2.840.10008.1.3.10";

/**
 * Tells what a file is: its name does not matter. One that is marked as DICOM counts as such even if it is
 * damaged (PS3.10 Section 7.1).
 *
 * @param head the first bytes of the file: all, or at least `MAXIMUM_META_SIZE`
 */
export function recognise(head: Uint8Array): FileKind {
  try {
    const sopClassUid = metaText(readFileMeta(head).elements, TAG.mediaStorageSopClassUid);
    return sopClassUid === DIRECTORY_SOP_CLASS ? "directory" : "dicom";
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    return String.fromCharCode(...head.subarray(128, 132)) === "DICM" ? "dicom" : "other";
  }
}
