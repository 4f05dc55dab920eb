import assert from "node:assert/strict";
import { gunzipSync, inflateRawSync } from "node:zlib";
import { startApp, type TestApp } from "../support/app.ts";
import { element } from "../support/dicom.ts";
import { type ImageFile, imageFile } from "../support/images.ts";
import { orthancId } from "../support/instances.ts";

const PNG = "image/png";
const JPEG = "image/jpeg";
const PAM = "image/x-portable-arbitrarymap";
const ID = orthancId("P1", "1.2.3", "1.2.3.4", "1.2.3.4.5");
const ONE = `/instances/${ID}`;

/** Two frames of 2 x 2 pixels of 16 bits. */
const GRAY: ImageFile = {
  rows: 2,
  columns: 2,
  bits: 16,
  frames: 2,
  pixels: new Uint8Array(Uint16Array.of(0, 16, 32, 48, 1000, 2000, 3000, 4000).buffer),
};
const COLOR: ImageFile = {
  rows: 1,
  columns: 2,
  samples: 3,
  photometric: "RGB",
  pixels: Uint8Array.of(1, 2, 3, 4, 5, 6),
};
const DAMAGED: ImageFile = {
  rows: 2,
  columns: 2,
  syntax: "1.2.840.10008.1.2.4.50",
  pixels: [new Uint8Array(0), Uint8Array.of(0xff, 0xd8, 0xff, 0xd9)],
};
/** More pixels than bytes. */
const LIE: ImageFile = { rows: 65535, columns: 65535, pixels: new Uint8Array(4) };

async function serve(image: ImageFile): Promise<TestApp> {
  const server = await startApp();
  await server.upload(imageFile(image));
  return server;
}

/** The samples of a PAM. */
async function samplesOf(response: Response): Promise<number[]> {
  assert.equal(response.status, 200);
  const bytes = await response.bytes();
  const end = new TextDecoder("latin1").decode(bytes).indexOf("ENDHDR\n") + 7;
  return [...bytes.subarray(end)];
}

Deno.test("pictures of a gray image", async (t) => {
  await using server = await serve(GRAY);
  const cases: readonly (readonly [path: string, samples: readonly number[]])[] = [
    ["/preview", [0, 85, 170, 255]],
    ["/frames/1/preview", [0, 85, 170, 255]],
    ["/image-uint8", [0, 16, 32, 48]],
    ["/frames/1/image-uint8", [255, 255, 255, 255]],
    ["/image-uint16", [0, 0, 0, 16, 0, 32, 0, 48]],
    ["/frames/1/image-int16", [3, 232, 7, 208, 11, 184, 15, 160]],
    ["/rendered?window-center=24&window-width=48", [0, 85, 170, 255]],
    ["/rendered?window-center=24&window-width=0", [0, 0, 255, 255]],
    ["/rendered?window-center=24&window-width=48&width=1&smooth=0", [255]],
    ["/rendered?window-width=1&window-center=-1&height=1&width=9", [255]],
  ];
  for (const [path, samples] of cases) {
    await t.step(path, async () => {
      const response = await server.send("GET", ONE + path, undefined, {
        headers: { Accept: PAM },
      });
      assert.deepEqual(await samplesOf(response), samples);
      assert.equal(response.headers.get("content-type"), PAM);
    });
  }
});

/** Header fields of requests, and the media type of the answer; undefined for none. */
const ACCEPTED: readonly (readonly [path: string, accept: string | undefined, type?: string])[] = [
  ["/preview", undefined, PNG],
  ["/preview", "*/*", PNG],
  ["/preview", "image/*", PNG],
  ["/preview", "IMAGE/JPEG", JPEG],
  ["/preview", "text/html, image/jpeg;q=0.5, */*;q=0.1", JPEG],
  ["/preview", `${JPEG};q=0.5, ${PAM};q=0.7`, PAM],
  ["/preview", `${JPEG}, ${PNG}`, JPEG],
  ["/preview", `*/*, ${PAM};q=0.1`, PAM],
  ["/preview", "text/html"],
  ["/preview", `${JPEG};q=0`],
  ["/image-uint16", undefined, PNG],
  ["/image-uint16", JPEG],
  ["/image-int16", JPEG],
];

