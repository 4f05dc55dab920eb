import assert from "node:assert/strict";
import { startApp, type TestApp } from "../support/app.ts";
import { element } from "../support/dicom.ts";
import { type ImageFile, imageFile } from "../support/images.ts";
import { orthancId } from "../support/instances.ts";
import { type Orthanc, ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { peerTest } from "../support/peer.ts";

const ROWS = 33;
const COLUMNS = 47;
const PIXELS = ROWS * COLUMNS;
const PAM = "image/x-portable-arbitrarymap";
const SERIES = orthancId("P1", "1.2.3", "1.2.3.4");
const INSTANCE = orthancId("P1", "1.2.3", "1.2.3.4", "1.2.3.4.5");

const bytesOf = (samples: Uint8Array | Uint16Array | Int16Array) =>
  new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
/** Numbers that look like noise, below `limit`. */
const noise = (count: number, limit: number) =>
  Uint16Array.from({ length: count }, (_, at) => at * 7919 % limit);

const size = { rows: ROWS, columns: COLUMNS };
const bits12 = { ...size, bits: 16, stored: 12, pixels: bytesOf(noise(PIXELS, 4096)) };
const window = (center: string, width: string) => [
  element(0x00281050, "DS", center),
  element(0x00281051, "DS", width),
];
const rescale = (intercept: string, slope: string) => [
  element(0x00281052, "DS", intercept),
  element(0x00281053, "DS", slope),
];
const palette = [0, 1, 2].flatMap((color) => [
  element(0x00281101 + color, "US", [0, 0, 16]),
  element(0x00281201 + color, "OW", bytesOf(noise(65536, 65521 - color * 1000))),
]).sort((a, b) => tagAt(a) - tagAt(b));

function tagAt(piece: ReturnType<typeof element>): number {
  const bytes = piece({ explicitVr: true, littleEndian: true });
  return bytes.readUInt16LE(0) * 65536 + bytes.readUInt16LE(2);
}

/** Phantoms that Orthanc 1.10.1 can decode. */
const PHANTOMS: Readonly<Record<string, ImageFile>> = {
  "8 bits": { ...size, pixels: Uint8Array.from(noise(PIXELS, 251)) },
  "12 bits": bits12,
  "12 bits, implicit VR": { ...bits12, syntax: "1.2.840.10008.1.2" },
  "the highest 12 bits": {
    ...bits12,
    highBit: 15,
    pixels: bytesOf(noise(PIXELS, 4096).map((value) => value << 4 | 5)),
  },
  "12 bits, MONOCHROME1": { ...bits12, photometric: "MONOCHROME1" },
  "16 bits": { ...size, bits: 16, pixels: bytesOf(noise(PIXELS, 65521)) },
  "16 bits, signed": {
    ...size,
    bits: 16,
    signed: true,
    pixels: bytesOf(Int16Array.from(noise(PIXELS, 60000), (value) => value - 25000)),
  },
  "one value": { ...size, bits: 16, pixels: bytesOf(new Uint16Array(PIXELS).fill(77)) },
  "a window": {
    ...bits12,
    more: [...window("1000.5\\40", "300.3\\400"), ...rescale("-12.5", "0.37")],
  },
  "a narrow window of MONOCHROME1": {
    ...bits12,
    photometric: "MONOCHROME1",
    more: window("2000", "1"),
  },
  "a slope close to zero": { ...bits12, more: [...window("10", "30"), ...rescale("0", "0.01")] },
  "a rescale without a window": { ...bits12, more: rescale("-100", "2.5") },
  "three frames": {
    ...bits12,
    frames: 3,
    pixels: bytesOf(noise(3 * PIXELS, 4093)),
  },
  "RGB": {
    ...size,
    samples: 3,
    photometric: "RGB",
    pixels: Uint8Array.from(noise(3 * PIXELS, 251)),
  },
  "RGB by planes": {
    ...size,
    samples: 3,
    planar: 1,
    photometric: "RGB",
    pixels: Uint8Array.from(noise(3 * PIXELS, 251)),
  },
  "a palette": {
    ...size,
    bits: 16,
    photometric: "PALETTE COLOR",
    pixels: bytesOf(noise(PIXELS, 65521)),
    more: palette,
  },
};

/** Smoothing is what newer versions do unless they are told not to. */
const RENDERED = [
  "rendered",
  "rendered?window-center=500&window-width=333.3",
  "rendered?window-width=100",
  "rendered?width=20&smooth=1",
  "rendered?width=20&smooth=0",
  "rendered?width=20&height=5&smooth=0",
  "rendered?height=100&smooth=1",
];
const PATHS = ["preview", "image-uint8", "image-uint16", "image-int16", ...RENDERED];

/** What Orthanc 1.10.1 refuses and newer versions give, or what it gives in another form. */
function isKnown(name: string, path: string): boolean {
  if (name === "a palette") return path !== "preview";
  return name.startsWith("RGB") && path === "image-uint8";
}

/** Both answers to a request for a picture. */
async function compare(server: TestApp, orthanc: Orthanc, path: string): Promise<void> {
  const theirs = await orthanc.request("GET", path, undefined, PAM);
  const ours = await server.send("GET", path, undefined, { headers: { Accept: PAM } });
  const [expected, actual] = [await theirs.bytes(), await ours.bytes()];
  assert.equal(ours.status, theirs.status, path);
  assert.equal(ours.headers.get("content-type"), theirs.headers.get("content-type"), path);
  assert.ok(
    expected.length === actual.length && expected.every((byte, at) => byte === actual[at]),
    path,
  );
}

async function storeInBoth(server: TestApp, orthanc: Orthanc, file: Uint8Array<ArrayBuffer>) {
  const { ID } = await server.upload(file);
  const answer = await orthanc.request("POST", "/instances", file);
  assert.equal((await answer.json()).ID, ID);
  return ID;
}

async function removeFromBoth(server: TestApp, orthanc: Orthanc, id: string): Promise<void> {
  await (await server.send("DELETE", `/instances/${id}`)).body?.cancel();
  await (await orthanc.request("DELETE", `/instances/${id}`)).body?.cancel();
}

peerTest({
  name: "pictures of phantoms equal Orthanc's pixel for pixel",
  needs: [ORTHANC_CHECK],
  async fn(t) {
    await using orthanc = await startOrthanc();
    await using server = await startApp();
    for (const [name, image] of Object.entries(PHANTOMS)) {
      await t.step(name, async () => {
        await storeInBoth(server, orthanc, imageFile(image));
        const frames = Array.from({ length: image.frames ?? 1 }, (_, n) => `frames/${n}/`);
        for (const frame of ["", ...frames]) {
          for (const path of PATHS) {
            if (isKnown(name, path)) continue;
            await compare(server, orthanc, `/instances/${INSTANCE}/${frame}${path}`);
          }
        }
        await removeFromBoth(server, orthanc, INSTANCE);
      });
    }
  },
});

peerTest({
  name: "arrays, texts and stored bytes equal Orthanc's byte for byte",
  needs: [ORTHANC_CHECK],
  async fn() {
    await using orthanc = await startOrthanc();
    await using server = await startApp();
    const one = `/instances/${INSTANCE}`;
    for (const name of ["12 bits", "16 bits, signed", "three frames"]) {
      await storeInBoth(server, orthanc, imageFile(PHANTOMS[name]!));
      for (
        const path of [
          `${one}/numpy`,
          `${one}/numpy?rescale=false`,
          `${one}/frames/0/numpy`,
          `${one}/matlab`,
          `${one}/frames/0/raw`,
          `/series/${SERIES}/numpy`,
        ]
      ) await compare(server, orthanc, path);
      await removeFromBoth(server, orthanc, INSTANCE);
    }
  },
});

const PYTHON = "/usr/bin/python3";
const FOLDER =
  'import pydicom.data, os; print(os.path.dirname(pydicom.data.__file__) + "/test_files")';

/** Files of 32 bits that Orthanc 1.10.1 renders all white, for a window as wide does not fit its numbers. */
const OTHERWISE: Readonly<Record<string, readonly string[]>> = {
  "rtdose_rle.dcm": RENDERED,
  "rtdose_rle_1frame.dcm": RENDERED,
};

peerTest({
  name: "pictures of pydicom's files equal Orthanc's, where it has any",
  needs: [ORTHANC_CHECK, [PYTHON, "-c", FOLDER]],
  async fn() {
    await using orthanc = await startOrthanc();
    await using server = await startApp();
    const { stdout } = await new Deno.Command(PYTHON, { args: ["-c", FOLDER] }).output();
    const folder = new TextDecoder().decode(stdout).trim();
    let compared = 0;
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile || !name.endsWith(".dcm")) continue;
      const file = await Deno.readFile(`${folder}/${name}`);
      const answer = await orthanc.request("POST", "/instances", file);
      const { ID } = await answer.json();
      if (ID === undefined || (await server.send("POST", "/instances", file)).status !== 200) {
        continue;
      }
      for (const path of PATHS) {
        if (OTHERWISE[name]?.includes(path)) continue;
        const url = `/instances/${ID}/${path}`;
        const theirs = await orthanc.request("GET", url, undefined, PAM);
        await theirs.body?.cancel();
        if (theirs.status !== 200) continue;
        await compare(server, orthanc, url);
        compared++;
      }
      await removeFromBoth(server, orthanc, ID);
    }
    assert.ok(compared > 200, `only ${compared} pictures were compared`);
  },
});
