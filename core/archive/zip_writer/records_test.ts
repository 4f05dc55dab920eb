import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { centralHeader, descriptor, endRecords, localHeader, type ZipEntry } from "./records.ts";

const ENTRY: ZipEntry = {
  name: new TextEncoder().encode("a.dcm"),
  size: 5,
  crc: 0x11223344,
  offset: 9,
  modifiedAt: new Date(2026, 10, 23, 22, 41, 24).getTime(),
  trails: false,
  large: false,
};
const FOUR_GB = 0xffffffff;
const BEYOND = 5_000_000_000;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

Deno.test("localHeader() is laid out as APPNOTE Section 4.3.7 says", () => {
  const expected =
    "504b0304 1400 0000 0000 2cb5 775d 44332211 05000000 05000000 0500 0000 612e64636d";
  assert.equal(hex(localHeader(ENTRY)), expected.replaceAll(" ", ""));
  assert.equal(descriptor(ENTRY).length, 0);
});

Deno.test("what trails leaves the header empty, and is 64 bits wide where the size may be", () => {
  const trails = { ...ENTRY, trails: true };
  const header = Buffer.from(localHeader(trails));
  assert.deepEqual([header.readUInt16LE(6), header.readUInt32LE(14), header.readUInt32LE(22)], [
    8,
    0,
    0,
  ]);
  assert.equal(hex(descriptor(trails)), "504b0708443322110500000005000000");
  const large = { ...trails, large: true, size: BEYOND };
  const wide = Buffer.from(localHeader(large));
  assert.deepEqual([wide.readUInt16LE(4), wide.readUInt32LE(18), wide.readUInt16LE(28)], [
    45,
    FOUR_GB,
    20,
  ]);
  assert.equal(Buffer.from(descriptor(large)).readBigUInt64LE(8), BigInt(BEYOND));
});

Deno.test("centralHeader() has 64 bits for what needs them, and for nothing else", () => {
  const extra = (entry: Partial<ZipEntry>) => {
    const bytes = Buffer.from(centralHeader({ ...ENTRY, ...entry }));
    const at = 46 + ENTRY.name.length;
    const count = (bytes.length - at - (bytes.length > at ? 4 : 0)) / 8;
    return Array.from({ length: count }, (_, index) => bytes.readBigUInt64LE(at + 4 + 8 * index));
  };
  assert.deepEqual(extra({}), []);
  assert.deepEqual(extra({ size: FOUR_GB - 1, offset: FOUR_GB - 1 }), []);
  assert.deepEqual(extra({ size: BEYOND }), [BigInt(BEYOND), BigInt(BEYOND)]);
  assert.deepEqual(extra({ offset: FOUR_GB }), [BigInt(FOUR_GB)]);
  const name = new TextEncoder().encode("é");
  assert.equal(Buffer.from(centralHeader({ ...ENTRY, name })).readUInt16LE(8), 0x0800);
});

Deno.test("endRecords() adds ZIP64 records from 65,535 entries or 4 GB on", () => {
  const end = { count: 65_534, size: 10, offset: FOUR_GB - 1, comment: new Uint8Array(0) };
  assert.equal(endRecords(end).length, 22);
  for (const large of [{ count: 65_535 }, { offset: FOUR_GB }, { size: FOUR_GB }]) {
    const bytes = Buffer.from(endRecords({ ...end, ...large }));
    assert.equal(bytes.length, 56 + 20 + 22);
    assert.equal(bytes.readBigUInt64LE(32), BigInt(large.count ?? end.count));
    const start = BigInt((large.offset ?? end.offset) + (large.size ?? end.size));
    assert.equal(bytes.readBigUInt64LE(56 + 8), start, "where the ZIP64 record is");
  }
});
