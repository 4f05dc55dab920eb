import type { EditedDataSet } from "../../dicom/edit/data_set.ts";
import type { NewElement } from "../../dicom/new_data_set.ts";
import { TAG } from "../../dicom/tag.ts";
import { PROFILE_OPTIONS, type ProfileOption } from "../confidentiality_profile.ts";
import { keeps, type Modification, type ReadModification } from "./modification.ts";

const PATIENT_IDENTITY_REMOVED = 0x00120062;
const DEIDENTIFICATION_METHOD = 0x00120063;
const DEIDENTIFICATION_METHOD_CODES = 0x00120064;
const LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED = 0x00280303;

/**
 * Says that and how an instance was de-identified (PS3.15 Section E.2). Only what has the whole profile claims it; codes
 * are for the options, as Orthanc writes none.
 */
export function declareAnonymized(
  root: EditedDataSet,
  profile: NonNullable<Modification["profile"]>,
  read: ReadModification,
): void {
  const put = (element: NewElement) => {
    if (!keeps(read, element.tag)) root.set(element);
  };
  put({ tag: PATIENT_IDENTITY_REMOVED, vr: "CS", value: "YES" });
  declareDates(root, profile.options, put);
  if (!isWholeProfile(read)) return;
  const method = `Outpost - PS 3.15-${profile.edition} Table E.1-1 Basic Profile`;
  put({ tag: DEIDENTIFICATION_METHOD, vr: "LO", value: method });
  if (profile.options.length > 0) put(methodCodes(profile.options));
}

/** Without options, only a former word about dates is put right: Orthanc adds none. */
function declareDates(
  root: EditedDataSet,
  options: readonly ProfileOption[],
  put: (element: NewElement) => void,
): void {
  const tag = LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED;
  if (options.length === 0 && !root.has(tag)) return;
  const value = options.includes("RetainDates") ? "UNMODIFIED" : "REMOVED";
  put({ tag, vr: "CS", value });
}

/** PS3.16 CID 7050. */
function methodCodes(options: readonly ProfileOption[]): NewElement {
  const basic = { code: "113100", meaning: "Basic Application Confidentiality Profile" };
  const items = [basic, ...options.map((option) => PROFILE_OPTIONS[option])];
  return {
    tag: DEIDENTIFICATION_METHOD_CODES,
    vr: "SQ",
    value: items.map(({ code, meaning }) => [
      { tag: 0x00080100, vr: "SH", value: code },
      { tag: 0x00080102, vr: "SH", value: "DCM" },
      { tag: 0x00080104, vr: "LO", value: meaning },
    ]),
  };
}

/** Whether nothing was said that the profile does not have: only then a result can claim it (as Orthanc). */
function isWholeProfile({ modification, replace, remove, keep }: ReadModification): boolean {
  return modification.removePrivateTags && remove.length === 0 && keep.length === 0 &&
    replace.every(({ path }) => path.steps.length === 0 && path.tag === TAG.patientName);
}
