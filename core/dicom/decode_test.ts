import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import {
  boundaries,
  dataSet,
  element,
  fragments,
  item,
  part10,
  type Piece,
  sequence,
} from "../../tests/support/dicom.ts";
import { countingSource, sparseSource } from "../../tests/support/sources.ts";
import { type ByteSource, memorySource } from "../bytes/source.ts";
import { DicomError } from "../errors.ts";
import { defaultCharacterSets } from "./charset.ts";
import { DataSetBuilder } from "./data_set.ts";
import { decodeFile, type DecodeOptions, readFully, readRange, readValue } from "./decode.ts";
import { TAG } from "./tag.ts";
import { EXPLICIT_LITTLE_ENDIAN, findTransferSyntax } from "./transfer_syntax.ts";

const DEFAULT_SETS = defaultCharacterSets("Latin1");
const DEFLATED = "1.2.840.10008.1.2.1.99";

/** Reads a file into a data set; values of more than 64 kB are left out. */
async function decode(
  source: ByteSource,
  options: Partial<Omit<DecodeOptions, "sink">> = {},
) {
  let builder: DataSetBuilder | undefined;
  const decoded = await decodeFile(source, {
    maximumInflated: 1e7,
    ...options,
    sink: ({ encoding }) =>
      builder = new DataSetBuilder(encoding, { defaultSets: DEFAULT_SETS, maximumLength: 65536 }),
  });
  return { ...decoded, dataSet: builder!.root };
}

