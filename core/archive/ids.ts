import { createHash } from "node:crypto";
import type { Level } from "./resource.ts";

/** The identifiers that place an instance in the hierarchy, as text without trailing padding. */
export interface Identity {
  /** May be empty. */
  readonly patientId: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly sopInstanceUid: string;
}

/** Orthanc public identifiers of an instance and its parents: the same on every server. */
export function publicIds(identity: Identity): Readonly<Record<Level, string>> {
  const { patientId, studyInstanceUid, seriesInstanceUid, sopInstanceUid } = identity;
  const study = `${patientId}|${studyInstanceUid}`;
  const series = `${study}|${seriesInstanceUid}`;
  return {
    Patient: publicId(patientId),
    Study: publicId(study),
    Series: publicId(series),
    Instance: publicId(`${series}|${sopInstanceUid}`),
  };
}

/** SHA-1 of the UTF-8 bytes of `text`, in five groups of eight hexadecimal digits. */
function publicId(text: string): string {
  const hex = createHash("sha1").update(text).digest("hex");
  return hex.replace(/(.{8})(?!$)/g, "$1-");
}
