import assert from "node:assert/strict";
import { memorySource } from "../../core/bytes/source.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { imageFile, openImage } from "../support/images.ts";
import { KINDS, phantom } from "../support/phantom.ts";

const EXPLICIT = "1.2.840.10008.1.2.1";
const BIG_ENDIAN = "1.2.840.10008.1.2.2";
const RLE = "1.2.840.10008.1.2.5";
const JPEG = "1.2.840.10008.1.2.4.50";
const JPEG_2000 = "1.2.840.10008.1.2.4.90";

function picture(uid = "1.2.3.4.5") {
  const { rows, columns } = KINDS["8 bits"];
  return imageFile({ rows, columns, uid, pixels: phantom(KINDS["8 bits"]).samples });
}

function signedPicture() {
  const { rows, columns } = KINDS["16 bits signed"];
  const { samples } = phantom(KINDS["16 bits signed"]);
  return imageFile({ rows, columns, bits: 16, signed: true, pixels: samples });
}

async function download(app: TestApp, id: string, query = "") {
  const response = await app.send("GET", `/instances/${id}/file${query}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, bytes, type: response.headers.get("Content-Type") };
}

async function syntaxOf(bytes: Uint8Array): Promise<string> {
  return (await openImage(memorySource(bytes))).meta.transferSyntaxUid;
}

Deno.test("/instances/{id}/file?transcode= gives the file in another transfer syntax", async () => {
  await using app = await startApp();
  const { ID } = await app.upload(picture());
  for (const to of [BIG_ENDIAN, RLE, JPEG, JPEG_2000]) {
    const { status, bytes, type } = await download(app, ID, `?transcode=${to}`);
    assert.equal(status, 200);
    assert.equal(type, "application/dicom");
    assert.equal(await syntaxOf(bytes), to);
  }
  assert.deepEqual((await download(app, ID)).bytes, picture());
});

Deno.test("/instances/{id}/file?lossy-quality= chooses how much is lost", async () => {
  await using app = await startApp();
  const { ID } = await app.upload(picture());
  const sizes = await Promise.all([20, 60, 100].map(async (quality) => {
    const query = `?transcode=${JPEG}&lossy-quality=${quality}`;
    return (await download(app, ID, query)).bytes.length;
  }));
  assert.deepEqual(sizes, sizes.toSorted((a, b) => a - b));
  assert.notEqual(sizes[0], sizes[2]);
});

Deno.test("/instances/{id}/file?transcode= refuses before the first byte", async () => {
  await using app = await startApp();
  const { ID } = await app.upload(signedPicture());
  const refused = await app.send("GET", `/instances/${ID}/file?transcode=${JPEG}`);
  assert.equal(refused.status, 500);
  assert.equal((await refused.json()).OrthancStatus, 2);
  for (const query of ["transcode=1.2.3", `transcode=${RLE}&lossy-quality=0`, "transcode="]) {
    const response = await app.send("GET", `/instances/${ID}/file?${query}`);
    assert.equal(response.status, 400, query);
    await response.body?.cancel();
  }
});

Deno.test("IngestTranscoding transcodes what arrives", async () => {
  await using app = await startApp({ config: { IngestTranscoding: JPEG_2000 } });
  const { ID, Status } = await app.upload(picture());
  assert.equal(Status, "Success");
  const { bytes } = await download(app, ID);
  assert.equal(await syntaxOf(bytes), JPEG_2000);
  assert.equal(
    await (await app.send("GET", `/instances/${ID}/metadata/TransferSyntax`)).text(),
    JPEG_2000,
  );
});

Deno.test("IngestTranscoding stores as it is what it cannot or is not to transcode", async (test) => {
  const cases = [
    {
      name: "samples that do not fit",
      config: { IngestTranscoding: JPEG },
      bytes: signedPicture(),
    },
    {
      name: "uncompressed ones left out",
      config: { IngestTranscoding: RLE, IngestTranscodingOfUncompressed: false },
      bytes: picture(),
    },
    {
      name: "compressed ones left out",
      config: { IngestTranscoding: EXPLICIT, IngestTranscodingOfCompressed: false },
      bytes: imageFile({
        syntax: RLE,
        columns: 2,
        pixels: [new Uint8Array(0), rleOf(2)],
      }),
    },
    {
      name: "damaged pixels",
      config: { IngestTranscoding: EXPLICIT },
      bytes: imageFile({ syntax: RLE, columns: 9, pixels: [new Uint8Array(0), rleOf(2)] }),
    },
  ];
  for (const { name, config, bytes } of cases) {
    await test.step(name, async () => {
      await using app = await startApp({ config });
      const { ID } = await app.upload(bytes);
      assert.deepEqual((await download(app, ID)).bytes, bytes);
    });
  }
});

/** A frame of one run. */
function rleOf(length: number): Uint8Array {
  const frame = new Uint8Array(66);
  frame.set([1, 0, 0, 0, 64]);
  frame.set([257 - length, 7], 64);
  return frame;
}
