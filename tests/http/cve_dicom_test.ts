/** One test for each lesson that Orthanc's advisories on DICOM content teach, named after the advisory. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { startApp, type TestApp } from "../support/app.ts";
import { element } from "../support/dicom.ts";
import { type ImageFile, imageFile } from "../support/images.ts";
import { instanceFile } from "../support/instances.ts";
import { startServer } from "../support/server.ts";
import { zipOf } from "../support/zip.ts";

const RLE_LOSSLESS = "1.2.840.10008.1.2.5";
const MEGABYTE = 1048576;

async function statusOf(server: TestApp, method: string, path: string, body?: unknown) {
  const response = await server.send(method, path, body);
  await response.body?.cancel();
  return response.status;
}

/** No picture: it cannot be shown, or the file is at fault. */
const REFUSED: ReadonlySet<number> = new Set([400, 415]);

/** Statuses of every picture of an image. */
async function picturesOf(server: TestApp, image: ImageFile): Promise<Set<number>> {
  const { Path } = await server.upload(imageFile(image));
  const statuses = new Set<number>();
  for (const picture of ["preview", "rendered", "image-uint8", "image-uint16", "numpy", "matlab"]) {
    statuses.add(await statusOf(server, "GET", `${Path}/${picture}`));
  }
  assert.equal(await statusOf(server, "GET", "/statistics"), 200, "the server goes on");
  return statuses;
}

Deno.test("ZSL-2016-5380: bytes that are no DICOM corrupt nothing", async () => {
  await using server = await startApp();
  const file = instanceFile();
  for (let end = 1; end < file.length; end += 7) {
    const status = await statusOf(server, "POST", "/instances", file.slice(0, end));
    assert.ok(status < 500, `${end} bytes: ${status}`);
  }
  assert.equal(await statusOf(server, "POST", "/instances", new Uint8Array(1000).fill(0xff)), 400);
  assert.equal(await statusOf(server, "POST", "/instances", file), 200);
});

Deno.test("CVE-2026-5437: a length beyond the file is refused, not read", async () => {
  await using server = await startApp();
  for (const length of [0xfffffffe, 0x7fffffff, 1_000_000, 3]) {
    const lie = Buffer.alloc(12);
    lie.writeUInt32LE(0x0010_7fe1); // (7FE1,0010)
    lie.write("OB", 4);
    lie.writeUInt32LE(length, 8);
    const file = Buffer.concat([instanceFile(), lie, Buffer.alloc(1)]);
    assert.equal(await statusOf(server, "POST", "/instances", new Uint8Array(file)), 400);
  }
});

Deno.test("CVE-2026-5438: a gzip bomb is refused while it inflates", async () => {
  await using server = await startApp({ config: { MaximumFileSizeInArchiveMB: 1 } });
  const response = await server.send(
    "POST",
    "/instances",
    gzipSync(new Uint8Array(64 * MEGABYTE)),
    {
      headers: { "content-encoding": "gzip" },
    },
  );
  assert.equal(response.status, 413, await response.text());
});

Deno.test("CVE-2026-5439: an archive is not believed what it says of sizes and counts", async () => {
  await using server = await startApp({ config: { MaximumFileSizeInArchiveMB: 1 } });
  const bytes = instanceFile();
  const small = { declared: { size: 100 } };
  const zeros = new Uint8Array(MEGABYTE);
  const before = Deno.memoryUsage().rss;
  const archives = {
    "a member that inflates to more than allowed": zipOf([{ bytes: new Uint8Array(8 * MEGABYTE) }]),
    "a member that claims to be small": zipOf([{ bytes: new Uint8Array(8 * MEGABYTE), ...small }]),
    "a member that claims 4 GB": zipOf([{ bytes, declared: { size: 0xfffffffe } }]),
    "a count of 65534": zipOf([{ bytes }], { count: 65534 }),
    "many members over the same bytes": zipOf([
      { bytes: zeros },
      ...Array.from({ length: 2000 }, () => ({ bytes: zeros, sameAs: 0 })),
    ]),
  };
  for (const [what, archive] of Object.entries(archives)) {
    const response = await server.send("POST", "/instances", archive);
    const text = await response.text();
    const stored = text.match(/"Success"/g)?.length ?? 0;
    assert.ok(
      response.status < 500 && stored <= 1,
      `${what}: ${response.status}, ${stored} stored`,
    );
  }
  const grown = Deno.memoryUsage().rss - before; // of all tests in this process
  assert.ok(grown < 2048 * MEGABYTE, `${grown} bytes more`);
});

Deno.test("CVE-2026-5440: a Content-Length allocates nothing", async () => {
  await using server = await startServer({ DicomServerEnabled: false });
  const { port } = new URL(server.url);
  const before = Deno.memoryUsage();
  const sockets: Deno.Conn[] = [];
  for (let count = 0; count < 20; count++) {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    const length = 8000 * MEGABYTE;
    const head =
      `POST /instances HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\nDICM`;
    await socket.write(new TextEncoder().encode(head));
    sockets.push(socket);
  }
  assert.ok(await server.get("/system"), "and it answers meanwhile");
  const after = Deno.memoryUsage();
  assert.ok(after.rss - before.rss < 256 * MEGABYTE, `${after.rss - before.rss} bytes more`);
  for (const socket of sockets) socket.close();
});

