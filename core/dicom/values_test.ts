import assert from "node:assert/strict";
import fc from "fast-check";
import { dataSet, element, type Value } from "../../tests/support/dicom.ts";
import { defaultCharacterSets } from "./charset.ts";
import { DataSetBuilder } from "./data_set.ts";
import { DataSetScanner } from "./scanner.ts";
import { EXPLICIT_BIG_ENDIAN, EXPLICIT_LITTLE_ENDIAN } from "./transfer_syntax.ts";
import { formatDouble, hasText, valueText } from "./values.ts";
import { type Vr, VRS } from "./vr.ts";

const RUNS = { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 200) };

/** The text of one element, read back from its bytes. */
function textOf(vr: Vr, value: Value, encoding = EXPLICIT_LITTLE_ENDIAN): string | undefined {
  const defaultSets = defaultCharacterSets("Latin1");
  const sink = new DataSetBuilder(encoding, { defaultSets, maximumLength: 100 });
  const scanner = new DataSetScanner({ encoding, sink, vrOfTag: () => undefined });
  scanner.push(dataSet([element(0x00091001, vr, value)], encoding));
  scanner.end();
  return valueText(sink.root.elements[0]!, sink.root);
}

const TEXTS: readonly (readonly [vr: Vr, value: Value, text: string | undefined])[] = [
  ["AE", " AE ", " AE"],
  ["AT", [0x00100010, 0x7fe00010], "0010,0010\\7fe0,0010"],
  ["CS", "A\\B ", "A\\B"],
  ["CS", "", ""],
  ["CS", "  ", ""],
  ["DS", "1.50 ", "1.50"],
  ["FD", [0.1, -1e300], "0.10000000000000001\\-1.0000000000000001e+300"],
  ["FL", [0.1], "0.10000000149011612"],
  ["LO", "J\xe9r\xf4me", "Jérôme"],
  ["LO", "padded \0\0", "padded"],
  ["UI", "1.2.3", "1.2.3"],
  ["PN", "A^B=C ", "A^B=C"],
  ["SL", [-1, 2147483647], "-1\\2147483647"],
  ["SS", [-32768], "-32768"],
  ["SV", [-9223372036854775808n], "-9223372036854775808"],
  ["UL", [4294967295], "4294967295"],
  ["US", [0, 65535], "0\\65535"],
  ["UV", [18446744073709551615n], "18446744073709551615"],
  ["US", "", undefined],
  ["FD", Uint8Array.of(1, 2), undefined],
  ["US", Uint8Array.of(1, 0, 2), "1\\2"], // padded to even length by the writer
  ["AT", Uint8Array.of(8, 0), ""],
  ["OB", "ab", undefined],
  ["OW", "ab", undefined],
  ["OF", new Uint8Array(4), undefined],
  ["UN", "ab", undefined],
  ["UT", "x".repeat(101), undefined], // not kept
];

for (const [vr, value, text] of TEXTS) {
  const shown = typeof value === "string" ? value.slice(0, 12) : value;
  Deno.test(`valueText() of ${vr} ${Deno.inspect(shown)}`, () => {
    assert.equal(textOf(vr, value), text);
    if (typeof value !== "object" || !(value instanceof Uint8Array)) {
      assert.equal(textOf(vr, value, EXPLICIT_BIG_ENDIAN), text);
    }
  });
}

Deno.test("hasText() is false for what valueText() never shows", () => {
  const without = (Object.keys(VRS) as Vr[]).filter((vr) => !hasText(vr)).toSorted();
  assert.deepEqual(without, ["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "UN"]);
});

/** Values and what Python's `"%.17g" %` makes of them. */
const PRINTED: readonly (readonly [value: number, text: string])[] = [
  [0, "0"],
  [-0, "-0"],
  [NaN, "nan"],
  [Infinity, "inf"],
  [-Infinity, "-inf"],
  [0.1, "0.10000000000000001"],
  [100, "100"],
  [1e16, "10000000000000000"],
  [1e17, "1e+17"],
  [123456789012345678, "1.2345678901234568e+17"],
  [0.0001, "0.0001"],
  [0.00001, "1.0000000000000001e-05"],
  [0.00012345, "0.00012344999999999999"],
  [5e-324, "4.9406564584124654e-324"],
  [1.7976931348623157e308, "1.7976931348623157e+308"],
  [-2.5, "-2.5"],
  [9007199254740992, "9007199254740992"],
  [1e22, "1e+22"],
  [1e23, "9.9999999999999992e+22"],
  [4.35, "4.3499999999999996"],
  [-0.000001, "-9.9999999999999995e-07"],
  [72057594037927952, "72057594037927952"],
  [5.9604644775390625e-8, "5.9604644775390625e-08"],
];

for (const [value, text] of PRINTED) {
  Deno.test(`formatDouble() prints ${text}`, () => {
    assert.equal(formatDouble(value), text);
  });
}

/** `%.17g` by exact arithmetic: the digits of mantissa times a power of two, rounded half to even. */
function exactly(value: number): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(value));
  const exponentBits = bits.getUint16(0) >> 4;
  const fraction = bits.getBigUint64(0) & 0xfffffffffffffn;
  const mantissa = exponentBits === 0 ? fraction : fraction | 1n << 52n;
  const power = Math.max(exponentBits, 1) - 1075;
  const numerator = power > 0 ? mantissa << BigInt(power) : mantissa;
  const denominator = power < 0 ? 1n << BigInt(-power) : 1n;
  let exponent = Math.floor(Math.log10(Math.abs(value))) - 1;
  let digits = 0n;
  do {
    exponent++;
    const scale = 16 - exponent;
    const top = scale > 0 ? numerator * 10n ** BigInt(scale) : numerator;
    const bottom = scale < 0 ? denominator * 10n ** BigInt(-scale) : denominator;
    const twice = top % bottom * 2n;
    const up = twice > bottom || (twice === bottom && top / bottom % 2n === 1n);
    digits = top / bottom + (up ? 1n : 0n);
  } while (digits >= 10n ** 17n);
  return layOut(value < 0 ? "-" : "", String(digits), exponent);
}

/** Digits and exponent as C's `%g` lays them out. */
function layOut(sign: string, digits: string, exponent: number): string {
  const kept = digits.replace(/0+$/, "");
  if (exponent < -4 || exponent >= 17) {
    const mantissa = kept.length > 1 ? `${kept[0]}.${kept.slice(1)}` : kept;
    const power = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${power}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${kept}`;
  const whole = kept.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return kept.length > exponent + 1 ? `${sign}${whole}.${kept.slice(exponent + 1)}` : sign + whole;
}

Deno.test("formatDouble() agrees with exact arithmetic", () => {
  const numbers = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.tuple(fc.integer(), fc.integer({ min: 0, max: 70 })).map(([m, e]) => m / 2 ** e), // ties
  );
  const property = fc.property(numbers.filter((value) => value !== 0), (value) => {
    assert.equal(formatDouble(value), exactly(value));
  });
  fc.assert(property, RUNS);
});
