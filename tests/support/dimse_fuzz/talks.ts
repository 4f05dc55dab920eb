import { Buffer } from "node:buffer";
import { deflateRawSync } from "node:zlib";
import { SOP_CLASS, STORAGE_COMMITMENT_INSTANCE_UID } from "../../../core/dicom/sop_class.ts";
import { TAG } from "../../../core/dicom/tag.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../../../core/dicom/transfer_syntax.ts";
import {
  type Command,
  CommandField,
  encodeCommand,
  HAS_DATA_SET,
  NO_DATA_SET,
} from "../../../dimse/command.ts";
import { type AssociateRequest, encodePdu } from "../../../dimse/pdu.ts";
import { associateRequest } from "../association.ts";
import { dataSet, element, fragments, item, sequence } from "../dicom.ts";

/** What one side sends over a connection, by PDU. */
export type Talk = readonly Uint8Array[];

const MR = "1.2.840.10008.5.1.4.1.1.4";
const EXPLICIT = "1.2.840.10008.1.2.1";
const DEFLATED = "1.2.840.10008.1.2.1.99";
const JPEG = "1.2.840.10008.1.2.4.50";

/** What is proposed, beside Verification as number 1. */
const CONTEXTS: readonly (readonly [id: number, sopClass: string, syntax: string])[] = [
  [3, MR, EXPLICIT],
  [5, MR, DEFLATED],
  [7, MR, JPEG],
  [9, SOP_CLASS.studyRootFind, EXPLICIT],
  [11, SOP_CLASS.studyRootMove, EXPLICIT],
  [13, SOP_CLASS.studyRootGet, EXPLICIT],
  [15, SOP_CLASS.storageCommitmentPush, EXPLICIT],
];

const RELEASE = encodePdu({ kind: "releaseRequest" });

/** Asks for all contexts, and says of itself whatever can be said. */
function fullRequest(): Uint8Array {
  const request = associateRequest();
  const contexts = CONTEXTS.map(([id, abstractSyntax, syntax]) => ({
    id,
    abstractSyntax,
    transferSyntaxes: [syntax, EXPLICIT],
  }));
  const user: AssociateRequest["user"] = {
    ...request.user,
    asynchronousOperations: { invoked: 0, performed: 0 },
    roles: [MR, SOP_CLASS.storageCommitmentPush].map((sopClassUid) => ({
      sopClassUid,
      scu: 1,
      scp: 1,
    })),
    implementationVersionName: "FUZZ",
    extendedNegotiations: [{
      sopClassUid: SOP_CLASS.studyRootFind,
      information: Uint8Array.of(1, 1, 1, 1),
    }],
    commonExtendedNegotiations: [{
      sopClassUid: MR,
      serviceClassUid: "1.2.840.10008.4.2",
      relatedGeneralSopClassUids: [MR],
    }],
    userIdentity: {
      type: 2,
      positiveResponseRequested: 1,
      primaryField: Buffer.from("user"),
      secondaryField: Buffer.from("secret"),
    },
  };
  return encodePdu({ ...request, contexts: [...request.contexts, ...contexts], user });
}

/** The PDUs of a message, its data set in pieces. */
function message(
  contextId: number,
  command: Command,
  bytes?: Uint8Array,
): Uint8Array[] {
  const commandDataSetType = bytes ? HAS_DATA_SET : NO_DATA_SET;
  const data = (control: number, fragment: Uint8Array) =>
    encodePdu({ kind: "data", values: [{ contextId, control, fragment }] });
  const set = encodeCommand({ messageId: 1, ...command, commandDataSetType });
  if (!bytes) return [data(0b11, set)];
  const middle = bytes.length >> 1;
  return [
    data(0b11, set),
    data(0b00, bytes.subarray(0, middle)),
    data(0b10, bytes.subarray(middle)),
  ];
}

const IDENTITY = [
  element(TAG.sopClassUid, "UI", MR),
  element(TAG.sopInstanceUid, "UI", "1.1.1.1"),
  element(0x00081140, "SQ", Buffer.alloc(0)),
  sequence(0x00081115, [
    item([sequence(0x00081199, [item([element(0x00081155, "UI", "1.2")])])], {
      undefinedLength: true,
    }),
  ], { undefinedLength: true }),
  element(0x00100010, "PN", "FUZZ^A"),
  element(TAG.patientId, "LO", "FUZZ"),
  element(TAG.studyInstanceUid, "UI", "1.1"),
  element(TAG.seriesInstanceUid, "UI", "1.1.1"),
];

function storeCommand(): Command {
  return {
    affectedSopClassUid: MR,
    affectedSopInstanceUid: "1.1.1.1",
    commandField: CommandField.cStoreRequest,
  };
}

function queryKeys(level: string): Uint8Array {
  return dataSet([
    element(0x00080005, "CS", "ISO_IR 192"),
    element(0x00080052, "CS", level),
    element(0x00080020, "DA", "20200101-"),
    element(0x00100010, "PN", "F*"),
    element(TAG.studyInstanceUid, "UI", "1.1"),
    element(0x00400275, "SQ", Buffer.alloc(0)),
  ], EXPLICIT_LITTLE_ENDIAN);
}

