import {
  type Codec,
  encode,
  many,
  reserved,
  rest,
  sized,
  struct,
  u16,
  u8,
} from "../core/bytes/codec.ts";
import { ByteReader } from "../core/bytes/reader.ts";
import { DicomError } from "../core/errors.ts";

/** How often an item of one type may occur, and what it holds. */
export interface Item<T> {
  readonly type: number;
  collect(found: Uint8Array[]): T;
  spread(value: T): Uint8Array[];
}

/** Exactly one item of `type`. */
export function one<T>(type: number, codec: Codec<T>): Item<T> {
  return {
    type,
    collect: ([first]) => {
      if (first === undefined) {
        throw new DicomError(
          "network",
          `Cannot read items: type 0x${hex(type)} is missing`,
        );
      }
      return codec.read(new ByteReader(first));
    },
    spread: (value) => [encode(codec, value)],
  };
}

/** Zero or one item of `type`. */
export function maybe<T>(type: number, codec: Codec<T>): Item<T | undefined> {
  return {
    type,
    collect: ([first]) => first && codec.read(new ByteReader(first)),
    spread: (value) => value === undefined ? [] : [encode(codec, value)],
  };
}

/** Any number of items of `type`, in order. */
export function each<T>(type: number, codec: Codec<T>): Item<T[]> {
  return {
    type,
    collect: (found) => found.map((bytes) => codec.read(new ByteReader(bytes))),
    spread: (values) => values.map((value) => encode(codec, value)),
  };
}

const item = struct({
  type: u8,
  _reserved: reserved(1),
  value: sized(u16, rest),
});

/** Typed items (PS3.8 Section 9.3.1): read in any order, unknown types skipped, written in order. */
export function items<F extends Record<string, Item<unknown>>>(
  fields: F,
): Codec<{ [K in keyof F]: F[K] extends Item<infer T> ? T : never }> {
  const all = many(item);
  return {
    read: (from) => {
      const found = all.read(from);
      return Object.fromEntries(
        Object.entries(fields).map(([name, field]) => [
          name,
          field.collect(
            found.filter(({ type }) => type === field.type).map(({ value }) => value),
          ),
        ]),
        // deno-lint-ignore no-explicit-any -- keys and values are those of `fields`
      ) as any;
    },
    write: (to, value) => {
      for (const [name, field] of Object.entries(fields)) {
        for (const bytes of field.spread(value[name])) {
          item.write(to, { type: field.type, value: bytes });
        }
      }
    },
  };
}

function hex(value: number): string {
  return value.toString(16).padStart(2, "0");
}
