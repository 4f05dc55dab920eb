import { Buffer } from "node:buffer";
import { noise, pick, type Random } from "./random.ts";
import type { Talk } from "./talks.ts";

/** Changes one PDU; may return other bytes in its place. */
type Edit = (pdu: Uint8Array, random: Random) => Uint8Array;
/** Changes the order or number of PDUs. */
type Shuffle = (pdus: Uint8Array[], random: Random) => void;

const HEADER = 6;
/** Where the items of A-ASSOCIATE-RQ and -AC start (PS3.8 Table 9-11). */
const ITEMS = 74;
/** Lengths that catch careless arithmetic. */
const LENGTHS = [0, 1, 2, 5, 0x7f, 0xff, 0xfffe, 0xffff, 0x100000, 0x7fffffff, 0xfffffffe];
/** Types of items and sub-items, known or not. */
const ITEM_TYPES = [0x00, 0x10, 0x20, 0x21, 0x30, 0x40, 0x50, 0x51, 0x52, 0x53, 0x54, 0x58, 0xff];

/** What is done to the order of the PDUs. */
const SHUFFLES: readonly Shuffle[] = [
  (pdus, random) => void pdus.splice(random(pdus.length), 1),
  (pdus, random) => void pdus.splice(random(pdus.length), 0, pick(pdus, random)),
  (pdus, random) => pdus.splice(random(pdus.length)),
  (pdus, random) => void pdus.splice(random(pdus.length), 0, noise(random)),
  (pdus, random) => void pdus.push(...pdus.splice(random(pdus.length), 1)),
  (pdus, random) => void pdus.reverse().splice(random(pdus.length), 0, noise(random, 2000)),
];

/** What is done to one of them. */
const EDITS: readonly Edit[] = [
  (pdu, random) => pdu.subarray(0, random(pdu.length)),
  (pdu, random) => Buffer.concat([pdu, noise(random)]),
  (pdu, random) => {
    for (let left = 1 + random(8); left > 0; left--) pdu[random(pdu.length)] = random(256);
    return pdu;
  },
  (pdu, random) => setNumber(pdu, { at: random(pdu.length), size: 4 }, pick(LENGTHS, random)),
  (pdu, random) => setNumber(pdu, { at: random(pdu.length), size: 2 }, pick(LENGTHS, random)),
  (pdu, random) => setNumber(pdu, { at: 0, size: 1 }, random(10)), // another type
  (pdu, random) => setNumber(pdu, { at: 2, size: 4 }, pick(LENGTHS, random)),
  (pdu, random) => setNumber(pdu, { at: 2, size: 4 }, pdu.length - HEADER + random(5) - 2),
  // Of P-DATA-TF: length, presentation context and message control header of its value.
  (pdu, random) => setNumber(pdu, { at: 6, size: 4 }, pick([...LENGTHS, pdu.length], random)),
  (pdu, random) => setNumber(pdu, { at: 10, size: 1 }, random(256)),
  (pdu, random) => setNumber(pdu, { at: 11, size: 1 }, random(5)),
  (pdu, random) => inPieces(pdu, 1 + random(20)),
  // Of A-ASSOCIATE-RQ: type and length of an item, items within items.
  (pdu, random) => setNumber(pdu, { at: anItem(pdu, random), size: 1 }, pick(ITEM_TYPES, random)),
  (pdu, random) => setNumber(pdu, { at: anItem(pdu, random) + 2, size: 2 }, pick(LENGTHS, random)),
  (pdu, random) => withBody(pdu, nestedItems(pick(ITEM_TYPES, random), 1 + random(500))),
  (pdu, random) => withBody(pdu, pdu.subarray(anItem(pdu, random))),
  (pdu, random) =>
    withBody(pdu, Buffer.concat(Array(1 + random(300)).fill(pdu.subarray(ITEMS, ITEMS + 2000)))),
];

/** The bytes of a conversation after some damage. */
export function damaged(talk: Talk, random: Random): Uint8Array {
  const pdus = talk.map((pdu) => pdu.slice());
  for (let left = 1 + random(3); left > 0 && pdus.length > 0; left--) {
    if (random(3) === 0) pick(SHUFFLES, random)(pdus, random);
    else edit(pdus, random);
  }
  return Buffer.concat(pdus);
}

function edit(pdus: Uint8Array[], random: Random): void {
  const at = random(pdus.length);
  const pdu = pdus[at]!;
  if (pdu.length > 0) pdus[at] = pick(EDITS, random)(pdu, random);
}

/** Writes a number, big-endian, as far as there is room. */
function setNumber(
  pdu: Uint8Array,
  { at, size }: { readonly at: number; readonly size: number },
  value: number,
): Uint8Array {
  const bytes = Array.from({ length: size }, (_, index) => value >>> 8 * (size - 1 - index));
  if (at < pdu.length) pdu.set(bytes.slice(0, pdu.length - at), at);
  return pdu;
}

/** Where an item of A-ASSOCIATE-RQ starts. */
function anItem(pdu: Uint8Array, random: Random): number {
  const starts: number[] = [];
  for (let at = ITEMS; at + 4 <= pdu.length; at += 4 + pdu[at + 2]! * 256 + pdu[at + 3]!) {
    starts.push(at);
  }
  return starts.length === 0 ? random(pdu.length) : pick(starts, random);
}

/** The PDU with its items followed by others, and the length that this takes. */
function withBody(pdu: Uint8Array, more: Uint8Array): Uint8Array {
  const whole = Buffer.concat([pdu, more]);
  return setNumber(whole, { at: 2, size: 4 }, whole.length - HEADER);
}

/** An item that holds an item that holds an item. */
function nestedItems(type: number, depth: number): Uint8Array {
  const length = (level: number) => 4 * (depth - level - 1);
  return Uint8Array.from(
    Array.from({ length: depth }, (_, level) => [type, 0, length(level) >> 8, length(level)])
      .flat(),
  );
}

/** One value of P-DATA-TF as several PDUs of `size` bytes. */
function inPieces(pdu: Uint8Array, size: number): Uint8Array {
  const [contextId = 0, control = 0] = pdu.subarray(10, 12);
  const pieces: Uint8Array[] = [];
  for (let at = 12; at < pdu.length; at += size) {
    const part = pdu.subarray(at, at + size);
    const isLast = at + size >= pdu.length;
    const head = [4, 0, 0, 0, 0, part.length + 6, 0, 0, 0, part.length + 2, contextId];
    pieces.push(Uint8Array.of(...head, isLast ? control : control & 1), part);
  }
  return Buffer.concat(pieces);
}
