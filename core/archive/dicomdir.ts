import { ByteWriter } from "../bytes/writer.ts";
import type { DataSet } from "../dicom/data_set.ts";
import type { ElementHeader } from "../dicom/element_header.ts";
import { encodeDataSet } from "../dicom/encode.ts";
import { encodeFileMeta } from "../dicom/file_meta.ts";
import type { NewElement } from "../dicom/new_data_set.ts";
import { TAG, type Tag } from "../dicom/tag.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../dicom/transfer_syntax.ts";
import { generateUid } from "../dicom/uid.ts";
import {
  characterSetOf,
  copyElement,
  copyPresent,
  type DirectoryRecord,
  linkRecord,
  makeRecord,
  textOf,
} from "./dicomdir/record.ts";
import { RECORD_KEYS, recordTypeOf } from "./dicomdir/record_types.ts";
import { orthancDate } from "./resource.ts";

/** Where an instance is, and what it is there. */
export interface DirectoryFile {
  /** Path below the directory, with slashes; each part of at most eight characters (PS3.10 Section 8.2). */
  readonly path: string;
  readonly transferSyntaxUid: string;
  /** Another than that of the data set, where transcoding gave it a new one. */
  readonly sopInstanceUid?: string;
}

/** A DICOMDIR that is being made. */
export interface DicomDirectory {
  /** Whether an element of an instance's data set is needed. */
  needs(header: Pick<ElementHeader, "tag" | "depth">): boolean;
  add(dataSet: DataSet, file: DirectoryFile): void;
  /** The file, when all have been added. */
  encode(): Uint8Array;
}

/** How to make it. */
export interface DirectoryOptions {
  /** Whether series have their description, which the basic directory has not (PS3.3 Section F.5.3). */
  readonly extended: boolean;
  /** Source Application Entity Title. */
  readonly aet: string;
  readonly clock: { now(): number };
}

/** Media Storage Directory Storage (PS3.4 Section I.4). */
const DIRECTORY_SOP_CLASS = "1.2.840.10008.1.3.10";
/** Orthanc's File-set ID. */
const FILE_SET_ID = "ORTHANC_MEDIA";

const STUDY_ID = 0x00200010;
const STUDY_TIME = 0x00080030;
const STUDY_DESCRIPTION = 0x00081030;
const SERIES_NUMBER = 0x00200011;
const SERIES_DESCRIPTION = 0x0008103e;
/** Of the study, else of series, acquisition or content, as in Orthanc. */
const DATES: readonly Tag[] = [TAG.studyDate, 0x00080021, 0x00080022, 0x00080023];
const TIMES: readonly Tag[] = [STUDY_TIME, 0x00080031, 0x00080032, 0x00080033];

const NEEDED: ReadonlySet<Tag> = new Set([
  ...RECORD_KEYS,
  ...DATES,
  ...TIMES,
  TAG.specificCharacterSet,
  TAG.sopClassUid,
  TAG.sopInstanceUid,
  TAG.patientId,
  TAG.patientName,
  TAG.accessionNumber,
  TAG.modality,
  TAG.studyInstanceUid,
  TAG.seriesInstanceUid,
  STUDY_ID,
  STUDY_DESCRIPTION,
  SERIES_NUMBER,
  SERIES_DESCRIPTION,
]);

/** Starts a directory of patients, studies, series and instances (PS3.3 Annex F). */
export function createDicomDirectory(options: DirectoryOptions): DicomDirectory {
  const patients: DirectoryRecord[] = [];
  const known = new Map<string, DirectoryRecord>();

  /** The record with this key below `above`, made where there is none. */
  const recordOf = (above: DirectoryRecord[], key: string, make: () => DirectoryRecord) => {
    const found = known.get(key);
    if (found) return found;
    const record = make();
    known.set(key, record);
    above.push(record);
    return record;
  };

  return {
    needs: ({ tag, depth }) => depth > 0 || NEEDED.has(tag),

    add(dataSet, file) {
      const keys = [TAG.patientId, TAG.studyInstanceUid, TAG.seriesInstanceUid]
        .map((tag) => textOf(dataSet, tag));
      const keyTo = (depth: number) => JSON.stringify(keys.slice(0, depth));
      const patient = recordOf(patients, keyTo(1), () => patientRecord(dataSet));
      const study = recordOf(patient.children, keyTo(2), () => studyRecord(dataSet, options));
      const series = recordOf(study.children, keyTo(3), () => seriesRecord(dataSet, options));
      series.children.push(instanceRecord(dataSet, file));
    },

    encode: () => encodeDirectory(patients, options.aet),
  };
}

