/** Makes CT-like instances that differ in their SOP Instance UID, quickly: one template, patched. */

const UID_ROOT = "1.2.826.0.1.3680043.10.1414.1";

interface Element {
  readonly tag: number;
  readonly vr: string;
  readonly value: string | Uint8Array;
}

/** Makes instances of `columns` × `rows` 16-bit pixels; `next()` gives a new one each time. */
export function createInstanceMaker(columns: number, rows: number, series: string) {
  const marker = `${UID_ROOT}.${"9".repeat(10)}`;
  const template = makeFile(columns, rows, series, marker);
  const places = findAll(template, new TextEncoder().encode(marker));
  let count = 1_000_000_000 + crypto.getRandomValues(new Uint32Array(1))[0]! % 1_000_000_000;
  return {
    size: template.length,
    next(): Uint8Array {
      const bytes = template.slice();
      const uid = new TextEncoder().encode(`${UID_ROOT}.${++count}`);
      for (const at of places) bytes.set(uid, at);
      return bytes;
    },
  };
}

function makeFile(columns: number, rows: number, series: string, sopInstanceUid: string) {
  const us = (value: number) => new Uint8Array(new Uint16Array([value]).buffer);
  const pixels = new Uint16Array(columns * rows);
  for (let at = 0; at < pixels.length; at++) pixels[at] = (at * 7919) % 4096;
  const dataSet: Element[] = [
    { tag: 0x00080005, vr: "CS", value: "ISO_IR 100" },
    { tag: 0x00080008, vr: "CS", value: "ORIGINAL\\PRIMARY\\AXIAL" },
    { tag: 0x00080016, vr: "UI", value: "1.2.840.10008.5.1.4.1.1.2" },
    { tag: 0x00080018, vr: "UI", value: sopInstanceUid },
    { tag: 0x00080020, vr: "DA", value: "20260101" },
    { tag: 0x00080030, vr: "TM", value: "120000" },
    { tag: 0x00080050, vr: "SH", value: "A1" },
    { tag: 0x00080060, vr: "CS", value: "CT" },
    { tag: 0x00080070, vr: "LO", value: "Bench" },
    { tag: 0x00100010, vr: "PN", value: "Bench^Mark" },
    { tag: 0x00100020, vr: "LO", value: "BENCH" },
    { tag: 0x0020000d, vr: "UI", value: `${UID_ROOT}.2.${series}` },
    { tag: 0x0020000e, vr: "UI", value: `${UID_ROOT}.3.${series}` },
    { tag: 0x00200013, vr: "IS", value: "1" },
    { tag: 0x00280002, vr: "US", value: us(1) },
    { tag: 0x00280004, vr: "CS", value: "MONOCHROME2" },
    { tag: 0x00280010, vr: "US", value: us(rows) },
    { tag: 0x00280011, vr: "US", value: us(columns) },
    { tag: 0x00280100, vr: "US", value: us(16) },
    { tag: 0x00280101, vr: "US", value: us(12) },
    { tag: 0x00280102, vr: "US", value: us(11) },
    { tag: 0x00280103, vr: "US", value: us(0) },
    { tag: 0x7fe00010, vr: "OW", value: new Uint8Array(pixels.buffer) },
  ];
  const meta = encode([
    { tag: 0x00020001, vr: "OB", value: new Uint8Array([0, 1]) },
    { tag: 0x00020002, vr: "UI", value: "1.2.840.10008.5.1.4.1.1.2" },
    { tag: 0x00020003, vr: "UI", value: sopInstanceUid },
    { tag: 0x00020010, vr: "UI", value: "1.2.840.10008.1.2.1" },
    { tag: 0x00020012, vr: "UI", value: `${UID_ROOT}.4` },
  ]);
  const length = new Uint8Array(new Uint32Array([meta.length]).buffer);
  const group = encode([{ tag: 0x00020000, vr: "UL", value: length }]);
  const dicm = new TextEncoder().encode("DICM");
  return concat([new Uint8Array(128), dicm, group, meta, encode(dataSet)]);
}

/** Explicit VR Little Endian. */
function encode(elements: readonly Element[]): Uint8Array {
  return concat(elements.flatMap(({ tag, vr, value }) => {
    const bytes = typeof value === "string" ? padded(value, vr) : value;
    const long = vr === "OW" || vr === "OB";
    const head = new DataView(new ArrayBuffer(long ? 12 : 8));
    head.setUint16(0, tag >>> 16, true);
    head.setUint16(2, tag & 0xffff, true);
    head.setUint8(4, vr.charCodeAt(0));
    head.setUint8(5, vr.charCodeAt(1));
    if (long) head.setUint32(8, bytes.length, true);
    else head.setUint16(6, bytes.length, true);
    return [new Uint8Array(head.buffer), bytes];
  }));
}

function padded(text: string, vr: string): Uint8Array {
  const even = text.length % 2 === 0 ? text : text + (vr === "UI" ? "\0" : " ");
  return new TextEncoder().encode(even);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function findAll(bytes: Uint8Array, wanted: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = 0; at < 4096; at++) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) places.push(at);
  }
  return places;
}