const HEAD: readonly Piece[] = [
  element(TAG.sopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.7"),
  element(0x00081030, "LO", "Description"),
  sequence(0x00081140, [item([element(0x00081155, "UI", "1.2.3")], { undefinedLength: true })], {
    undefinedLength: true,
  }),
  sequence(0x00082112, [item([element(0x00081155, "UI", "1.2.3")]), item([])]),
  element(TAG.patientName, "PN", "Doe^John"),
];
const NATIVE = [...HEAD, element(TAG.pixelData, "OW", new Uint8Array(64).fill(7))];
const ENCAPSULATED = [...HEAD, fragments([new Uint8Array(4), new Uint8Array(40).fill(7)])];

const FILES: Readonly<Record<string, readonly [uid: string, pieces: readonly Piece[]]>> = {
  "implicit VR": ["1.2.840.10008.1.2", NATIVE],
  "explicit VR": ["1.2.840.10008.1.2.1", NATIVE],
  "big endian": ["1.2.840.10008.1.2.2", NATIVE],
  "encapsulated": ["1.2.840.10008.1.2.4.50", ENCAPSULATED],
  "deflated": [DEFLATED, NATIVE],
};

for (const [name, [syntax, pieces]] of Object.entries(FILES)) {
  const file = part10({ pieces, syntax });

  Deno.test(`decodeFile() reads the same however few bytes the source gives: ${name}`, async () => {
    const texts = async (source: ByteSource) => {
      const { dataSet: { elements } } = await decode(source);
      return elements.map(({ tag, offset, bytes }) => [tag, offset, bytes && [...bytes]]);
    };
    const expected = await texts(memorySource(file));
    assert.equal(expected.length, HEAD.length + 1);
    for (const most of [1, 7, 100]) {
      assert.deepEqual(await texts(countingSource(file, most)), expected);
    }
  });

  Deno.test(`decodeFile() refuses a file that is cut anywhere but between elements: ${name}`, async () => {
    const { deflated, ...encoding } = findTransferSyntax(syntax)!;
    const start = file.length - (deflated ? 0 : dataSet(pieces, encoding).length);
    const ends = deflated ? [] : [0, ...boundaries(pieces, encoding)].map((end) => start + end);
    // One zero could be padding: in big endian so does the next tag begin.
    const padded = ends.filter((end) => file[end] === 0).map((end) => end + 1);
    const whole = new Set([...META_ENDS, ...ends, ...padded]);
    for (let end = 0; end < file.length; end++) {
      const reading = decode(memorySource(file.subarray(0, end)));
      if (whole.has(end)) await reading;
      else await assert.rejects(reading, { name: "DicomError", code: "bad-file" }, `at ${end}`);
    }
    await decode(memorySource(file));
  });
}

/** Where elements of group 0002 end in the files above, up to the transfer syntax; "DICM" ends at 132. */
const META_ENDS = (() => {
  const meta = [
    element(TAG.fileMetaGroupLength, "UL", [0]),
    element(0x00020001, "OB", "  "),
    element(TAG.mediaStorageSopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.7"),
    element(TAG.mediaStorageSopInstanceUid, "UI", "1.2.3.4.5"),
  ];
  return [0, ...boundaries(meta, EXPLICIT_LITTLE_ENDIAN)].map((end) => 132 + end);
})();

Deno.test("decodeFile() stops in front of the element it is told to, and looks at nothing behind", async () => {
  const file = part10({ pieces: NATIVE }).subarray(0, -66);
  const { stopped, dataSet } = await decode(memorySource(file), {
    stopBefore: (tag) => tag === TAG.pixelData,
  });
  assert.equal(stopped, true);
  assert.equal(dataSet.elements.length, HEAD.length);
});

Deno.test("decodeFile() stops in a deflated data set too", async () => {
  const pieces = [
    ...HEAD,
    element(TAG.pixelData, "OW", randomBytes(60000)),
  ];
  const source = countingSource(part10({ pieces, syntax: DEFLATED }), 1000);
  const { stopped } = await decode(source, { stopBefore: (tag) => tag === TAG.pixelData });
  assert.equal(stopped, true);
});

Deno.test("decodeFile() reads less than 1 MB of a multi-frame image of 1 GB", async () => {
  const length = 1 << 30;
  const pieces = [...HEAD, element(TAG.pixelData, "OW", "", { length })];
  const head = part10({ pieces });
  const source = sparseSource(head, head.length + length);
  const { dataSet } = await decode(source);
  assert.equal(dataSet.get(TAG.pixelData)?.length, length);
  assert.ok(source.bytesRead < 1_000_000, `${source.bytesRead} bytes`);
});

Deno.test("decodeFile() reads little between large fragments", async () => {
  const parts = Array.from({ length: 50 }, () => new Uint8Array(200_000));
  const source = countingSource(
    part10({ pieces: [...HEAD, fragments(parts)], syntax: "1.2.840.10008.1.2.4.50" }),
  );
  const { dataSet } = await decode(source);
  assert.equal(dataSet.get(TAG.pixelData)?.fragments?.length, 50);
  assert.ok(source.bytesRead < 1_000_000, `${source.bytesRead} bytes`);
});

Deno.test("decodeFile() refuses a value longer than the file before it reads on", async () => {
  const pieces = [
    ...HEAD,
    element(TAG.pixelData, "OW", new Uint8Array(1000), { length: 0x7ffffffe }),
  ];
  const source = countingSource(part10({ pieces }));
  await assert.rejects(decode(source), { name: "DicomError", code: "bad-file" });
  assert.ok(source.bytesRead <= source.size);
});

Deno.test("decodeFile() refuses a data set that inflates to more than is allowed", async () => {
  const pieces = [...HEAD, element(TAG.pixelData, "OW", new Uint8Array(5_000_000))];
  const file = part10({ pieces, syntax: DEFLATED });
  assert.ok(file.length < 50_000);
  await decode(memorySource(file));
  const reading = decode(memorySource(file), { maximumInflated: 4_000_000 });
  await assert.rejects(reading, { name: "DicomError", code: "bad-file" });
});

Deno.test("decodeFile() accepts the byte that pads a deflated data set (PS3.5 Section A.5)", async () => {
  const file = Buffer.concat([part10({ pieces: NATIVE, syntax: DEFLATED }), Buffer.alloc(1)]);
  const { dataSet } = await decode(memorySource(file));
  assert.equal(dataSet.elements.length, NATIVE.length);
});

Deno.test("decodeFile() refuses a damaged deflate stream, however it comes", async () => {
  const file = part10({ pieces: NATIVE, syntax: DEFLATED });
  const noise = randomBytes(60_000).fill(0xff, 0, 8);
  const damaged = Buffer.concat([file.subarray(0, -100), noise]);
  for (const most of [1000, Infinity]) {
    await assert.rejects(decode(countingSource(damaged, most)), {
      name: "DicomError",
      code: "bad-file",
    });
  }
});

Deno.test("decodeFile() keeps a failure of the source", async () => {
  const failure = new DicomError("missing-file", "Cannot read file: gone");
  for (const syntax of [DEFLATED, EXPLICIT_LITTLE_ENDIAN.uid]) {
    const pieces = [
      ...HEAD,
      element(TAG.pixelData, "OW", randomBytes(65000)),
      ...HEAD,
    ];
    const bytes = part10({ pieces: [...pieces, ...pieces, ...pieces], syntax });
    let reads = 0;
    const source: ByteSource = {
      size: bytes.length,
      read: (at, length) =>
        reads++ === 0 ? Promise.resolve(bytes.subarray(at, at + length)) : Promise.reject(failure),
    };
    await assert.rejects(decode(source), failure);
  }
});

Deno.test("readValue() gives the bytes of a value, plain or deflated", async () => {
  const pixels = randomBytes(100_000);
  for (const syntax of [EXPLICIT_LITTLE_ENDIAN.uid, DEFLATED]) {
    const file = part10({ pieces: [...HEAD, element(TAG.pixelData, "OW", pixels)], syntax });
    const source = countingSource(file, 5000);
    const { meta, dataSet } = await decode(source);
    const { valueOffset } = dataSet.get(TAG.pixelData)!;
    for (
      const [from, length] of [[0, 100_000], [0, 0], [0, 1], [40_000, 30_000], [99_999, 1]] as const
    ) {
      const range = { meta, offset: valueOffset + from, length };
      const parts = await Array.fromAsync(readValue(source, range));
      assert.deepEqual(Buffer.concat(parts), Buffer.from(pixels.subarray(from, from + length)));
    }
  }
});

Deno.test("readRange() and readFully() fail on a source that ends early", async () => {
  const short: ByteSource = {
    size: 100,
    read: (at) => Promise.resolve(new Uint8Array(at < 50 ? 10 : 0)),
  };
  await assert.rejects(Array.fromAsync(readRange(short, 0, 100)), { code: "corrupted-file" });
  await assert.rejects(readFully(short, 0, 100), { code: "bad-file" });
  assert.equal((await readFully(short, 0, 50)).length, 50);
});
