import { DicomError } from "../errors.ts";
import { ByteReader } from "./reader.ts";
import { ByteWriter } from "./writer.ts";

/** One wire value, declared once and used in both directions. */
export interface Codec<T> {
  read(from: ByteReader): T;
  write(to: ByteWriter, value: T): void;
}

export type ValueOf<C> = C extends Codec<infer T> ? T : never;

type Fields = Record<string, Codec<unknown>>;
type Named<F extends Fields> = {
  [K in keyof F as K extends `_${string}` ? never : K]: ValueOf<F[K]>;
};

export const u8: Codec<number> = {
  read: (from) => from.u8(),
  write: (to, value) => void to.u8(value),
};

export const u16: Codec<number> = {
  read: (from) => from.u16(),
  write: (to, value) => void to.u16(value),
};

export const u32: Codec<number> = {
  read: (from) => from.u32(),
  write: (to, value) => void to.u32(value),
};

/** All bytes that remain. */
export const rest: Codec<Uint8Array> = {
  read: (from) => from.slice(),
  write: (to, value) => void to.slice(value),
};

/** Text over all bytes that remain, one byte for each character; padding is not part of it. */
export const text: Codec<string> = {
  read: (from) => decodeAscii(from.slice()),
  write: (to, value) => void to.slice(encodeAscii(value)),
};

/** Text in exactly `length` bytes, cut or padded with spaces. */
export function ascii(length: number): Codec<string> {
  return {
    read: (from) => decodeAscii(from.slice(length)),
    write: (to, value) => {
      const bytes = new Uint8Array(length).fill(0x20);
      bytes.set(encodeAscii(value).subarray(0, length));
      to.slice(bytes);
    },
  };
}

/** `length` bytes sent as zero and not tested when received. */
export function reserved(length: number): Codec<undefined> {
  return {
    read: (from) => void from.slice(length),
    write: (to) => void to.slice(new Uint8Array(length)),
  };
}

/** Fields one after the other; names that start with `_` are not part of the value. */
export function struct<F extends Fields>(fields: F): Codec<Named<F>> {
  const entries = Object.entries(fields);
  return {
    read: (from) => {
      const read = entries.map(([name, codec]) => [name, codec.read(from)] as const);
      return Object.fromEntries(
        read.filter(([name]) => !name.startsWith("_")),
      ) as Named<F>;
    },
    write: (to, value) => {
      for (const [name, codec] of entries) {
        codec.write(to, (value as Record<string, unknown>)[name]);
      }
    },
  };
}

/** `head` and `tail` one after the other, as one flat value. */
export function join<A, B>(head: Codec<A>, tail: Codec<B>): Codec<A & B> {
  return {
    read: (from) => ({ ...head.read(from), ...tail.read(from) }),
    write: (to, value) => {
      head.write(to, value);
      tail.write(to, value);
    },
  };
}

/**
 * `codec` repeated until no bytes remain.
 *
 * @param most of them that are read; DicomError `bad-file` beyond
 */
export function many<T>(codec: Codec<T>, most = 65_536): Codec<T[]> {
  return {
    read: (from) => {
      const values: T[] = [];
      while (from.remaining > 0) {
        if (values.length === most) {
          throw new DicomError("bad-file", `Cannot read list: more than ${most} entries`);
        }
        values.push(codec.read(from));
      }
      return values;
    },
    write: (to, values) => values.forEach((value) => codec.write(to, value)),
  };
}

/** `codec` after its own length in bytes, written with `size`; what it leaves unread is skipped. */
export function sized<T>(size: Codec<number>, codec: Codec<T>): Codec<T> {
  return {
    read: (from) =>
      codec.read(
        new ByteReader(from.slice(size.read(from)), from.littleEndian),
      ),
    write: (to, value) => {
      const body = new ByteWriter(to.littleEndian);
      codec.write(body, value);
      size.write(to, body.take().length);
      to.slice(body.take());
    },
  };
}

/** `value` as bytes of its own. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const to = new ByteWriter();
  codec.write(to, value);
  return to.take();
}

/** The text of `bytes`, one character each, without outer spaces and trailing NULs. */
export function decodeAscii(bytes: Uint8Array): string {
  let characters = "";
  for (const byte of bytes) characters += String.fromCharCode(byte);
  return characters.replace(/[\0 ]+$/, "").replace(/^ +/, "");
}

const QUESTION_MARK = 0x3f;

/** One byte for each character of `value`; `?` for those beyond U+00FF. */
export function encodeAscii(value: string): Uint8Array {
  const bytes = new Uint8Array(value.length);
  let length = 0;
  for (const character of value) {
    const code = character.codePointAt(0)!;
    bytes[length++] = code > 0xff ? QUESTION_MARK : code;
  }
  return bytes.subarray(0, length);
}
