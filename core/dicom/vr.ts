/** How the values of a VR are to be read (PS3.5 Section 6.2). */
export type ValueKind =
  /** Text in the default repertoire. */
  | "ascii"
  /** Text in the Specific Character Set; `\` separates values. */
  | "text"
  /** Text in the Specific Character Set, one value, `\` is a character. */
  | "longText"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float32"
  | "float64"
  /** Attribute tags: pairs of 16-bit numbers. */
  | "tag"
  /** Bytes, swapped in units of `unit`. */
  | "binary"
  | "sequence";

/** A row of the table of VRs. */
export interface VrInfo {
  /** Whether explicit VR encoding has two reserved bytes and a 32-bit length (PS3.5 Table 7.1-1). */
  readonly longLength: boolean;
  readonly kind: ValueKind;
  /** Bytes of one number, the unit of byte order; 1 for text. */
  readonly unit: 1 | 2 | 4 | 8;
  /** Byte that makes the length even (PS3.5 Section 6.2). */
  readonly padding: 0x00 | 0x20;
}

const short = (kind: ValueKind, unit: 1 | 2 | 4 | 8 = 1, padding: 0x00 | 0x20 = 0x20): VrInfo => ({
  longLength: false,
  kind,
  unit,
  padding: unit === 1 ? padding : 0x00,
});
const long = (kind: ValueKind, unit: 1 | 2 | 4 | 8 = 1, padding: 0x00 | 0x20 = 0x00): VrInfo => ({
  longLength: true,
  kind,
  unit,
  padding,
});

/** PS3.5 Tables 6.2-1, 7.1-1 and 7.1-2: every VR. */
export const VRS = {
  AE: short("ascii"),
  AS: short("ascii"),
  AT: short("tag", 2),
  CS: short("ascii"),
  DA: short("ascii"),
  DS: short("ascii"),
  DT: short("ascii"),
  FD: short("float64", 8),
  FL: short("float32", 4),
  IS: short("ascii"),
  LO: short("text"),
  LT: short("longText"),
  OB: long("binary"),
  OD: long("binary", 8),
  OF: long("binary", 4),
  OL: long("binary", 4),
  OV: long("binary", 8),
  OW: long("binary", 2),
  PN: short("text"),
  SH: short("text"),
  SL: short("int32", 4),
  SQ: long("sequence"),
  SS: short("int16", 2),
  ST: short("longText"),
  SV: long("int64", 8),
  TM: short("ascii"),
  UC: long("text", 1, 0x20),
  UI: short("ascii", 1, 0x00),
  UL: short("uint32", 4),
  UN: long("binary"),
  UR: long("ascii", 1, 0x20),
  US: short("uint16", 2),
  UT: long("longText", 1, 0x20),
  UV: long("uint64", 8),
} as const satisfies Record<string, VrInfo>;

/** A value representation, by its two letters. */
export type Vr = keyof typeof VRS;

/** The VR whose two letters have these character codes; undefined for anything else. */
export function vrOf(first: number, second: number): Vr | undefined {
  return BY_CODE[(first << 8) | second];
}

/** The properties of `vr`. */
export function vrInfo(vr: Vr): VrInfo {
  return VRS[vr];
}

/** By the codes of both letters: a list, as that is quicker than a map. */
const BY_CODE: readonly (Vr | undefined)[] = (() => {
  const list = Array<Vr | undefined>(0x5b5b);
  for (const vr of Object.keys(VRS) as Vr[]) list[(vr.charCodeAt(0) << 8) | vr.charCodeAt(1)] = vr;
  return list;
})();
