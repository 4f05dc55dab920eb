import { Buffer } from "node:buffer";
import { createHmac, randomBytes } from "node:crypto";

/** New identifiers for old ones: the same for the same, with nothing to remember. */
export interface UidMap {
  /** The UID that takes the place of `uid`. */
  uid(uid: string): string;
  /** The patient identifier that takes the place of `patientId`: a UUID. */
  patient(patientId: string): string;
}

/** A secret for `createUidMap()`, as text. Who has it can tell whether a new identifier comes from an old one. */
export function newSecret(): string {
  return randomBytes(32).toString("base64");
}

/**
 * The map of a secret. A job that goes on after a restart, or does an instance once more, makes the same identifiers
 * again (UIDs by PS3.5 Section B.2, from bits that RFC 9562 Section 5.8 leaves to us).
 */
export function createUidMap(secret: string): UidMap {
  const key = Buffer.from(secret, "base64");
  const uuidOf = (kind: string, text: string): string => {
    const digest = createHmac("sha256", key).update(`${kind}\0${text}`).digest();
    const bytes = digest.subarray(0, 16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x80;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return bytes.toString("hex");
  };
  return {
    uid: (uid) => `2.25.${BigInt(`0x${uuidOf("uid", uid)}`)}`,
    patient: (patientId) =>
      uuidOf("patient", patientId).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
  };
}
