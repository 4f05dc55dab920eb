import assert from "node:assert/strict";
import { collect } from "../../tests/support/collect.ts";
import { createLocalWorkers } from "../../tests/support/image_workers.ts";
import { type ImageFile, imageFile, openImage } from "../../tests/support/images.ts";
import { type Kind, KINDS, phantom } from "../../tests/support/phantom.ts";
import { element } from "../../tests/support/dicom.ts";
import { memorySource } from "../bytes/source.ts";
import { defaultCharacterSets } from "../dicom/charset.ts";
import { DataSetBuilder } from "../dicom/data_set.ts";
import { decodeFile } from "../dicom/decode.ts";
import { TAG } from "../dicom/tag.ts";
import { valueText } from "../dicom/values.ts";
import type { ImageWorkers } from "../image/tasks.ts";
import { readFrame } from "../image/frames.ts";
import { bytesOf, createTranscoder, type Transcoder } from "./transcoding.ts";

const IMPLICIT = "1.2.840.10008.1.2";
const EXPLICIT = "1.2.840.10008.1.2.1";
const DEFLATED = "1.2.840.10008.1.2.1.99";
const BIG_ENDIAN = "1.2.840.10008.1.2.2";
const RLE = "1.2.840.10008.1.2.5";
const JPEG = "1.2.840.10008.1.2.4.50";
const JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70";
const JPEG_2000 = "1.2.840.10008.1.2.4.90";
const MPEG = "1.2.840.10008.1.2.4.100";
const LOSSLESS = [IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN, RLE, JPEG_LOSSLESS, JPEG_2000];
const FRAMES = 3;

const workers = await createLocalWorkers();
const transcoder = createWith(workers);

function createWith(workers: ImageWorkers): Transcoder {
  const defaultSets = defaultCharacterSets("Latin1");
  return createTranscoder({ workers, defaultSets, maximumInflated: 2 ** 24 });
}

/** A file of some frames that differ from each other. */
function file(kind: Kind, changes: Partial<ImageFile> = {}) {
  const description = KINDS[kind];
  const { samples } = phantom(description);
  const pixels = new Uint8Array(FRAMES * samples.length);
  for (let frame = 0; frame < FRAMES; frame++) {
    pixels.set(samples.map((byte) => byte ^ frame), frame * samples.length);
  }
  const bytes = imageFile({
    rows: description.rows,
    columns: description.columns,
    samples: description.samplesPerPixel,
    bits: description.bitsAllocated,
    stored: description.bitsStored,
    signed: description.signed,
    photometric: description.photometric,
    planar: description.planarConfiguration,
    frames: FRAMES,
    pixels,
    ...changes,
  });
  return { bytes, pixels };
}

async function transcode(bytes: Uint8Array, to: string) {
  const result = await transcoder.transcode(memorySource(bytes), { to, quality: 90 });
  return { ...result, bytes: await collect(bytesOf(result)) };
}

async function nativePixels(bytes: Uint8Array): Promise<Uint8Array> {
  const image = await openImage(memorySource((await transcode(bytes, EXPLICIT)).bytes));
  const numbers = Array.from({ length: image.description.numberOfFrames }, (_, n) => n);
  return await collect((async function* () {
    for (const number of numbers) yield await readFrame(image, number);
  })());
}

async function texts(bytes: Uint8Array) {
  let builder: DataSetBuilder | undefined;
  const options = { defaultSets: defaultCharacterSets("Latin1"), maximumLength: 1000 };
  const { meta } = await decodeFile(memorySource(bytes), {
    sink: ({ encoding }) => builder = new DataSetBuilder(encoding, options),
    maximumInflated: 2 ** 24,
  });
  const dataSet = builder!.root;
  const text = (tag: number) => {
    const found = dataSet.get(tag);
    return found && valueText(found, dataSet);
  };
  return { meta, text };
}

Deno.test("transcode() keeps every sample between lossless transfer syntaxes", async (test) => {
  for (const kind of ["8 bits", "12 bits signed", "16 bits", "RGB"] as const) {
    const { bytes, pixels } = file(kind);
    for (const first of LOSSLESS) {
      await test.step(`${kind} ${first}`, async () => {
        const there = await transcode(bytes, first);
        assert.equal((await texts(there.bytes)).meta.transferSyntaxUid, first);
        assert.equal(there.sopInstanceUid, "1.2.3.4.5");
        for (const second of LOSSLESS) {
          const { bytes: back } = await transcode(there.bytes, second);
          assert.deepEqual(await nativePixels(back), pixels, second);
        }
      });
    }
  }
});

Deno.test("transcode() to the same transfer syntax changes nothing", async () => {
  const { bytes } = file("16 bits");
  assert.deepEqual((await transcode(bytes, EXPLICIT)).bytes, bytes);
});

