import type { TagsJson } from "../dicom/json/tags.ts";
import { TAG, type Tag } from "../dicom/tag.ts";

/** The four levels of the hierarchy, from the top. */
export const LEVELS = ["Patient", "Study", "Series", "Instance"] as const;

/** A level of the hierarchy. */
export type Level = (typeof LEVELS)[number];

/** Position of `level` from the top: 0 for patients. */
export function depthOf(level: Level): number {
  return LEVELS.indexOf(level);
}

/** Main DICOM tags of a resource by hexadecimal tag: text, or the items of a sequence in the full dialect. */
export type MainTags = Readonly<Record<string, string | readonly TagsJson[]>>;

/** The tags that the index keeps for each level, in Orthanc's newest version. */
export const DEFAULT_MAIN_TAGS: Readonly<Record<Level, readonly Tag[]>> = {
  // deno-fmt-ignore
  Patient: [
    TAG.patientName, 0x00100030, 0x00100040, 0x00101000, TAG.patientId,
  ],
  // StudyDate, StudyTime, StudyID, StudyDescription, AccessionNumber, StudyInstanceUID, RequestedProcedureDescription,
  // InstitutionName, RequestingPhysician, ReferringPhysicianName, TimezoneOffsetFromUTC
  // deno-fmt-ignore
  Study: [
    TAG.studyDate, 0x00080030, 0x00200010, 0x00081030, TAG.accessionNumber, TAG.studyInstanceUid, 0x00321060,
    0x00080080, 0x00321032, 0x00080090, 0x00080201,
  ],
  // SeriesDate, SeriesTime, Modality, Manufacturer, StationName, SeriesDescription, BodyPartExamined, SequenceName,
  // ProtocolName, SeriesNumber, CardiacNumberOfImages, ImagesInAcquisition, NumberOfTemporalPositions, NumberOfSlices,
  // NumberOfTimeSlices, SeriesInstanceUID, ImageOrientationPatient, SeriesType, OperatorsName,
  // PerformedProcedureStepDescription, AcquisitionDeviceProcessingDescription, ContrastBolusAgent,
  // TimezoneOffsetFromUTC, PerformedProcedureStepStartDate and -Time, RequestAttributesSequence
  // deno-fmt-ignore
  Series: [
    0x00080021, 0x00080031, TAG.modality, 0x00080070, 0x00081010, 0x0008103e, 0x00180015, 0x00180024,
    0x00181030, 0x00200011, TAG.cardiacNumberOfImages, TAG.imagesInAcquisition, TAG.numberOfTemporalPositions,
    TAG.numberOfSlices, TAG.numberOfTimeSlices, TAG.seriesInstanceUid, 0x00200037, 0x00541000, 0x00081070,
    0x00400254, 0x00181400, 0x00180010, 0x00080201, 0x00400244, 0x00400245, 0x00400275,
  ],
  // InstanceCreationDate, InstanceCreationTime, AcquisitionNumber, ImageIndex, InstanceNumber, NumberOfFrames,
  // TemporalPositionIdentifier, SOPInstanceUID, ImagePositionPatient, ImageComments, ImageOrientationPatient
  // deno-fmt-ignore
  Instance: [
    0x00080012, 0x00080013, 0x00200012, TAG.imageIndex, TAG.instanceNumber, 0x00280008, 0x00200100,
    TAG.sopInstanceUid, 0x00200032, 0x00204000, 0x00200037,
  ],
};

/** Orthanc's numbers of the metadata that the server itself keeps (Orthanc book, "Metadata"). */
export const METADATA = {
  IndexInSeries: 1,
  ReceptionDate: 2,
  RemoteAET: 3,
  ExpectedNumberOfInstances: 4,
  ModifiedFrom: 5,
  AnonymizedFrom: 6,
  LastUpdate: 7,
  Origin: 8,
  TransferSyntax: 9,
  SopClassUid: 10,
  RemoteIP: 11,
  CalledAET: 12,
  HttpUsername: 13,
  PixelDataOffset: 14,
  MainDicomTagsSignature: 15,
  MainDicomSequences: 16,
  PixelDataVR: 17,
} as const satisfies Record<string, number>;

/** Metadata of a resource: values by number. */
export type Metadata = Readonly<Record<number, string>>;

/** Where the bytes of an instance are, and what they are. */
export interface StoredFile {
  /** Random UUID that names the file. */
  readonly uuid: string;
  /** In bytes. */
  readonly size: number;
  /** Lower-case hexadecimal SHA-256. */
  readonly sha256: string;
}

/** How complete a series is (Orthanc's `Status`). */
export type SeriesStatus = "Complete" | "Missing" | "Inconsistent" | "Unknown";

/** A resource as the index knows it; the optional fields are there when they were asked for. */
export interface Resource {
  readonly id: string;
  readonly level: Level;
  /** Identifier of the parent; null for patients. */
  readonly parent: string | null;
  readonly tags: MainTags;
  /** Of a study: the main tags of its patient, as they are in this study. */
  readonly patientTags?: MainTags;
  readonly metadata: Metadata;
  /** How often metadata was changed, by number, where it was. */
  readonly revisions?: Readonly<Record<number, number>>;
  /** When the last instance below it was stored, in milliseconds since 1970. */
  readonly updatedAt: number;
  readonly stable: boolean;
  readonly protected: boolean;
  readonly labels?: readonly string[];
  /** Identifiers of the resources one level below. */
  readonly children?: readonly string[];
  /** Of a series: how many instances it should have, if it says so. */
  readonly expectedInstances?: number | null;
  readonly status?: SeriesStatus;
  /** Of an instance. */
  readonly indexInSeries?: number | null;
  readonly file?: StoredFile;
}

/** Status of a series with `indexes` of its instances (null: without) and `expected` many of them. */
export function seriesStatus(
  expected: number | null,
  indexes: readonly (number | null)[],
): SeriesStatus {
  if (expected === null) return "Unknown";
  const seen = new Set<number>();
  for (const index of indexes) {
    if (index === null) return "Unknown";
    if (index < 1 || index > expected || seen.has(index)) return "Inconsistent";
    seen.add(index);
  }
  return seen.size === expected ? "Complete" : "Missing";
}

/**
 * How many instances a series announces, or null. Outpost answers NumberOfSlices alone where
 * NumberOfTimeSlices is absent, as the example of Orthanc's own manual shows.
 */
export function expectedInstances(text: (tag: Tag) => string | undefined): number | null {
  const number = (tag: Tag) => {
    const value = text(tag)?.trim();
    return value !== undefined && /^\+?\d{1,9}$/.test(value) ? Number(value) : undefined;
  };
  const product = (a: number | undefined, b: number | undefined) =>
    a !== undefined && b !== undefined && a * b > 0 ? a * b : undefined;
  const slices = number(TAG.numberOfSlices);
  const timeSlices = text(TAG.numberOfTimeSlices) === undefined
    ? 1
    : number(TAG.numberOfTimeSlices);
  return product(number(TAG.imagesInAcquisition), number(TAG.numberOfTemporalPositions)) ??
    product(slices, timeSlices) ??
    product(number(TAG.cardiacNumberOfImages), 1) ?? null;
}

/** The signature that says which main tags were known when a resource was stored (metadata 15). */
export function mainTagsSignature(tags: readonly Tag[]): string {
  return [...tags].sort((a, b) => a - b).map((tag) =>
    tag.toString(16).padStart(8, "0").replace(/^(....)/, "$1,")
  ).join(";");
}

/** `ms` since 1970 in UTC as `YYYYMMDDTHHMMSS`, the form of all dates in Orthanc's answers. */
export function orthancDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, "");
}
