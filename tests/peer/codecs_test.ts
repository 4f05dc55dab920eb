import assert from "node:assert/strict";
import { bytesOf, createTranscoder } from "../../core/archive/transcoding.ts";
import { memorySource } from "../../core/bytes/source.ts";
import { defaultCharacterSets } from "../../core/dicom/charset.ts";
import { readFrame } from "../../core/image/frames.ts";
import { collect } from "../support/collect.ts";
import { run } from "../support/dcmtk.ts";
import { createLocalWorkers } from "../support/image_workers.ts";
import { imageFile, openImage } from "../support/images.ts";
import { peerTest } from "../support/peer.ts";
import { type Kind, KINDS, phantom } from "../support/phantom.ts";

const NATIVE = "1.2.840.10008.1.2.1";
const GRAY_AND_COLOR = [
  "8 bits",
  "12 bits",
  "12 bits signed",
  "16 bits",
  "16 bits signed",
  "RGB",
] as const satisfies readonly Kind[];

/** A program with the options that come before the names of its files. */
type Program = readonly [name: string, ...options: string[]];

/** How peers compress, and how the same peer decompresses. */
const COMPRESSED: readonly {
  readonly by: Program;
  readonly syntax: string;
  readonly back: Program;
  readonly kinds?: readonly Kind[];
}[] = [
  { by: ["dcmcrle"], syntax: "1.2.840.10008.1.2.5", back: ["dcmdrle"] },
  { by: ["gdcmconv", "--rle"], syntax: "1.2.840.10008.1.2.5", back: ["dcmdrle"] },
  {
    by: ["dcmcjpeg", "+eb", "+q", "80"],
    syntax: "1.2.840.10008.1.2.4.50",
    back: ["dcmdjpeg"],
    kinds: ["8 bits", "RGB"],
  },
  {
    by: ["dcmcjpeg", "+ee"],
    syntax: "1.2.840.10008.1.2.4.51",
    back: ["dcmdjpeg"],
    kinds: ["8 bits", "12 bits"],
  },
  { by: ["dcmcjpeg", "+el"], syntax: "1.2.840.10008.1.2.4.57", back: ["dcmdjpeg"] },
  { by: ["dcmcjpeg", "+e1"], syntax: "1.2.840.10008.1.2.4.70", back: ["dcmdjpeg"] },
  { by: ["gdcmconv", "--jpeg"], syntax: "1.2.840.10008.1.2.4.70", back: ["gdcmconv", "--raw"] },
  { by: ["dcmcjpls", "+el"], syntax: "1.2.840.10008.1.2.4.80", back: ["dcmdjpls"] },
  {
    by: ["dcmcjpls", "+en"],
    syntax: "1.2.840.10008.1.2.4.81",
    back: ["dcmdjpls"],
    kinds: ["8 bits", "12 bits", "16 bits", "RGB"],
  },
  { by: ["gdcmconv", "--jpegls"], syntax: "1.2.840.10008.1.2.4.80", back: ["gdcmconv", "--raw"] },
  { by: ["gdcmconv", "--j2k"], syntax: "1.2.840.10008.1.2.4.90", back: ["gdcmconv", "--raw"] },
  {
    by: ["gdcmconv", "--j2k", "--lossy", "-r", "8"],
    syntax: "1.2.840.10008.1.2.4.91",
    back: ["gdcmconv", "--raw"],
    kinds: ["8 bits", "12 bits", "16 bits"],
  },
];

/** Who decompresses what is encoded here. */
const ENCODED: readonly {
  readonly syntax: string;
  readonly by: readonly Program[];
  readonly kinds?: readonly Kind[];
}[] = [
  { syntax: "1.2.840.10008.1.2.5", by: [["dcmdrle"], ["gdcmconv", "--raw"]] },
  { syntax: "1.2.840.10008.1.2.4.50", by: [["dcmdjpeg"]], kinds: ["8 bits", "RGB"] },
  { syntax: "1.2.840.10008.1.2.4.57", by: [["dcmdjpeg"], ["gdcmconv", "--raw"]] },
  { syntax: "1.2.840.10008.1.2.4.70", by: [["dcmdjpeg"], ["gdcmconv", "--raw"]] },
  { syntax: "1.2.840.10008.1.2.4.80", by: [["dcmdjpls"], ["gdcmconv", "--raw"]] },
  { syntax: "1.2.840.10008.1.2.4.81", by: [["dcmdjpls"], ["gdcmconv", "--raw"]] },
  { syntax: "1.2.840.10008.1.2.4.90", by: [["gdcmconv", "--raw"]] },
  { syntax: "1.2.840.10008.1.2.4.91", by: [["gdcmconv", "--raw"]] },
];

