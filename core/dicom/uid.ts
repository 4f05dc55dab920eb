/** A new UID, derived from a random UUID (PS3.5 Section B.2). */
export function generateUid(): string {
  return `2.25.${BigInt(`0x${crypto.randomUUID().replaceAll("-", "")}`)}`;
}

/** Whether `text` is a UID (PS3.5 Section 9.1): at most 64 characters, no leading zeros. */
export function isUid(text: string): boolean {
  return text.length <= 64 && /^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/.test(text);
}
