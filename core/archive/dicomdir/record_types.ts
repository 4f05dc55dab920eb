import type { Tag } from "../../dicom/tag.ts";

/** What a directory record below a series says of its instance. */
export interface RecordType {
  /** Directory Record Type (0004,1430), a defined term. */
  readonly name: string;
  /** Its keys beyond the references to the file (PS3.3 Section F.5); they are there even if they are empty. */
  readonly keys: readonly Tag[];
  /** Keys that are there where the instance has them. */
  readonly optional: readonly Tag[];
}

const INSTANCE_NUMBER = 0x00200013;
const CONTENT_DATE = 0x00080023;
const CONTENT_TIME = 0x00080033;
/** ContentLabel, ContentDescription, ContentCreatorName (PS3.3 Table 10-12). */
const CONTENT_IDENTIFICATION = [INSTANCE_NUMBER, 0x00700080, 0x00700081, 0x00700084];
const CONTENT_MOMENT = [CONTENT_DATE, CONTENT_TIME];
/** ConceptNameCodeSequence. */
const CONCEPT_NAME = 0x0040a043;

function recordType(
  name: string,
  keys: readonly Tag[],
  optional: readonly Tag[] = [],
): RecordType {
  return { name, keys, optional };
}

/** PS3.3 Section F.5.4; also for what the tables do not have, so that every reader finds it. */
const IMAGE = recordType("IMAGE", [INSTANCE_NUMBER]);
const RT_RECORD = recordType("RT TREAT RECORD", [INSTANCE_NUMBER, 0x30080250, 0x30080251]);
const RT_PLAN = recordType("RT PLAN", [INSTANCE_NUMBER, 0x300a0002, 0x300a0006, 0x300a0007]);
const PRESENTATION = recordType(
  "PRESENTATION",
  [0x00700082, 0x00700083, ...CONTENT_IDENTIFICATION],
  [0x00081115, 0x00700402],
);
const WAVEFORM = recordType("WAVEFORM", [INSTANCE_NUMBER, ...CONTENT_MOMENT]);
/** CompletionFlag, VerificationFlag; VerificationDateTime. */
const SR_DOCUMENT = recordType(
  "SR DOCUMENT",
  [INSTANCE_NUMBER, 0x0040a491, 0x0040a493, ...CONTENT_MOMENT, CONCEPT_NAME],
  [0x0040a030],
);
const KEY_OBJECT = recordType("KEY OBJECT DOC", [INSTANCE_NUMBER, ...CONTENT_MOMENT, CONCEPT_NAME]);
const SPECTROSCOPY = recordType("SPECTROSCOPY", [
  0x00080008,
  ...CONTENT_MOMENT,
  INSTANCE_NUMBER,
  0x00280008,
  0x00280010,
  0x00280011,
  0x00289001,
  0x00289002,
]);
const RAW_DATA = recordType("RAW DATA", [...CONTENT_MOMENT, INSTANCE_NUMBER]);
const withContent = (name: string) =>
  recordType(name, [...CONTENT_MOMENT, ...CONTENT_IDENTIFICATION]);
/** DocumentTitle, ConceptNameCodeSequence, MIMETypeOfEncapsulatedDocument; HL7InstanceIdentifier. */
const ENCAPSULATED = recordType(
  "ENCAP DOC",
  [...CONTENT_MOMENT, INSTANCE_NUMBER, 0x00420010, CONCEPT_NAME, 0x00420012],
  [0x0040e001],
);
/** InstanceCreationDate, InstanceCreationTime. */
const ASSESSMENT = recordType("ASSESSMENT", [INSTANCE_NUMBER, 0x00080012, 0x00080013]);

/** Record types by SOP Class UID, or by what it begins with (PS3.3 Section F.4, Table F.4-1). */
const RECORD_TYPES: readonly (readonly [start: string, type: RecordType])[] = [
  ["1.2.840.10008.5.1.4.1.1.481.2", recordType("RT DOSE", [INSTANCE_NUMBER, 0x3004000a])],
  [
    "1.2.840.10008.5.1.4.1.1.481.3",
    recordType("RT STRUCTURE SET", [INSTANCE_NUMBER, 0x30060002, 0x30060008, 0x30060009]),
  ],
  ["1.2.840.10008.5.1.4.1.1.481.4", RT_RECORD],
  ["1.2.840.10008.5.1.4.1.1.481.5", RT_PLAN],
  ["1.2.840.10008.5.1.4.1.1.481.6", RT_RECORD],
  ["1.2.840.10008.5.1.4.1.1.481.7", RT_RECORD],
  ["1.2.840.10008.5.1.4.1.1.481.8", RT_PLAN],
  ["1.2.840.10008.5.1.4.1.1.481.9", RT_RECORD],
  ["1.2.840.10008.5.1.4.1.1.11.", PRESENTATION],
  ["1.2.840.10008.5.1.4.1.1.9.", WAVEFORM],
  ["1.2.840.10008.5.1.4.1.1.88.59", KEY_OBJECT],
  ["1.2.840.10008.5.1.4.1.1.88.", SR_DOCUMENT],
  ["1.2.840.10008.5.1.4.1.1.4.2", SPECTROSCOPY],
  ["1.2.840.10008.5.1.4.1.1.66", RAW_DATA],
  ["1.2.840.10008.5.1.4.1.1.66.1", withContent("REGISTRATION")],
  ["1.2.840.10008.5.1.4.1.1.66.3", withContent("REGISTRATION")],
  ["1.2.840.10008.5.1.4.1.1.66.2", withContent("FIDUCIAL")],
  ["1.2.840.10008.5.1.4.1.1.66.5", withContent("SURFACE")],
  ["1.2.840.10008.5.1.4.1.1.66.6", withContent("TRACT")],
  ["1.2.840.10008.5.1.4.1.1.67", withContent("VALUE MAP")],
  ["1.2.840.10008.5.1.4.1.1.68.", recordType("SURFACE SCAN", CONTENT_MOMENT)],
  ["1.2.840.10008.5.1.4.1.1.90.", ASSESSMENT],
  ["1.2.840.10008.5.1.4.1.1.104.", ENCAPSULATED],
];

/** The type of record that an instance of this SOP class gets. */
export function recordTypeOf(sopClassUid: string): RecordType {
  const found = RECORD_TYPES.find(([start]) =>
    start.endsWith(".") ? sopClassUid.startsWith(start) : sopClassUid === start
  );
  return found?.[1] ?? IMAGE;
}

/** Every key that some record has. */
export const RECORD_KEYS: ReadonlySet<Tag> = new Set(
  [IMAGE, ...RECORD_TYPES.map(([, type]) => type)]
    .flatMap(({ keys, optional }) => [...keys, ...optional]),
);
