import { Buffer } from "node:buffer";
import { createHash, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { DicomError } from "./errors.ts";

/** Cost of a scrypt hash (RFC 7914 Section 2): N is 2^`ln`; memory is 128·N·r bytes. */
interface ScryptCost {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** A stored hash, read from its text form. */
interface ScryptHash extends ScryptCost {
  readonly salt: Uint8Array;
  readonly key: Uint8Array;
}

const COST: ScryptCost = { ln: 15, r: 8, p: 1 };
const SALT_BYTES = 16;
const KEY_BYTES = 32;

/** What a stored hash may ask of this process: at most 128 MiB and a second or so. */
const LIMITS = { ln: 17, r: 8, p: 4, bytes: 64 } as const;
const MEMORY_BYTES = 160 * 1024 * 1024;
const PASSWORD_CHARACTERS = 1024;
const TEXT_CHARACTERS = 256;

const PREFIX = "$scrypt$";
const FORM =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)={0,2}\$([A-Za-z0-9+/]+)={0,2}$/;

/**
 * Hash of a password, to be stored: `$scrypt$ln=15,r=8,p=1$<salt>$<key>`, salt and key in base64 without padding
 * (the PHC string format; RFC 7914). Takes about 0.1 s and 32 MiB, off the event loop.
 * @throws DicomError `bad-request` if `clear` is empty or longer than 1024 characters
 */
export async function hashPassword(clear: string): Promise<string> {
  if (clear === "" || clear.length > PASSWORD_CHARACTERS) {
    const fact = `it must have 1 to ${PASSWORD_CHARACTERS} characters`;
    throw new DicomError("bad-request", `Cannot hash the password: ${fact}`);
  }
  const salt = randomBytes(SALT_BYTES);
  const key = await deriveKey(clear, { ...COST, salt, key: new Uint8Array(KEY_BYTES) });
  const { ln, r, p } = COST;
  return `${PREFIX}ln=${ln},r=${r},p=${p}$${base64(salt)}$${base64(key)}`;
}

/**
 * Whether `clear` is the password that is stored, as a hash or in clear, in a time that does not depend on where
 * they differ. A malformed hash, or one that asks for too much time or memory, matches nothing.
 */
export async function verifyPassword(clear: string, stored: string): Promise<boolean> {
  if (clear.length > PASSWORD_CHARACTERS) return false;
  if (!stored.startsWith(PREFIX)) return timingSafeEqual(digest(clear), digest(stored));
  const hash = parseHash(stored);
  return hash !== undefined && timingSafeEqual(await deriveKey(clear, hash), hash.key);
}

/** Whether `stored` can match a password: it is in clear and not empty, or a hash of bearable cost. */
export function isUsablePassword(stored: string): boolean {
  if (stored.startsWith(PREFIX)) return parseHash(stored) !== undefined;
  return stored !== "" && stored.length <= PASSWORD_CHARACTERS;
}

function parseHash(stored: string): ScryptHash | undefined {
  const match = stored.length <= TEXT_CHARACTERS ? FORM.exec(stored) : null;
  if (match === null) return undefined;
  const [ln, r, p] = match.slice(1, 4).map(Number) as [number, number, number]; // the form has three numbers
  const [salt, key] = match.slice(4, 6).map((text) => Buffer.from(text, "base64")) as [
    Buffer,
    Buffer,
  ];
  const isCostly = ln > LIMITS.ln || r > LIMITS.r || p > LIMITS.p;
  const isTrivial = ln < 1 || r < 1 || p < 1 || salt.length < 8 || key.length < 16;
  if (isCostly || isTrivial || salt.length > LIMITS.bytes || key.length > LIMITS.bytes) {
    return undefined;
  }
  return { ln, r, p, salt, key };
}

/** The key of `clear` with the salt, cost and key length of `hash`. */
function deriveKey(clear: string, hash: ScryptHash): Promise<Uint8Array> {
  const options = { N: 2 ** hash.ln, r: hash.r, p: hash.p, maxmem: MEMORY_BYTES };
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  scrypt(normalize(clear), hash.salt, hash.key.length, options, (error, key) => {
    if (error === null) resolve(key);
    else reject(error);
  });
  return promise;
}

/** Keyboards differ in how they compose letters (RFC 8265 Section 4.2). */
function normalize(clear: string): string {
  return clear.normalize("NFC");
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(normalize(text)).digest();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}