for (const [path, accept, type] of ACCEPTED) {
  Deno.test(`${path} with Accept ${accept} is ${type ?? "refused"}`, async () => {
    await using server = await serve(GRAY);
    const headers = accept === undefined ? {} : { Accept: accept };
    const response = await server.send("GET", ONE + path, undefined, { headers });
    const body = await response.bytes();
    assert.equal(response.status, type ? 200 : 404);
    assert.equal(body.length > 0, type !== undefined);
    if (type) assert.equal(response.headers.get("content-type"), type);
  });
}

/** What cannot be answered, and the status that says so; the body is empty. */
const REFUSED: readonly (readonly [image: ImageFile, path: string, status: number])[] = [
  [GRAY, "/frames/2/preview", 415],
  [GRAY, "/frames/-1/preview", 415],
  [GRAY, "/frames/x/preview", 404],
  [GRAY, "/frames/x", 404],
  [GRAY, "/frames/x/raw", 404],
  [GRAY, "/frames/x/raw.gz", 404],
  [GRAY, "/frames/x/numpy", 404],
  [GRAY, "/frames/x/matlab", 404],
  [GRAY, "/preview?quality=0", 415],
  [GRAY, "/preview?quality=101", 415],
  [GRAY, "/preview?quality=good", 415],
  [GRAY, "/rendered?smooth=maybe", 415],
  [GRAY, "/rendered?window-center=x", 404],
  [GRAY, "/rendered?window-width=", 404],
  [GRAY, "/rendered?width=-1", 404],
  [GRAY, "/rendered?height=1.5", 404],
  [GRAY, "/rendered?width=100000000", 415],
  [COLOR, "/image-uint16", 415],
  [COLOR, "/image-int16", 415],
  [DAMAGED, "/preview", 415],
  [LIE, "/preview", 415],
  [{ ...GRAY, photometric: "PALETTE COLOR" }, "/preview", 415],
];

for (const [image, path, status] of REFUSED) {
  Deno.test(`${path} of ${image.photometric ?? image.syntax ?? "gray"} is ${status}`, async () => {
    await using server = await serve(image);
    const response = await server.send("GET", ONE + path);
    assert.equal(response.status, status);
    assert.equal(await response.text(), "");
  });
}

Deno.test("a picture that cannot be leads to one that says so, for clients that want it", async () => {
  await using server = await serve(DAMAGED);
  for (const path of ["/preview", "/frames/0/rendered"]) {
    const response = await server.send("GET", `${ONE}${path}?returnUnsupportedImage`);
    await response.body?.cancel();
    assert.equal(response.status, 307);
    const place = new URL(response.headers.get("location")!, `http://localhost${ONE}${path}`);
    assert.equal(place.pathname, "/app/images/unsupported.png");
  }
  const picture = await server.send("GET", "/app/images/unsupported.png");
  assert.equal(picture.headers.get("content-type"), PNG);
  assert.deepEqual([...(await picture.bytes()).subarray(1, 4)], [0x50, 0x4e, 0x47]);
});

Deno.test("/frames lists numbers, and each frame what there is of it", async () => {
  await using server = await serve(GRAY);
  assert.deepEqual(await server.get(`${ONE}/frames`), [0, 1]);
  const operations = await server.get<string[]>(`${ONE}/frames/1`);
  assert.ok(operations.includes("raw.gz"));
});

Deno.test("/raw gives the bytes of a frame as they are stored", async () => {
  await using server = await serve(GRAY);
  const bytes = Uint8Array.from(new Uint8Array(Uint16Array.of(1000, 2000, 3000, 4000).buffer));
  const raw = await server.send("GET", `${ONE}/frames/1/raw`);
  assert.deepEqual(await raw.bytes(), bytes);
  assert.equal(raw.headers.get("content-type"), "application/octet-stream");
  const zipped = await server.send("GET", `${ONE}/frames/1/raw.gz`);
  assert.deepEqual(Uint8Array.from(gunzipSync(await zipped.bytes())), bytes);
  assert.equal(zipped.headers.get("content-type"), "application/gzip");
  const missing = await server.send("GET", `${ONE}/frames/2/raw`);
  await missing.body?.cancel();
  assert.equal(missing.status, 400);
});