function patientRecord(dataSet: DataSet): DirectoryRecord {
  return recordWith("PATIENT", dataSet, copyAll(dataSet, [TAG.patientName, TAG.patientId]));
}

function studyRecord(dataSet: DataSet, { clock }: DirectoryOptions): DirectoryRecord {
  const [today = "", now = ""] = orthancDate(clock.now()).split("T");
  return recordWith("STUDY", dataSet, [
    { tag: TAG.studyDate, vr: "DA", value: firstOf(dataSet, DATES) ?? today },
    { tag: STUDY_TIME, vr: "TM", value: firstOf(dataSet, TIMES) ?? now },
    ...copyAll(dataSet, [STUDY_DESCRIPTION, TAG.studyInstanceUid, STUDY_ID, TAG.accessionNumber]),
  ]);
}

function seriesRecord(dataSet: DataSet, { extended }: DirectoryOptions): DirectoryRecord {
  return recordWith("SERIES", dataSet, [
    ...copyAll(dataSet, [TAG.modality, TAG.seriesInstanceUid, SERIES_NUMBER]),
    ...(extended ? copyPresent(dataSet, [SERIES_DESCRIPTION]) : []),
  ]);
}

function instanceRecord(dataSet: DataSet, file: DirectoryFile): DirectoryRecord {
  const sopClassUid = textOf(dataSet, TAG.sopClassUid);
  const { name, keys, optional } = recordTypeOf(sopClassUid);
  const sopInstanceUid = file.sopInstanceUid ?? textOf(dataSet, TAG.sopInstanceUid);
  return recordWith(name, dataSet, [
    { tag: 0x00041500, vr: "CS", value: file.path.replaceAll("/", "\\") },
    { tag: 0x00041510, vr: "UI", value: sopClassUid },
    { tag: 0x00041511, vr: "UI", value: sopInstanceUid },
    { tag: 0x00041512, vr: "UI", value: file.transferSyntaxUid },
    ...copyAll(dataSet, keys),
    ...copyPresent(dataSet, optional),
  ]);
}

function recordWith(type: string, dataSet: DataSet, elements: NewElement[]): DirectoryRecord {
  return makeRecord(type, elements, characterSetOf(dataSet));
}

function copyAll(dataSet: DataSet, tags: readonly Tag[]): NewElement[] {
  return tags.map((tag) => copyElement(dataSet, tag));
}

function firstOf(dataSet: DataSet, tags: readonly Tag[]): string | undefined {
  return tags.map((tag) => textOf(dataSet, tag)).find((text) => text !== "");
}

/** Bytes of the sequence's tag, VR, reserved field and length. */
const SEQUENCE_HEADER = 12;

/** The whole file: each record is followed by those below it; offsets count from the first byte of the file. */
function encodeDirectory(patients: readonly DirectoryRecord[], aet: string): Uint8Array {
  const meta = encodeFileMeta({
    sopClassUid: DIRECTORY_SOP_CLASS,
    sopInstanceUid: generateUid(),
    transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN.uid,
    sourceAet: aet,
  });
  const start = meta.length + rootElements(0, 0).length + SEQUENCE_HEADER;
  const records: DirectoryRecord[] = [];
  const { first, last, end } = place(patients, start, records);
  const to = new ByteWriter(true).slice(meta).slice(rootElements(first, last));
  to.u16(0x0004).u16(0x1220).u8(0x53).u8(0x51).u16(0).u32(end - start);
  for (const { bytes } of records) to.slice(bytes);
  return to.take();
}

/** What precedes the sequence of records; of the same length whatever the offsets. */
function rootElements(first: number, last: number): Uint8Array {
  return encodeDataSet([
    { tag: 0x00041130, vr: "CS", value: FILE_SET_ID },
    { tag: 0x00041200, vr: "UL", value: String(first) },
    { tag: 0x00041202, vr: "UL", value: String(last) },
    { tag: 0x00041212, vr: "US", value: "0" },
  ], { encoding: EXPLICIT_LITTLE_ENDIAN });
}

/** Gives records on one level, and all below them, their places from `at` on, and adds them to `all` in that order. */
function place(
  records: readonly DirectoryRecord[],
  at: number,
  all: DirectoryRecord[],
): { readonly first: number; readonly last: number; readonly end: number } {
  const first = records.length > 0 ? at : 0;
  let last = 0;
  for (const [index, record] of records.entries()) {
    last = at;
    all.push(record);
    const below = place(record.children, at + record.bytes.length, all);
    at = below.end;
    linkRecord(record, index < records.length - 1 ? at : 0, below.first);
  }
  return { first, last, end: at };
}