const LOSSY: ReadonlySet<string> = new Set(
  ["50", "51", "81", "91"].map((suffix) => `1.2.840.10008.1.2.4.${suffix}`),
);

const transcoder = createTranscoder({
  workers: await createLocalWorkers(),
  defaultSets: defaultCharacterSets("Latin1"),
  maximumInflated: 2 ** 24,
});

/** Bytes of some whole pixels of each kind. */
const ROW = 306;

/** A file of two frames, uncompressed. */
function sample(kind: Kind) {
  const description = KINDS[kind];
  const { samples } = phantom(description);
  const pixels = twice(samples);
  const file = imageFile({
    rows: description.rows,
    columns: description.columns,
    samples: description.samplesPerPixel,
    bits: description.bitsAllocated,
    stored: description.bitsStored,
    signed: description.signed,
    photometric: description.photometric,
    frames: 2,
    pixels,
  });
  return { bytes: description.signed ? asCt(file) : file, pixels };
}

/** GDCM takes no signed pixels from Secondary Capture; the UID of CT is as long. */
function asCt(file: Uint8Array): Uint8Array {
  const text = new TextDecoder("latin1").decode(file);
  const bytes = file.slice();
  const ofCapture = /1\.2\.840\.10008\.5\.1\.4\.1\.1\.7/g;
  for (const { index, 0: uid } of text.matchAll(ofCapture)) bytes[index + uid.length - 1] = 0x32;
  return bytes;
}

/** Two frames, the second of which starts a row later. */
function twice(samples: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(2 * samples.length);
  pixels.set(samples);
  pixels.set(samples.subarray(ROW), samples.length);
  pixels.set(samples.subarray(0, ROW), 2 * samples.length - ROW);
  return pixels;
}

async function transcode(bytes: Uint8Array, to: string) {
  return await collect(
    bytesOf(await transcoder.transcode(memorySource(bytes), { to, quality: 90 })),
  );
}

/** What we make of the pixels of a file. */
async function decode(bytes: Uint8Array) {
  const image = await openImage(memorySource(await transcode(bytes, NATIVE)));
  const { photometric, planarConfiguration, bitsAllocated } = image.description;
  const pixels = await collect((async function* () {
    for (const frame of [0, 1]) yield await readFrame(image, frame);
  })());
  return { photometric, planarConfiguration, bitsAllocated, pixels };
}

/** What a program makes of a file. */
async function by([program, ...options]: Program, bytes: Uint8Array): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/in.dcm`, bytes);
    const said = await run(program, ...options, `${folder}/in.dcm`, `${folder}/out.dcm`);
    assert.equal(said.code, 0, `${program}: ${said.output}`);
    return await Deno.readFile(`${folder}/out.dcm`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const { by: program, syntax, back, kinds = GRAY_AND_COLOR } of COMPRESSED) {
  peerTest({
    name: `codecs: what ${program.join(" ")} compressed is decoded as ${back[0]} does`,
    needs: [[program[0], "--version"], [back[0], "--version"]],
    async fn(test) {
      for (const kind of kinds) {
        await test.step(kind, async () => {
          const { bytes, pixels } = sample(kind);
          const compressed = await by(program, bytes);
          assert.equal((await openImage(memorySource(compressed))).meta.transferSyntaxUid, syntax);
          const ours = await decode(compressed);
          assert.deepEqual(ours, await decode(await by(back, compressed)));
          if (!LOSSY.has(syntax) && ours.planarConfiguration === 0) {
            assert.deepEqual(ours.pixels, pixels);
          }
        });
      }
    },
  });
}

for (const { syntax, by: programs, kinds = GRAY_AND_COLOR } of ENCODED) {
  for (const program of programs) {
    peerTest({
      name: `codecs: ${program[0]} reads what is encoded in ${syntax}`,
      needs: [[program[0], "--version"]],
      async fn(test) {
        for (const kind of kinds) {
          await test.step(kind, async () => {
            const { bytes, pixels } = sample(kind);
            const encoded = await transcode(bytes, syntax);
            const ours = await decode(encoded);
            assert.deepEqual(ours, await decode(await by(program, encoded)));
            if (!LOSSY.has(syntax)) assert.deepEqual(ours.pixels, pixels);
          });
        }
      },
    });
  }
}
