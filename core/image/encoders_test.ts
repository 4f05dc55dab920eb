import fc from "fast-check";
import assert from "node:assert/strict";
import { crc32, inflateSync } from "node:zlib";
import { encodePam } from "./encoders/pam.ts";
import { encodePng } from "./encoders/png.ts";
import { npyHeader, npyType } from "./encoders/npy.ts";
import { encodeMatlab } from "./encoders/matlab.ts";
import type { Raster } from "./raster.ts";

const rasters: fc.Arbitrary<Raster> = fc.record({
  width: fc.integer({ min: 1, max: 20 }),
  height: fc.integer({ min: 1, max: 20 }),
  channels: fc.constantFrom<1 | 3>(1, 3),
  wide: fc.boolean(),
  seed: fc.integer(),
}).map(({ width, height, channels, wide, seed }) => {
  const samples = new (wide ? Uint16Array : Uint8Array)(width * height * channels);
  for (let at = 0; at < samples.length; at++) samples[at] = Math.imul(seed + at, 0x9e3779b1) >>> 13;
  return { width, height, channels, samples };
});

/** The chunks of a PNG file, whose checksums must be right. */
function chunks(file: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const found = new Map<string, Uint8Array>();
  for (let at = 8; at < file.length;) {
    const length = view.getUint32(at);
    const body = file.subarray(at + 4, at + 8 + length);
    assert.equal(view.getUint32(at + 8 + length), crc32(body));
    found.set(String.fromCharCode(...body.subarray(0, 4)), body.subarray(4));
    at += 12 + length;
  }
  return found;
}

/** The samples of big endian bytes. */
function samplesOf(bytes: Uint8Array, wide: boolean): number[] {
  if (!wide) return [...bytes];
  return Array.from(
    { length: bytes.length / 2 },
    (_, at) => bytes[2 * at]! * 256 + bytes[2 * at + 1]!,
  );
}

Deno.test("encodePng() keeps every sample of 8 and 16 bits", () => {
  fc.assert(fc.property(rasters, (raster) => {
    const { width, height, channels, samples } = raster;
    const wide = samples instanceof Uint16Array;
    const found = chunks(encodePng(raster));
    assert.deepEqual([...found.keys()], ["IHDR", "IDAT", "IEND"]);
    const header = new DataView(found.get("IHDR")!.slice().buffer);
    assert.deepEqual([header.getUint32(0), header.getUint32(4)], [width, height]);
    assert.deepEqual([header.getUint8(8), header.getUint8(9)], [
      wide ? 16 : 8,
      channels === 1 ? 0 : 2,
    ]);
    const lines = inflateSync(found.get("IDAT")!);
    const stride = lines.length / height;
    const rows = Array.from({ length: height }, (_, row) => {
      const line = lines.subarray(row * stride, (row + 1) * stride);
      assert.equal(line[0], 0);
      return samplesOf(line.subarray(1), wide);
    });
    assert.deepEqual(rows.flat(), [...samples]);
  }));
});

Deno.test("PAM keeps every sample of 8 and 16 bits", () => {
  fc.assert(fc.property(rasters, (raster) => {
    const { width, height, channels, samples } = raster;
    const wide = samples instanceof Uint16Array;
    const file = encodePam(raster);
    const header = `P7\nWIDTH ${width}\nHEIGHT ${height}\nDEPTH ${channels}\nMAXVAL ${
      wide ? 65535 : 255
    }\nTUPLTYPE ${channels === 1 ? "GRAYSCALE" : "RGB"}\nENDHDR\n`;
    assert.equal(String.fromCharCode(...file.subarray(0, header.length)), header);
    assert.deepEqual(samplesOf(file.subarray(header.length), wide), [...samples]);
  }));
});

Deno.test("npyHeader() is aligned and as Orthanc writes it", () => {
  const header = npyHeader(npyType(new Float32Array(0)), [128, 128, 1], 7);
  assert.equal(header.length, 128);
  const text = String.fromCharCode(...header.subarray(10));
  assert.equal(
    text.trimEnd(),
    "{'descr': '<f4', 'fortran_order': False, 'shape': (7, 128,128,1), }",
  );
  assert.equal(text.at(-1), "\n");
  assert.deepEqual([...header.subarray(0, 10)], [0x93, 78, 85, 77, 80, 89, 1, 0, 118, 0]);
});

Deno.test("encodeMatlab() writes rows of gray values, and colours by their three sides", () => {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const size = { width: 2, height: 1 };
  const gray = encodeMatlab({
    kind: "gray",
    width: 1,
    height: 2,
    samples: Int16Array.of(-1, 2),
    inverted: false,
  });
  assert.equal(text(gray), "double([ -1 ; 2 ])");
  const color = encodeMatlab({ kind: "color", ...size, samples: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  assert.equal(
    text(color),
    "double(permute(reshape([ 1 2 3 4 5 6 ], [ 3 2 1 ]), [ 3 2 1 ]))",
  );
});
