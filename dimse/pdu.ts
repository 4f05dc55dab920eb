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
import { each, items, maybe, one } from "./items.ts";

/** PS3.8 Table 9-11 and Table 9-17: the head that A-ASSOCIATE-RQ and -AC share. */
const associateHead = struct({
  protocolVersion: u16,
  _reserved1: reserved(2),
  calledAeTitle: ascii(16),
  callingAeTitle: ascii(16),
  _reserved2: reserved(32),
});

/** PS3.8 Annex D and PS3.7 Annex D.3.3: user information sub-items. */
const userInformation = items({
  maximumLength: maybe(0x51, u32),
  implementationClassUid: one(0x52, text),
  implementationVersionName: maybe(0x55, text),
});

/** PS3.8 Table 9-13: a proposed presentation context. */
const proposedContext = join(
  struct({ id: u8, _reserved: reserved(3) }),
  items({
    abstractSyntax: one(0x30, text),
    transferSyntaxes: each(0x40, text),
  }),
);

/** PS3.8 Table 9-18: the answer to a presentation context; result 0 is acceptance. */
const negotiatedContext = join(
  struct({
    id: u8,
    _reserved1: reserved(1),
    result: u8,
    _reserved2: reserved(1),
  }),
  items({ transferSyntax: one(0x40, text) }),
);

/** PS3.8 Section 9.3: every PDU, each layout declared once for reading and writing. */
const PDUS = {
  associateRequest: {
    type: 0x01,
    body: join(
      associateHead,
      items({
        applicationContext: one(0x10, text),
        contexts: each(0x20, proposedContext),
        user: one(0x50, userInformation),
      }),
    ),
  },
  associateAccept: {
    type: 0x02,
    body: join(
      associateHead,
      items({
        applicationContext: one(0x10, text),
        contexts: each(0x21, negotiatedContext),
        user: one(0x50, userInformation),
      }),
    ),
  },
  associateReject: {
    type: 0x03,
    body: struct({
      _reserved: reserved(1),
      result: u8,
      source: u8,
      reason: u8,
    }),
  },
  data: {
    type: 0x04,
    body: struct({
      values: many(
        sized(u32, struct({ contextId: u8, control: u8, fragment: rest })),
      ),
    }),
  },
  releaseRequest: { type: 0x05, body: struct({ _reserved: reserved(4) }) },
  releaseReply: { type: 0x06, body: struct({ _reserved: reserved(4) }) },
  abort: {
    type: 0x07,
    body: struct({ _reserved: reserved(2), source: u8, reason: u8 }),
  },
} as const;

export type PduKind = keyof typeof PDUS;

/** One protocol data unit, told apart by `kind`. */
export type Pdu = {
  [K in PduKind]: { kind: K } & ValueOf<(typeof PDUS)[K]["body"]>;
}[PduKind];

const header = struct({
  type: u8,
  _reserved: reserved(1),
  body: sized(u32, rest),
});

/** Encodes `pdu` with its six-byte header, big-endian. */
export function encodePdu(pdu: Pdu): Uint8Array {
  const { type, body } = PDUS[pdu.kind];
  return encode(header, { type, body: encode(body as Codec<unknown>, pdu) });
}

/** Decodes a PDU of `type` from its body (the bytes after the header). */
export function decodePdu(type: number, body: Uint8Array): Pdu {
  for (const [kind, pdu] of Object.entries(PDUS)) {
    if (pdu.type === type) {
      return { kind, ...pdu.body.read(new ByteReader(body)) } as Pdu;
    }
  }
  throw new DicomError(
    "network",
    `Cannot decode PDU: type is 0x${type.toString(16)}`,
  );
}
