import { decodeAscii, encodeAscii } from "../core/bytes/codec.ts";
import { ByteReader } from "../core/bytes/reader.ts";
import { ByteWriter } from "../core/bytes/writer.ts";
import { tagOf } from "../core/dicom/tag.ts";
import { DicomError } from "../core/errors.ts";

/** PS3.7 Table E.1-1: the elements of command sets, by element number of group 0000; the length apart. */
const ELEMENTS = {
  affectedSopClassUid: [0x0002, "UI"],
  requestedSopClassUid: [0x0003, "UI"],
  commandField: [0x0100, "US"],
  messageId: [0x0110, "US"],
  messageIdBeingRespondedTo: [0x0120, "US"],
  moveDestination: [0x0600, "AE"],
  priority: [0x0700, "US"],
  commandDataSetType: [0x0800, "US"],
  status: [0x0900, "US"],
  offendingElement: [0x0901, "AT"],
  errorComment: [0x0902, "LO"],
  errorId: [0x0903, "US"],
  affectedSopInstanceUid: [0x1000, "UI"],
  requestedSopInstanceUid: [0x1001, "UI"],
  eventTypeId: [0x1002, "US"],
  attributeIdentifierList: [0x1005, "AT"],
  actionTypeId: [0x1008, "US"],
  numberOfRemainingSubOperations: [0x1020, "US"],
  numberOfCompletedSubOperations: [0x1021, "US"],
  numberOfFailedSubOperations: [0x1022, "US"],
  numberOfWarningSubOperations: [0x1023, "US"],
  moveOriginatorApplicationEntityTitle: [0x1030, "AE"],
  moveOriginatorMessageId: [0x1031, "US"],
} as const satisfies Record<string, readonly [number, keyof Values]>;

/** Values by VR; AT are tags. */
interface Values {
  readonly UI: string;
  readonly AE: string;
  readonly LO: string;
  readonly US: number;
  readonly AT: readonly number[];
}

type Elements = typeof ELEMENTS;

/** A command set, each element by its keyword; those that are absent are undefined. */
export type Command = {
  readonly [K in keyof Elements]?: Values[Elements[K][1]] | undefined;
};

/** A command set that says what it is. */
export type KnownCommand = Command & { readonly commandField: number };

/** Command Field (0000,0100) of each request, and the bit that marks a response (PS3.7 Table E.1-1). */
export const CommandField = {
  cStoreRequest: 0x0001,
  cGetRequest: 0x0010,
  cFindRequest: 0x0020,
  cMoveRequest: 0x0021,
  cEchoRequest: 0x0030,
  nEventReportRequest: 0x0100,
  nGetRequest: 0x0110,
  nSetRequest: 0x0120,
  nActionRequest: 0x0130,
  nCreateRequest: 0x0140,
  nDeleteRequest: 0x0150,
  cCancelRequest: 0x0fff,
  response: 0x8000,
} as const;

/** Priority (0000,0700). */
export const Priority = { medium: 0x0000, high: 0x0001, low: 0x0002 } as const;

/** Command Data Set Type (0000,0800) of a message without a data set. */
export const NO_DATA_SET = 0x0101;

/** Command Data Set Type (0000,0800) of a message with a data set: anything but `NO_DATA_SET`. */
export const HAS_DATA_SET = 0x0001;

/** Longest command set that is read, in bytes. */
export const MAXIMUM_COMMAND_SIZE = 65_536;

/** Most characters of an Error Comment (LO). */
const MAXIMUM_COMMENT_LENGTH = 64;

interface ValueCodec<T> {
  read(from: ByteReader): T | undefined;
  write(value: T): Uint8Array;
}

const textCodec = (padding: number, most: number): ValueCodec<string> => ({
  read: (from) => decodeAscii(from.slice()),
  write: (value) => {
    const bytes = encodeAscii(value).subarray(0, most);
    return bytes.length % 2 === 0 ? bytes : Uint8Array.of(...bytes, padding);
  },
});

const CODECS: { readonly [V in keyof Values]: ValueCodec<Values[V]> } = {
  UI: textCodec(0x00, 64),
  AE: textCodec(0x20, 16),
  LO: textCodec(0x20, MAXIMUM_COMMENT_LENGTH),
  US: {
    read: (from) => from.remaining === 0 ? undefined : from.u16(),
    write: (value) => new ByteWriter(true).u16(value).take(),
  },
  AT: {
    read: (from) => {
      const tags: number[] = [];
      while (from.remaining > 0) tags.push(tagOf(from.u16(), from.u16()));
      return tags;
    },
    write: (tags) => {
      const to = new ByteWriter(true);
      for (const tag of tags) to.u16(tag >>> 16).u16(tag & 0xffff);
      return to.take();
    },
  },
};

interface Row {
  readonly name: keyof Elements;
  readonly element: number;
  readonly codec: ValueCodec<string | number | readonly number[]>;
}

const ROWS: readonly Row[] = Object.entries(ELEMENTS).map(([name, [element, vr]]) => ({
  name: name as keyof Elements,
  element,
  codec: CODECS[vr] as Row["codec"], // the table pairs names with VRs, as the type Command does
}));

const BY_ELEMENT: ReadonlyMap<number, Row> = new Map(ROWS.map((row) => [row.element, row]));

/** Encodes `command` in Implicit VR Little Endian with its group length; too long text is cut (PS3.7 Section 6.3.1). */
export function encodeCommand(command: Command): Uint8Array {
  const body = new ByteWriter(true);
  for (const { name, element, codec } of ROWS) {
    const value = command[name];
    if (value === undefined) continue;
    const bytes = codec.write(value);
    body.u16(0x0000).u16(element).u32(bytes.length).slice(bytes);
  }
  const length = body.take().length;
  return new ByteWriter(true).u32(0).u32(4).u32(length).slice(body.take()).take();
}

/**
 * Decodes a command set; elements that PS3.7 does not have are skipped, of repeated ones the first counts.
 *
 * @throws DicomError `network` if it is too long, not Implicit VR Little Endian of group 0000, or lacks Command Field
 */
export function decodeCommand(bytes: Uint8Array): KnownCommand {
  if (bytes.length > MAXIMUM_COMMAND_SIZE) {
    throw new DicomError("network", `Cannot decode command set: it has ${bytes.length} bytes`);
  }
  try {
    const command = readElements(new ByteReader(bytes, true));
    const { commandField } = command;
    if (commandField === undefined) {
      throw new DicomError("bad-file", "Cannot read Command Field: it is missing");
    }
    return { ...command, commandField };
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    throw new DicomError("network", `Cannot decode command set: ${error.message}`, {
      cause: error,
    });
  }
}

function readElements(from: ByteReader): Command {
  const command: { [name: string]: Values[keyof Values] | undefined } = {};
  while (from.remaining > 0) {
    const group = from.u16();
    const row = BY_ELEMENT.get(from.u16());
    const value = from.slice(from.u32());
    if (group !== 0x0000) {
      throw new DicomError("bad-file", `Cannot read element: group is 0x${group.toString(16)}`);
    }
    if (!row || Object.hasOwn(command, row.name)) continue;
    const read = row.codec.read(new ByteReader(value, true));
    if (read !== undefined) command[row.name] = read;
  }
  return command as Command; // names and values are those of the table
}
