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

/** ASCII text over all bytes that remain; trailing NUL and spaces are not significant. */
export const text: Codec<string> = {
  read: (from) => decodeAscii(from.slice()),
  write: (to, value) => void to.slice(encodeAscii(value)),
};

/** ASCII text in exactly `length` bytes, padded with spaces. */
export function ascii(length: number): Codec<string> {
  return {
    read: (from) => decodeAscii(from.slice(length)),
    write: (to, value) => void to.slice(encodeAscii(value.padEnd(length).slice(0, length))),
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

/** `codec` repeated until no bytes remain. */
export function many<T>(codec: Codec<T>): Codec<T[]> {
  return {
    read: (from) => {
      const values: T[] = [];
      while (from.remaining > 0) values.push(codec.read(from));
      return values;
    },
    write: (to, values) => values.forEach((value) => codec.write(to, value)),
  };
}

/** `codec` after its own length in bytes, written with `size`. */
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

function decodeAscii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes).replace(/[\0 ]+$/, "").trimStart();
}

function encodeAscii(value: string): Uint8Array {
  return Uint8Array.from(value, (character) => character.charCodeAt(0));
}