Deno.test("CVE-2026-5441: the vendor's run lengths (PMSCT_RLE1), and ours, end with their bytes", async () => {
  await using server = await startApp();
  const vendor: ImageFile = {
    rows: 64,
    columns: 64,
    bits: 16,
    pixels: new Uint8Array(0),
    uid: "1.2.3.4.1",
    more: [
      element(0x07a10010, "LO", "ELSCINT1"),
      element(0x07a1100a, "OB", Uint8Array.of(0xa5, 0xff, 0xff, 0x5a, 0xff)),
      element(0x07a11011, "CS", "PMSCT_RLE1"),
    ],
  };
  assert.ok((await picturesOf(server, vendor)).isSubsetOf(REFUSED));
  const header = new Uint8Array(64);
  header.set([1, 0, 0, 0, 64]);
  const runs = [[0x7f], [0x81], [0x7f, 1, 2], []];
  for (const [at, run] of runs.entries()) {
    const statuses = await picturesOf(server, {
      ...{ rows: 16, columns: 16, syntax: RLE_LOSSLESS, uid: `1.2.3.4.2.${at}` },
      pixels: [new Uint8Array(0), Uint8Array.from([...header, ...run, 0])],
    });
    assert.ok(statuses.isSubsetOf(REFUSED));
  }
});

Deno.test("CVE-2026-5442: dimensions are held against the bytes there are, before any allocation", async () => {
  await using server = await startApp();
  const pixels = Uint8Array.of(1, 2);
  const cases: readonly ImageFile[] = [
    { rows: 65535, columns: 65535, pixels },
    { rows: 65535, columns: 65535, samples: 3, bits: 32, frames: 2_147_483_647, pixels },
    { rows: 0, columns: 65535, pixels },
    { rows: 65535, columns: 65535, syntax: RLE_LOSSLESS, pixels: [new Uint8Array(0), pixels] },
    // rows and columns again as UL, as in the advisory
    {
      pixels,
      more: [element(0x00280010, "UL", [0xffffffff]), element(0x00280011, "UL", [0x40000001])],
    },
  ];
  for (const [at, image] of cases.entries()) {
    const statuses = await picturesOf(server, { ...image, uid: `1.2.3.4.${at}` });
    const possible = image.more ? new Set([200, ...REFUSED]) : REFUSED;
    assert.ok(statuses.isSubsetOf(possible), `${at}: ${[...statuses]}`);
  }
});

/** A palette whose three tables have a description and a content of our choice. */
function paletteImage(
  descriptor: readonly number[],
  table: Uint8Array,
  pixels: Uint8Array,
): ImageFile {
  return {
    ...{ rows: 1, columns: pixels.length, photometric: "PALETTE COLOR", pixels },
    more: [
      ...[0, 1, 2].map((color) => element(0x00281101 + color, "US", descriptor)),
      ...[0, 1, 2].map((color) => element(0x00281201 + color, "OW", table)),
    ],
  };
}

Deno.test("CVE-2026-5443: a palette that is shorter than it says is refused", async () => {
  await using server = await startApp();
  const short = paletteImage([0, 0, 16], Uint8Array.of(1, 2), Uint8Array.of(0, 255)); // 0 is 65536 entries
  assert.ok((await picturesOf(server, short)).isSubsetOf(new Set([200, ...REFUSED])));
  const { Path } = await server.upload(imageFile({ ...short, uid: "1.2.3.4.6" }));
  assert.equal(await statusOf(server, "GET", `${Path}/preview`), 415);
});

Deno.test("CVE-2026-5445: an index beyond the palette takes its last entry", async () => {
  await using server = await startApp();
  const table = Uint8Array.of(0, 0, 0xff, 0xff);
  const { Path } = await server.upload(
    imageFile(paletteImage([2, 0, 16], table, Uint8Array.of(0, 255))),
  );
  const response = await server.send("GET", `${Path}/preview`, undefined, {
    headers: { accept: "image/x-portable-arbitrarymap" },
  });
  assert.equal(response.status, 200);
  const pam = await response.bytes();
  assert.deepEqual([...pam.slice(-6)], [0, 0, 0, 255, 255, 255]);
});

Deno.test("CVE-2026-5444: create-dicom refuses pictures whose header lies", async () => {
  await using server = await startApp();
  const url = (type: string, bytes: Uint8Array) =>
    `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
  const pam = (width: number, height: number) =>
    Buffer.from(
      `P7\nWIDTH ${width}\nHEIGHT ${height}\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\nxyz`,
    );
  const png = Buffer.from("89504e470d0a1a0a0000000d49484452ffffffffffffffff0802000000", "hex");
  for (
    const Content of [
      url("image/x-portable-arbitrarymap", pam(65535, 65535)),
      url("image/x-portable-arbitrarymap", pam(0x7fffffff, 0x7fffffff)),
      url("image/png", png),
      url("image/jpeg", Uint8Array.of(0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 255, 255, 255, 255)),
    ]
  ) {
    assert.equal(await statusOf(server, "POST", "/tools/create-dicom", { Tags: {}, Content }), 400);
  }
});

Deno.test("CVE-2026-10528: sequences without end are refused, and exhaust no stack", async () => {
  await using server = await startApp();
  const level = Buffer.alloc(20);
  level.writeUInt32LE(0x0010_7fe1);
  level.write("SQ", 4);
  level.writeUInt32LE(0xffffffff, 8);
  level.writeUInt32LE(0xe000_fffe, 12);
  level.writeUInt32LE(0xffffffff, 16);
  const file = Buffer.concat([instanceFile(), ...Array(100_000).fill(level)]);
  assert.equal(await statusOf(server, "POST", "/instances", new Uint8Array(file)), 400);
  const json = `{"Level":"Study","Query":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
  assert.equal(await statusOf(server, "POST", "/tools/find", json), 400);
});
