import { isIP } from "node:net";
import * as z from "zod";

const CHARACTERS = 4096;
const ITEMS = 10_000;
/** The longest that a timer can wait (2^31 - 1 ms). */
const SECONDS = 2_147_483;
/** As bytes, still an exact number. */
const MEGABYTES = 2 ** 33;

/** A switch. */
export const flag = z.boolean().describe("true or false");

/** A whole number within bounds. */
export function integer(from: number, to: number): z.ZodInt {
  return z.int().min(from).max(to).describe(`whole number, ${from} to ${to}`);
}

/** A count or capacity where zero means none or unlimited. */
export const count = integer(0, 2_147_483_647);

/** A TCP port; 0 is any free one. */
export const port = integer(0, 65_535);

/** A duration in seconds, `from` on. */
export function seconds(from = 0): z.ZodInt {
  return integer(from, SECONDS).describe(`seconds, ${from} to ${SECONDS}`);
}

/** A size in MB of 2^20 bytes, `from` on. */
export function megabytes(from = 0): z.ZodInt {
  return integer(from, MEGABYTES).describe(`MB, ${from} to ${MEGABYTES}`);
}

/** Any text of bearable length. */
export const text = z.string().max(CHARACTERS).describe("text");

/** A path of a file or folder; relative ones start at the folder of the configuration file. */
export const path = z.string().max(CHARACTERS).regex(/^[^\0]*$/, "expected a path").describe(
  "path",
);

/** A UID (PS3.5 Section 9.1). */
export const uid = z.string().max(64).regex(/^[0-9]+(\.[0-9]+)*$/, "expected a UID").describe(
  "UID",
);

/** A UID, where `*` stands for any characters and `?` for one. */
export const uidPattern = z.string().max(64).regex(
  /^[0-9.*?]+$/,
  "expected a UID, may hold * and ?",
).describe(
  "UID, may hold * and ?",
);

/** An AE title: at most 16 characters, not only spaces (PS3.5 Section 6.2). */
export const aeTitle = z.string().regex(
  /^(?=.*[^ ])[\x20-\x5b\x5d-\x7e]{1,16}$/,
  "expected an AE title of 1 to 16 characters",
)
  .transform((title) => title.trim())
  .describe("AE title, 1 to 16 characters");

/** A host name or IP address. */
export const host = z.string().max(253).regex(
  /^[A-Za-z0-9_.:%[\]-]+$/,
  "expected a host name or IP address",
).describe(
  "host name or IP address",
);

/** An IP address. */
export const ipAddress = z.string().refine((value) => isIP(value) !== 0, "expected an IP address")
  .describe("IP address");

/** One of some words. */
export function oneOf<const W extends readonly [string, ...string[]]>(
  words: W,
): z.ZodEnum<{ [K in W[number]]: K }> {
  return z.enum(words).describe(`one of ${words.join(", ")}`);
}

/** A list of things. */
export function list<S extends z.ZodType>(item: S): z.ZodArray<S> {
  return z.array(item).max(ITEMS).describe(`list of: ${item.description}`);
}

/** What `schema` takes, or nothing. */
export function optional<S extends z.ZodType>(schema: S): z.ZodOptional<S> {
  return schema.optional().describe(schema.description ?? "");
}

/** Things by the names that the user gives them; the object has no prototype, so any name may be looked up. */
export function named<S extends z.ZodType>(value: S) {
  return z.record(z.string().min(1).max(256), value)
    .transform((record): Readonly<Record<string, z.output<S>>> =>
      Object.assign(Object.create(null), record)
    )
    .describe(`object, name to: ${value.description}`);
}

/** User metadata and attachments are numbered 1024 to 65535 (as in Orthanc). */
export const userNumber = integer(1024, 65_535);

/** Metadata of the user's own: names and their numbers, each number once. */
export const userMetadata = named(userNumber)
  .refine((numbers) => areDistinct(Object.values(numbers)), "expected each number once")
  .describe("object, name to whole number from 1024 to 65535");

/** Attachments of the user's own: a number, or a number and a media type, by name. */
export const userContentType = named(
  z.preprocess(
    (value) => Array.isArray(value) ? value : [value, "application/octet-stream"],
    z.tuple([userNumber, z.string().min(1).max(256)]),
  ).transform(([number, mediaType]) => ({ number, mediaType })),
).refine(
  (types) => areDistinct(Object.values(types).map(({ number }) => number)),
  "expected each number once",
).describe("object, name to whole number from 1024 to 65535, or to [number, media type]");

/** A section of options of one of Orthanc's plugins, not looked into. */
export const section = z.unknown().describe("object");

function areDistinct(numbers: readonly number[]): boolean {
  return new Set(numbers).size === numbers.length;
}
