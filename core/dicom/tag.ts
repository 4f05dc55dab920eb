/** A tag as one number, group in the upper half: (0010,0020) is `0x00100020`. */
export type Tag = number;

/** Group number of `tag` (PS3.5 Section 7.1). */
export function groupOf(tag: Tag): number {
  return tag >>> 16;
}

/** Element number of `tag` (PS3.5 Section 7.1). */
export function elementOf(tag: Tag): number {
  return tag & 0xffff;
}

/** Joins a group and an element number. */
export function tagOf(group: number, element: number): Tag {
  return ((group << 16) | element) >>> 0;
}

/** Whether `tag` is of an odd group, so private (PS3.5 Section 7.8). */
export function isPrivate(tag: Tag): boolean {
  return (tag & 0x10000) !== 0;
}

/** Whether `tag` reserves a block for a private creator: (gggg,0010-00FF) of an odd group (PS3.5 Section 7.8.1). */
export function isPrivateCreator(tag: Tag): boolean {
  return isPrivate(tag) && elementOf(tag) >= 0x10 && elementOf(tag) <= 0xff;
}

/** The private creator element that owns private `tag`: (gggg,00xx) for (gggg,xxee) (PS3.5 Section 7.8.1). */
export function creatorOf(tag: Tag): Tag {
  return tagOf(groupOf(tag), elementOf(tag) >>> 8);
}

/** `tag` as eight lower-case hexadecimal digits. */
export function tagHex(tag: Tag): string {
  return tag.toString(16).padStart(8, "0");
}

/** `tag` as `gggg,eeee` (or with another separator), lower case, as in Orthanc's JSON. */
export function formatTag(tag: Tag, separator = ","): string {
  const hex = tagHex(tag);
  return hex.slice(0, 4) + separator + hex.slice(4);
}

/** Reads `ggggeeee`, `gggg,eeee` or `gggg-eeee`; undefined if `text` is none of them. */
export function parseTag(text: string): Tag | undefined {
  const match = /^([0-9a-f]{4})[,-]?([0-9a-f]{4})$/i.exec(text);
  return match ? parseInt(match[1]! + match[2]!, 16) : undefined;
}

/** The tags that the code itself needs by name; all others come from the dictionary. */
export const TAG = {
  fileMetaGroupLength: 0x00020000,
  mediaStorageSopClassUid: 0x00020002,
  mediaStorageSopInstanceUid: 0x00020003,
  transferSyntaxUid: 0x00020010,
  specificCharacterSet: 0x00080005,
  sopClassUid: 0x00080016,
  sopInstanceUid: 0x00080018,
  studyDate: 0x00080020,
  accessionNumber: 0x00080050,
  queryRetrieveLevel: 0x00080052,
  retrieveAeTitle: 0x00080054,
  instanceAvailability: 0x00080056,
  modality: 0x00080060,
  modalitiesInStudy: 0x00080061,
  sopClassesInStudy: 0x00080062,
  patientName: 0x00100010,
  patientId: 0x00100020,
  cardiacNumberOfImages: 0x00181090,
  studyInstanceUid: 0x0020000d,
  seriesInstanceUid: 0x0020000e,
  instanceNumber: 0x00200013,
  numberOfTemporalPositions: 0x00200105,
  imagesInAcquisition: 0x00201002,
  numberOfPatientRelatedStudies: 0x00201200,
  numberOfPatientRelatedSeries: 0x00201202,
  numberOfPatientRelatedInstances: 0x00201204,
  numberOfStudyRelatedSeries: 0x00201206,
  numberOfStudyRelatedInstances: 0x00201208,
  numberOfSeriesRelatedInstances: 0x00201209,
  numberOfSlices: 0x00540081,
  numberOfTimeSlices: 0x00540101,
  imageIndex: 0x00541330,
  pixelData: 0x7fe00010,
  item: 0xfffee000,
  itemDelimitation: 0xfffee00d,
  sequenceDelimitation: 0xfffee0dd,
} as const satisfies Record<string, Tag>;
