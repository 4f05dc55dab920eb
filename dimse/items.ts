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
  /** @param found what the items of this type hold, in the order of the PDU */
  collect(found: readonly Uint8Array[]): T;
  spread(value: T): readonly Uint8Array[];
}

/** Most items at one level: 128 contexts, or what one context or the user information can hold. */
const MOST_ITEMS = 1024;

/** An item that must be there; of several, the first. */
export function one<T>(type: number, codec: Codec<T>): Item<T> {
  return {
    type,
    collect: ([first]) => {
      if (!first) throw new DicomError("bad-file", `Cannot read item ${hex(type)}: it is missing`);
      return codec.read(new ByteReader(first));
    },
    spread: (value) => [encode(codec, value)],
  };
}

/** Zero or one item of `type`; of several, the first. */
export function maybe<T>(type: number, codec: Codec<T>): Item<T | undefined> {
  return {
    type,
    collect: ([first]) => first && codec.read(new ByteReader(first)),
    spread: (value) => value === undefined ? [] : [encode(codec, value)],
  };
}

/** An item that is read as if it were empty where it is missing. */
export function orEmpty<T>(type: number, codec: Codec<T>): Item<T> {
  return {
    type,
    collect: ([first = new Uint8Array()]) => codec.read(new ByteReader(first)),
    spread: (value) => [encode(codec, value)],
  };
}

/**
 * Any number of items of `type`, in order.
 *
 * @param most of them that are read; DicomError `bad-file` beyond
 */
export function each<T>(type: number, codec: Codec<T>, most = MOST_ITEMS): Item<T[]> {
  return {
    type,
    collect: (found) => {
      if (found.length > most) {
        throw new DicomError("bad-file", `Cannot read items ${hex(type)}: more than ${most}`);
      }
      return found.map((bytes) => codec.read(new ByteReader(bytes)));
    },
    spread: (values) => values.map((value) => encode(codec, value)),
  };
}

const item = struct({
  type: u8,
  _reserved: reserved(1),
  value: sized(u16, rest),
});

const allItems = many(item, MOST_ITEMS);

type Values<F> = { [K in keyof F]: F[K] extends Item<infer T> ? T : never };

/** Typed items (PS3.8 Section 9.3.1): read in any order, unknown types skipped, written in order. */
export function items<F extends Record<string, Item<unknown>>>(
  fields: F,
): Codec<Values<F>> {
  const rows = Object.entries(fields);
  return {
    read: (from) => {
      const found = Map.groupBy(allItems.read(from), ({ type }) => type);
      return Object.fromEntries(
        rows.map(([name, field]) => [
          name,
          field.collect((found.get(field.type) ?? []).map(({ value }) => value)),
        ]),
      ) as Values<F>; // keys and values are those of `fields`
    },
    write: (to, value) => {
      for (const [name, field] of rows) {
        for (const bytes of field.spread(value[name])) {
          item.write(to, { type: field.type, value: bytes });
        }
      }
    },
  };
}

function hex(type: number): string {
  return `0x${type.toString(16).padStart(2, "0")}`;
}
