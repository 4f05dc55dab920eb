/** Decodes bytes to text, ASCII as itself; what has no meaning becomes U+FFFD; never throws. */
export type Decode = (bytes: Uint8Array) => string;

/** What is active in the code areas, by name: G0 for bytes below 80, G1 for the others (ISO/IEC 2022). */
export interface CodeElements {
  readonly g0: G0;
  /** Decodes whole text: an element of G1 together with ASCII. */
  readonly g1: Decode;
}

/** A code element of G0. */
export interface G0 {
  /** Whether a character is two bytes, so that a delimiter's code may be the half of one. */
  readonly wide: boolean;
  /** Text of `bytes`, which have no control characters if `wide`; `g1` decodes those from 80. */
  decode(bytes: Uint8Array, g1: Decode): string;
}

const REPLACEMENT = 0xfffd;
/** Arguments of one call of `String.fromCharCode`. */
const CHUNK = 4096;

/** Text of bytes that are its code points: ASCII, ISO-IR 100 and the C1 controls. */
export function decodeLatin1(bytes: Uint8Array): string {
  if (bytes.length <= CHUNK) return Reflect.apply(String.fromCharCode, null, bytes);
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += Reflect.apply(String.fromCharCode, null, bytes.subarray(at, at + CHUNK));
  }
  return text;
}

/** Text of bytes of which only ASCII has a meaning (ISO-IR 6). */
export const decodeAscii: Decode = table(() => []);

/** The code elements of G1, by ISO-IR number, and those with no number by name (PS3.3 Section C.12.1.1.2). */
export const G1 = {
  13: platform("shift_jis"), // whose single bytes are JIS X 0201; its pairs occur in the field
  58: platform("gbk"), // GB 2312 and its extension
  100: decodeLatin1,
  101: table(() => upperHalf("iso-8859-2")),
  109: table(() => upperHalf("iso-8859-3")),
  110: table(() => upperHalf("iso-8859-4")),
  126: table(() => upperHalf("iso-8859-7")),
  127: table(() => upperHalf("iso-8859-6")),
  138: table(() => upperHalf("iso-8859-8")),
  144: table(() => upperHalf("iso-8859-5")),
  148: table(() => upperHalf("iso-8859-9")),
  149: platform("euc-kr"), // KS X 1001 and its extension
  166: table(() => upperHalf("iso-8859-11")),
  203: table(() => upperHalf("iso-8859-15")),
  windows1251: table(() => upperHalf("windows-1251", 0x80)),
  utf8: platform("utf-8"),
  gb18030: platform("gb18030"),
} as const satisfies Record<string, Decode>;

/** ISO-IR 6. */
export const ASCII: G0 = { wide: false, decode: (bytes, g1) => g1(bytes) };

/** ISO-IR 14, JIS X 0201 Romaji: an overline for the tilde. 5C, a yen sign there, stays the delimiter `\`. */
export const ROMAJI: G0 = {
  wide: false,
  decode: (bytes, g1) => g1(bytes).replaceAll("~", "\u203e"),
};

/** ISO-IR 87, JIS X 0208: in EUC-JP, each byte with its high bit. */
export const KANJI: G0 = wide([]);

/** ISO-IR 159, JIS X 0212: in EUC-JP, the pair after 8F. */
export const SUPPLEMENTARY_KANJI: G0 = wide([0x8f]);

/** Escape sequences without their ESC, and what each makes active (PS3.3 Tables C.12-3 and C.12-4). */
export const ESCAPES: ReadonlyMap<string, Partial<CodeElements>> = new Map([
  ["(B", { g0: ASCII }],
  ["(J", { g0: ROMAJI }],
  [")I", { g1: G1[13] }],
  ["-A", { g1: G1[100] }],
  ["-B", { g1: G1[101] }],
  ["-C", { g1: G1[109] }],
  ["-D", { g1: G1[110] }],
  ["-F", { g1: G1[126] }],
  ["-G", { g1: G1[127] }],
  ["-H", { g1: G1[138] }],
  ["-L", { g1: G1[144] }],
  ["-M", { g1: G1[148] }],
  ["-T", { g1: G1[166] }],
  ["-b", { g1: G1[203] }],
  ["$@", { g0: KANJI }], // the edition of 1978
  ["$B", { g0: KANJI }],
  ["$(D", { g0: SUPPLEMENTARY_KANJI }],
  ["$)A", { g1: G1[58] }],
  ["$)C", { g1: G1[149] }],
]);

/** A decoder of the platform, made when first needed. */
function platform(label: string): Decode {
  let decoder: TextDecoder | undefined;
  return (bytes) => (decoder ??= new TextDecoder(label, { ignoreBOM: true })).decode(bytes);
}

/** A decoder of single bytes; `half` has the codes of 80 to FF. */
function table(half: () => ArrayLike<number>): Decode {
  let codes: Uint16Array | undefined;
  return (bytes) => {
    codes ??= fullTable(half());
    let text = "";
    for (let at = 0; at < bytes.length; at++) text += String.fromCharCode(codes[bytes[at]!]!);
    return text;
  };
}

function fullTable(half: ArrayLike<number>): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    return byte < 0x80 ? byte : half[byte - 0x80] ?? REPLACEMENT;
  });
}

/** The codes of 80 to FF; below `from`, where the platform has those of Windows, C1 controls. */
function upperHalf(label: string, from = 0xa0): Uint16Array {
  const bytes = Uint8Array.from({ length: 0x80 }, (_, index) => index + 0x80);
  const text = new TextDecoder(label).decode(bytes);
  return Uint16Array.from(bytes, (byte) => byte < from ? byte : text.charCodeAt(byte - 0x80));
}

const decodeEucJp = platform("euc-jp");

/** An element of 94 × 94 characters; in EUC-JP, each comes after `prefix`. */
function wide(prefix: readonly number[]): G0 {
  return {
    wide: true,
    decode(bytes, g1) {
      let text = "";
      for (let at = 0; at < bytes.length;) {
        const end = endOfRun(bytes, at);
        const run = bytes.subarray(at, end);
        text += bytes[at]! < 0x80 ? decodeEucJp(toEuc(run, prefix)) : g1(run);
        at = end;
      }
      return text;
    },
  };
}

/** The end of the run from `at` of bytes on the same side of 80. */
function endOfRun(bytes: Uint8Array, at: number): number {
  const upper = bytes[at]! >= 0x80;
  let end = at + 1;
  while (end < bytes.length && bytes[end]! >= 0x80 === upper) end++;
  return end;
}

/** Pairs in EUC-JP; space and DEL stand outside the 94 × 94 characters. */
function toEuc(run: Uint8Array, prefix: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  let first = true;
  for (const byte of run) {
    const inside = byte > 0x20 && byte < 0x7f;
    if (inside && first) bytes.push(...prefix);
    bytes.push(inside ? byte | 0x80 : byte);
    first = !inside || !first;
  }
  return Uint8Array.from(bytes);
}
