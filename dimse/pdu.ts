import {
  ascii,
  type Codec,
  encode,
  join,
  many,
  reserved,
  rest,
  sized,
  struct,
  text,
  u16,
  u32,
  u8,
  type ValueOf,
} from "../core/bytes/codec.ts";
import { ByteReader } from "../core/bytes/reader.ts";
import { DicomError } from "../core/errors.ts";
import { each, items, maybe, one, orEmpty } from "./items.ts";
import { userInformation } from "./user_information.ts";

/** Bytes of the header of each PDU: type, a reserved byte, length (PS3.8 Section 9.3.1). */
export const PDU_HEADER_SIZE = 6;

/** Longest body of a PDU that is not P-DATA-TF: 128 contexts with all transfer syntaxes fit several times. */
export const MAXIMUM_CONTROL_SIZE = 0x100000;

/** Most presentation contexts of an association, their ids being the odd numbers of one byte. */
export const MOST_CONTEXTS = 128;

/** PS3.8 Table 9-11 and Table 9-17: the head that A-ASSOCIATE-RQ and -AC share. */
const associateHead = struct({
  protocolVersion: u16,
  _reserved1: reserved(2),
  calledAeTitle: ascii(16),
  callingAeTitle: ascii(16),
  _reserved2: reserved(32),
});

/** PS3.8 Table 9-13: a proposed presentation context. */
const proposedContext = join(
  struct({ id: u8, _reserved: reserved(3) }),
  items({
    abstractSyntax: one(0x30, text),
    transferSyntaxes: each(0x40, text),
  }),
);

/** A presentation context as the requestor proposes it. */
export type ProposedContext = ValueOf<typeof proposedContext>;

/** PS3.8 Table 9-18: the answer to a presentation context; result 0 is acceptance. */
const negotiatedContext = join(
  struct({
    id: u8,
    _reserved1: reserved(1),
    result: u8,
    _reserved2: reserved(1),
  }),
  items({ transferSyntax: maybe(0x40, text) }),
);

/** The answer of the acceptor to a presentation context. */
export type NegotiatedContext = ValueOf<typeof negotiatedContext>;

const control = struct({ _reserved: reserved(4) });

/** PS3.8 Section 9.3: every PDU, each layout declared once for reading and writing. */
const PDUS = {
  associateRequest: {
    type: 0x01,
    body: join(
      associateHead,
      items({
        applicationContext: maybe(0x10, text),
        contexts: each(0x20, proposedContext, MOST_CONTEXTS),
        user: orEmpty(0x50, userInformation),
      }),
    ),
  },
  associateAccept: {
    type: 0x02,
    body: join(
      associateHead,
      items({
        applicationContext: maybe(0x10, text),
        contexts: each(0x21, negotiatedContext, MOST_CONTEXTS),
        user: orEmpty(0x50, userInformation),
      }),
    ),
  },
  associateReject: {
    type: 0x03,
    body: struct({ _reserved: reserved(1), result: u8, source: u8, reason: u8 }),
  },
  data: {
    type: 0x04,
    body: struct({
      values: many(
        sized(u32, struct({ contextId: u8, control: u8, fragment: rest })),
      ),
    }),
  },
  releaseRequest: { type: 0x05, body: control },
  releaseReply: { type: 0x06, body: control },
  abort: {
    type: 0x07,
    body: struct({ _reserved: reserved(2), source: u8, reason: u8 }),
  },
} as const;

/** The seven PDUs, by name. */
export type PduKind = keyof typeof PDUS;

/** One protocol data unit, told apart by `kind`. */
export type Pdu = {
  [K in PduKind]: { kind: K } & ValueOf<(typeof PDUS)[K]["body"]>;
}[PduKind];

/** The PDU of one kind. */
export type PduOf<K extends PduKind> = Extract<Pdu, { kind: K }>;

/** A request for an association (PS3.8 Section 9.3.2). */
export type AssociateRequest = PduOf<"associateRequest">;

/** The acceptance of an association (PS3.8 Section 9.3.3). */
export type AssociateAccept = PduOf<"associateAccept">;

const KINDS: ReadonlyMap<number, PduKind> = new Map(
  (Object.keys(PDUS) as PduKind[]).map((kind) => [PDUS[kind].type, kind]),
);

const header = struct({ type: u8, _reserved: reserved(1), body: sized(u32, rest) });

/** Encodes `pdu` with its six-byte header, big-endian. */
export function encodePdu(pdu: Pdu): Uint8Array {
  const { type, body } = PDUS[pdu.kind];
  return encode(header, { type, body: encode(body as Codec<unknown>, pdu) });
}

/** Which PDU has this number for its type; undefined for none (PS3.8 Section 9.3.1). */
export function pduKind(type: number): PduKind | undefined {
  return KINDS.get(type);
}

/**
 * Decodes a PDU of `type` from its body (the bytes after the header), without copying.
 *
 * @throws DicomError `network` for a type that is none, a body that is not as PS3.8 has it, or contexts whose
 * ids are even or not unique
 */
export function decodePdu(type: number, body: Uint8Array): Pdu {
  const kind = pduKind(type);
  if (!kind) throw new DicomError("network", `Cannot decode PDU: type is 0x${type.toString(16)}`);
  try {
    const from = new ByteReader(body);
    const pdu = { kind, ...PDUS[kind].body.read(from) } as Pdu;
    if (from.remaining > 0) {
      throw new DicomError("bad-file", `Cannot read PDU: ${from.remaining} bytes too many`);
    }
    if ("contexts" in pdu) checkIds(pdu.contexts);
    return pdu;
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    throw new DicomError("network", `Cannot decode PDU ${kind}: ${error.message}`, {
      cause: error,
    });
  }
}

/** PS3.8 Section 9.3.2.2: presentation context ids are odd, and each is used once. */
function checkIds(contexts: readonly { readonly id: number }[]): void {
  const seen = new Set<number>();
  for (const { id } of contexts) {
    if (id % 2 === 0 || seen.has(id)) {
      throw new DicomError("bad-file", `Cannot use presentation context ${id}: even or used twice`);
    }
    seen.add(id);
  }
}