Deno.test("/raw of JPEG is a JPEG file", async () => {
  await using server = await serve(DAMAGED);
  const raw = await server.send("GET", `${ONE}/frames/0/raw`);
  assert.equal(raw.headers.get("content-type"), JPEG);
  assert.deepEqual([...await raw.bytes()], [0xff, 0xd8, 0xff, 0xd9]);
});

Deno.test("/matlab is an expression", async () => {
  await using server = await serve(COLOR);
  const response = await server.send("GET", `${ONE}/matlab`);
  assert.equal(
    await response.text(),
    "double(permute(reshape([ 1 2 3 4 5 6 ], [ 3 2 1 ]), [ 3 2 1 ]))",
  );
  assert.equal(response.headers.get("content-type"), "text/plain");
});

/** The samples behind the header of NPY. */
function parseNpy(bytes: Uint8Array): { header: string; data: Uint8Array } {
  const length = bytes[8]! + 256 * bytes[9]!;
  return {
    header: new TextDecoder().decode(bytes.subarray(10, 10 + length)).trimEnd(),
    data: bytes.slice(10 + length),
  };
}

Deno.test("/numpy gives arrays of frames, rescaled or not", async (t) => {
  const more = [element(0x00281052, "DS", "-1000"), element(0x00281053, "DS", "0.5")];
  await using server = await serve({ ...GRAY, more });
  const cases: readonly (readonly [path: string, type: string, shape: string, first: number])[] = [
    [`${ONE}/numpy`, "<f4", "2, 2,2,1", -1000],
    [`${ONE}/frames/1/numpy`, "<f4", "2,2,1", -500],
    [`${ONE}/frames/1/numpy?rescale=false`, "<u2", "2,2,1", 1000],
    [`/series/${orthancId("P1", "1.2.3", "1.2.3.4")}/numpy?rescale=0`, "<u2", "2, 2,2,1", 0],
  ];
  for (const [path, type, shape, first] of cases) {
    await t.step(path, async () => {
      const response = await server.send("GET", path);
      const body = await response.bytes();
      assert.equal(response.headers.get("content-length"), String(body.length));
      const { header, data } = parseNpy(body);
      assert.equal(header, `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape}), }`);
      const values = type === "<f4" ? new Float32Array(data.buffer) : new Uint16Array(data.buffer);
      assert.equal(values[0], first);
    });
  }
});

Deno.test("/numpy?compress is the same array in a ZIP file", async () => {
  await using server = await serve(GRAY);
  const plain = await (await server.send("GET", `${ONE}/numpy`)).bytes();
  const zip = await (await server.send("GET", `${ONE}/numpy?compress`)).bytes();
  const nameLength = new DataView(zip.buffer, zip.byteOffset).getUint16(26, true);
  const inflated = inflateRawSync(zip.subarray(30 + nameLength));
  assert.deepEqual(Uint8Array.from(inflated), plain);
});

Deno.test("/series/{id}/numpy orders slices by position", async () => {
  await using server = await startApp();
  for (const [at, z] of [["1", "30"], ["2", "-10"], ["3", "2.5"]] as const) {
    const file = imageFile({
      pixels: Uint8Array.of(Number(at), 0),
      uid: `1.2.3.4.${at}`,
      more: [
        element(0x00200032, "DS", `0\\0\\${z}`),
        element(0x00200037, "DS", "1\\0\\0\\0\\1\\0"),
      ],
    });
    await server.upload(file);
  }
  const path = `/series/${orthancId("P1", "1.2.3", "1.2.3.4")}/numpy?rescale=0`;
  const { data } = parseNpy(await (await server.send("GET", path)).bytes());
  assert.deepEqual([...data], [2, 3, 1]);
});

Deno.test("images of what is not there are not found", async () => {
  await using server = await startApp();
  for (const path of ["/preview", "/frames", "/frames/0", "/frames/0/raw", "/numpy", "/matlab"]) {
    const response = await server.send("GET", `/instances/nope${path}`);
    await response.body?.cancel();
    assert.equal(response.status, 404, path);
  }
});