function query(contextId: number, sopClass: string, more: Command): Uint8Array[] {
  const command = { affectedSopClassUid: sopClass, priority: 0, ...more };
  const cancel = { commandField: CommandField.cCancelRequest, messageIdBeingRespondedTo: 1 };
  return [
    ...message(contextId, command, queryKeys("STUDY")),
    ...message(contextId, { ...cancel, messageId: undefined }),
  ];
}

function normalized(commandField: number, more: Command = {}): Uint8Array[] {
  const command = {
    requestedSopClassUid: SOP_CLASS.storageCommitmentPush,
    requestedSopInstanceUid: STORAGE_COMMITMENT_INSTANCE_UID,
    affectedSopClassUid: SOP_CLASS.storageCommitmentPush,
    affectedSopInstanceUid: STORAGE_COMMITMENT_INSTANCE_UID,
    commandField,
    ...more,
  };
  const references = sequence(0x00081199, [
    item([element(0x00081150, "UI", MR), element(0x00081155, "UI", "1.1.1.1")]),
  ]);
  const information = [element(0x00081195, "UI", "1.2.3"), references];
  return message(15, command, dataSet(information, EXPLICIT_LITTLE_ENDIAN));
}

/** Each service, each kind of data set, and what is no DICOM at all. */
export function talks(): readonly Talk[] {
  const plain = [...IDENTITY, element(TAG.pixelData, "OW", new Uint8Array(3000))];
  const compressed = [...IDENTITY, fragments([new Uint8Array(), new Uint8Array(500)])];
  const stored = dataSet(plain, EXPLICIT_LITTLE_ENDIAN);
  const associated = (...pdus: readonly Uint8Array[]) => [fullRequest(), ...pdus, RELEASE];
  const { cGetRequest, cFindRequest, cMoveRequest, response } = CommandField;
  const echo = message(1, {
    affectedSopClassUid: SOP_CLASS.verification,
    commandField: CommandField.cEchoRequest,
  });
  const others = [
    CommandField.nGetRequest,
    CommandField.nSetRequest,
    CommandField.nCreateRequest,
    CommandField.nDeleteRequest,
    CommandField.cStoreRequest | response,
    0x7777,
  ];
  return [
    [encodePdu(associateRequest()), ...echo, RELEASE],
    associated(...echo, ...message(3, storeCommand(), stored)),
    associated(...message(5, storeCommand(), deflateRawSync(stored))),
    associated(...message(5, storeCommand(), deflateRawSync(new Uint8Array(4_000_000)))),
    associated(...message(7, storeCommand(), dataSet(compressed, EXPLICIT_LITTLE_ENDIAN))),
    associated(...message(3, storeCommand(), nested(2000))),
    associated(...query(9, SOP_CLASS.studyRootFind, { commandField: cFindRequest })),
    associated(...query(13, SOP_CLASS.studyRootGet, { commandField: cGetRequest })),
    associated(
      ...query(11, SOP_CLASS.studyRootMove, {
        commandField: cMoveRequest,
        moveDestination: "NOBODY",
      }),
    ),
    associated(
      ...normalized(CommandField.nActionRequest, { actionTypeId: 1 }),
      ...normalized(CommandField.nEventReportRequest, { eventTypeId: 1 }),
    ),
    ...others.map((commandField) => associated(...normalized(commandField))),
    everyPdu(),
    ...FOREIGN.map((bytes) => [Buffer.from(bytes, "latin1")]),
  ];
}

/** Sequences within sequences, none of which ends. */
function nested(depth: number): Uint8Array {
  const level = Buffer.concat([
    sequence(0x00081115, [], { undefinedLength: true })(EXPLICIT_LITTLE_ENDIAN).subarray(0, 12),
    item([], { undefinedLength: true })(EXPLICIT_LITTLE_ENDIAN).subarray(0, 8),
  ]);
  return Buffer.concat(Array.from({ length: depth }, () => level));
}

/** Each PDU once, in no order that makes sense. */
function everyPdu(): Talk {
  const request = associateRequest();
  return [
    encodePdu({ kind: "releaseReply" }),
    encodePdu({ ...request, kind: "associateAccept", contexts: [] }),
    fullRequest(),
    encodePdu({ kind: "associateReject", result: 1, source: 1, reason: 1 }),
    encodePdu(request),
    RELEASE,
    encodePdu({ kind: "abort", source: 0, reason: 0 }),
  ];
}

/** What lost clients of other protocols send first. */
const FOREIGN: readonly string[] = [
  "GET /system HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03" + "\x00".repeat(32) +
  "\x00\x00\x02\x13\x01\x01\x00",
  "SSH-2.0-OpenSSH_9.2\r\n",
  "\0".repeat(70_000),
  "\x01\x00\xff\xff\xff\xff",
  "\x04\x00\x7f\xff\xff\xff\x00\x00\x00\x02",
];