Deno.test("transcode() says what the pixels are now, and keeps what it does not know", async () => {
  const secret = element(0x00091001, "LO", "kept");
  const { bytes } = file("RGB by plane", { more: [secret] });
  const { bytes: encoded } = await transcode(bytes, JPEG_2000);
  const { text } = await texts(encoded);
  assert.equal(text(0x00280004), "YBR_RCT");
  assert.equal(text(0x00280006), "0");
  assert.equal(text(0x00280100), "8");
  assert.equal(text(0x00091001), "kept");
  const { text: decoded } = await texts((await transcode(encoded, IMPLICIT)).bytes);
  assert.equal(decoded(0x00280004), "RGB");
});

Deno.test("transcode() makes another instance where something is lost", async () => {
  const { bytes } = file("8 bits");
  const once = await transcode(bytes, JPEG);
  assert.notEqual(once.sopInstanceUid, "1.2.3.4.5");
  const { text, meta } = await texts(once.bytes);
  assert.equal(text(TAG.sopInstanceUid), once.sopInstanceUid);
  assert.equal(text(0x00080008), "DERIVED\\PRIMARY");
  assert.equal(text(0x00282110), "01");
  assert.equal(text(0x00282114), "ISO_10918_1");
  assert.match(text(0x00282112)!, /^\d+\.\d{3}$/);
  assert.equal(meta.transferSyntaxUid, JPEG);
  const twice = await texts((await transcode(once.bytes, "1.2.840.10008.1.2.4.91")).bytes);
  assert.equal(twice.text(0x00282114), "ISO_10918_1\\ISO_15444_1");
  const back = await texts((await transcode(once.bytes, EXPLICIT)).bytes);
  assert.equal(back.text(TAG.sopInstanceUid), once.sopInstanceUid);
});

Deno.test("transcode() refuses what is impossible before the first byte", async (test) => {
  const cases: Record<string, [Uint8Array, string, string]> = {
    "an encoder that is not there": [file("8 bits").bytes, MPEG, "not-implemented"],
    "a transfer syntax that is not there": [file("8 bits").bytes, "1.2.3", "not-implemented"],
    "a decoder that is not there": [
      file("8 bits", { syntax: MPEG, pixels: [new Uint8Array(0), new Uint8Array(8)] }).bytes,
      EXPLICIT,
      "not-implemented",
    ],
    "samples it cannot take": [file("16 bits").bytes, JPEG, "not-implemented"],
    "a damaged first frame": [
      file("8 bits", { syntax: RLE, pixels: [new Uint8Array(0), new Uint8Array(80)] }).bytes,
      EXPLICIT,
      "bad-file",
    ],
  };
  for (const [name, [bytes, to, code]] of Object.entries(cases)) {
    await test.step(name, async () => {
      await assert.rejects(
        () => transcoder.transcode(memorySource(bytes), { to, quality: 90 }),
        { name: "DicomError", code },
      );
    });
  }
});

Deno.test("transcode() changes only the transfer syntax of what has no pixels", async () => {
  const { bytes } = file("8 bits", { pixels: new Uint8Array(0) });
  const pixels = bytes.length - 12;
  const without = bytes.slice(0, pixels);
  const { text, meta } = await texts((await transcode(without, JPEG)).bytes);
  assert.equal(meta.transferSyntaxUid, JPEG);
  assert.equal(text(TAG.sopInstanceUid), "1.2.3.4.5");
});

Deno.test("transcode() works on few frames ahead of the one that is wanted", async () => {
  let asked = 0;
  const counting: ImageWorkers = {
    run(name, input) {
      asked++;
      return workers.run(name, input);
    },
  };
  const frames = 20;
  const { bytes } = file("8 bits", { rows: 1, columns: 51 * 40 * FRAMES / frames, frames });
  const result = await createWith(counting).transcode(memorySource(bytes), {
    to: RLE,
    quality: 90,
  });
  assert.equal(asked, 1);
  let written = 0;
  for await (const piece of result.dataSet) {
    if (piece.length < 64) continue;
    written++;
    assert.ok(asked <= written + 4, `${asked} frames for ${written}`);
  }
  assert.equal(asked, frames);
});

Deno.test("isLossless() knows what needs another instance", () => {
  assert.equal(transcoder.isLossless(EXPLICIT, RLE), true);
  assert.equal(transcoder.isLossless(JPEG, EXPLICIT), true);
  assert.equal(transcoder.isLossless(EXPLICIT, JPEG), false);
  assert.equal(transcoder.isLossless(MPEG, EXPLICIT), false);
  assert.equal(transcoder.isLossless(EXPLICIT, MPEG), false);
});
