import { Buffer } from "node:buffer";
import { crc32, deflateRawSync } from "node:zlib";

/** A member of an archive, with all the lies a test may want. */
export interface TestMember {
  readonly name?: string;
  readonly bytes: Uint8Array;
  /** 8 (deflate) unless given. */
  readonly method?: number;
  readonly flags?: number;
  /** What header and directory declare instead of the truth. */
  readonly declared?: { readonly size?: number; readonly crc32?: number };
  /** Sizes follow the data instead of preceding them, as writers to a pipe do. */
  readonly descriptor?: boolean;
  /** Sizes and offset stand in the ZIP64 field of the directory. */
  readonly zip64?: boolean;
  /** Points at the local header of the member with this number instead of having its own. */
  readonly sameAs?: number;
}

/** How to end an archive. */
export interface TestArchive {
  readonly comment?: string;
  readonly prepended?: Uint8Array;
  /** Whether there is a ZIP64 end record. */
  readonly zip64?: boolean;
  /** What the end record declares instead of the number of members. */
  readonly count?: number;
}

/** A ZIP archive for tests (PKWARE APPNOTE Section 4.3). */
export function zipOf(members: readonly TestMember[], archive: TestArchive = {}): Uint8Array {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  const offsets: number[] = [];
  let at = 0;
  for (const member of members) {
    const data = Buffer.from(member.method === 0 ? member.bytes : deflateRawSync(member.bytes));
    const offset = offsets[member.sameAs ?? -1] ?? at;
    offsets.push(offset);
    directory.push(directoryHeader(member, data.length, offset));
    if (member.sameAs !== undefined) continue;
    const parts = [localHeader(member, data.length), data, descriptor(member, data.length)];
    local.push(...parts);
    at += parts.reduce((sum, { length }) => sum + length, 0);
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const count = archive.count ?? members.length;
  return Buffer.concat([
    archive.prepended ?? Buffer.alloc(0),
    ...local,
    ...directory,
    ...(archive.zip64 ? [end64(count, size, at)] : []),
    end(archive.zip64 ? [0xffff, 0xffffffff, 0xffffffff] : [count, size, at], archive.comment),
  ]);
}

function facts({ bytes, declared, method = 8, flags = 0, descriptor }: TestMember) {
  return {
    method,
    flags: flags | (descriptor ? 0x0008 : 0),
    crc: declared?.crc32 ?? crc32(bytes),
    size: declared?.size ?? bytes.length,
  };
}

function localHeader(member: TestMember, compressed: number): Buffer {
  const { method, flags, crc, size } = facts(member);
  const name = Buffer.from(member.name ?? "member");
  const bytes = Buffer.alloc(30);
  bytes.writeUInt32LE(0x04034b50, 0);
  bytes.writeUInt16LE(flags, 6);
  bytes.writeUInt16LE(method, 8);
  if (!member.descriptor) {
    [crc, compressed, size].forEach((n, i) => bytes.writeUInt32LE(n, 14 + 4 * i));
  }
  bytes.writeUInt16LE(name.length, 26);
  return Buffer.concat([bytes, name]);
}

function descriptor(member: TestMember, compressed: number): Buffer {
  if (!member.descriptor) return Buffer.alloc(0);
  const { crc, size } = facts(member);
  const bytes = Buffer.alloc(16);
  [0x08074b50, crc, compressed, size].forEach((n, i) => bytes.writeUInt32LE(n, 4 * i));
  return bytes;
}

function directoryHeader(member: TestMember, compressed: number, offset: number): Buffer {
  const { method, flags, crc, size } = facts(member);
  const name = Buffer.from(member.name ?? "member");
  const large = member.zip64 ? [size, compressed, offset] : [];
  const extra = Buffer.alloc(large.length === 0 ? 0 : 4 + 8 * large.length);
  if (extra.length > 0) {
    extra.writeUInt16LE(0x0001, 0);
    extra.writeUInt16LE(extra.length - 4, 2);
    large.forEach((n, i) => extra.writeBigUInt64LE(BigInt(n), 4 + 8 * i));
  }
  const small = (n: number) => member.zip64 ? 0xffffffff : n;
  const bytes = Buffer.alloc(46);
  bytes.writeUInt32LE(0x02014b50, 0);
  bytes.writeUInt16LE(flags, 8);
  bytes.writeUInt16LE(method, 10);
  [crc, small(compressed), small(size)].forEach((n, i) => bytes.writeUInt32LE(n, 16 + 4 * i));
  bytes.writeUInt16LE(name.length, 28);
  bytes.writeUInt16LE(extra.length, 30);
  bytes.writeUInt32LE(small(offset), 42);
  return Buffer.concat([bytes, name, extra]);
}

function end64(count: number, size: number, offset: number): Buffer {
  const bytes = Buffer.alloc(56 + 20);
  bytes.writeUInt32LE(0x06064b50, 0);
  bytes.writeBigUInt64LE(44n, 4);
  [count, count, size, offset].forEach((n, i) => bytes.writeBigUInt64LE(BigInt(n), 24 + 8 * i));
  bytes.writeUInt32LE(0x07064b50, 56);
  bytes.writeBigUInt64LE(BigInt(offset + size), 56 + 8);
  return bytes;
}

function end([count, size, offset]: readonly number[], comment = ""): Buffer {
  const bytes = Buffer.alloc(22);
  bytes.writeUInt32LE(0x06054b50, 0);
  bytes.writeUInt16LE(count! & 0xffff, 8);
  bytes.writeUInt16LE(count! & 0xffff, 10);
  bytes.writeUInt32LE(size!, 12);
  bytes.writeUInt32LE(offset!, 16);
  bytes.writeUInt16LE(comment.length, 20);
  return Buffer.concat([bytes, Buffer.from(comment, "latin1")]);
}
