import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";
import assert from "node:assert/strict";
import { startApp, type TestApp, type UploadAnswer } from "../support/app.ts";
import { startWithStudy } from "../support/study.ts";

type Tags = Readonly<Record<string, unknown>>;

/** A PNG (ISO/IEC 15948); the lines come with their filters. Checksums are left out. */
function png(
  { columns = 2, rows = 2, bits = 8, type = 0 }: {
    columns?: number;
    rows?: number;
    bits?: number;
    type?: number;
  },
  lines: readonly number[],
): string {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(columns, 0);
  header.writeUInt32BE(rows, 4);
  header.set([bits, type], 8);
  const chunk = (name: string, bytes: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, Buffer.from(name), bytes, Buffer.alloc(4)]);
  };
  const file = Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from([9, 8, 7, 6, 5, 4])),
    chunk("IDAT", deflateSync(Buffer.from(lines))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  return `data:image/png;base64,${file.toString("base64")}`;
}

const GRAY = png({}, [0, 1, 2, 0, 3, 4]);
const PDF = `data:application/pdf;base64,${btoa("%PDF-1.4 x")}`;
const CREATE = "/tools/create-dicom";

async function create(server: TestApp, body: object): Promise<{ id: string; tags: Tags }> {
  const { ID, Status } = await server.post<UploadAnswer>(CREATE, body);
  assert.equal(Status, "Success");
  return { id: ID, tags: await server.get<Tags>(`/instances/${ID}/simplified-tags`) };
}

async function content(server: TestApp, id: string, tag: string): Promise<number[]> {
  const response = await server.send("GET", `/instances/${id}/content/${tag}`);
  return [...new Uint8Array(await response.arrayBuffer())];
}

/** PNGs with what they become. */
const PICTURES: readonly (readonly [name: string, uri: string, bytes: number[], tags: Tags])[] = [
  ["gray", GRAY, [1, 2, 3, 4], { BitsStored: "8", PhotometricInterpretation: "MONOCHROME2" }],
  ["gray of 16 bits", png({ bits: 16, rows: 1 }, [0, 1, 2, 3, 4]), [2, 1, 4, 3], {
    BitsAllocated: "16",
    HighBit: "15",
  }],
  ["with alpha", png({ type: 4, rows: 1 }, [0, 1, 255, 2, 255]), [1, 2], { SamplesPerPixel: "1" }],
  ["RGB", png({ type: 2, columns: 1 }, [0, 1, 2, 3, 0, 4, 5, 6]), [1, 2, 3, 4, 5, 6], {
    PhotometricInterpretation: "RGB",
    PlanarConfiguration: "0",
  }],
  ["palette", png({ type: 3, rows: 1 }, [0, 1, 0]), [6, 5, 4, 9, 8, 7], { SamplesPerPixel: "3" }],
  ["filtered", png({ rows: 5 }, [1, 1, 1, 2, 1, 1, 3, 1, 1, 4, 1, 1, 0, 7, 8]), [
    ...[1, 2, 2, 3, 2, 3, 3, 4, 7, 8],
  ], { Rows: "5" }],
];

for (const [name, uri, bytes, expected] of PICTURES) {
  Deno.test(`create-dicom makes an image of a PNG: ${name}`, async () => {
    await using server = await startApp();
    const body = { Tags: { PatientName: "Dœ", PatientID: "1" }, Content: uri };
    const { id, tags } = await create(server, body);
    assert.deepEqual(await content(server, id, "PixelData/0"), bytes);
    for (const [key, value] of Object.entries(expected)) assert.equal(tags[key], value, key);
    assert.equal(tags.PatientName, "Dœ");
    assert.equal(tags.Modality, "OT");
    assert.equal(tags.SOPClassUID, "1.2.840.10008.5.1.4.1.1.7");
    assert.match(String(tags.StudyDate), /^\d{8}$/);
  });
}

Deno.test("create-dicom makes an image of a JPEG, or encapsulates it", async () => {
  await using server = await startApp();
  const source = await create(server, { Tags: {}, Content: GRAY });
  const headers = { Accept: "image/jpeg" };
  const picture = await server.send("GET", `/instances/${source.id}/preview`, undefined, {
    headers,
  });
  const jpeg = Buffer.from(await picture.arrayBuffer()).toString("base64");
  const body = { Tags: {}, Content: `data:image/jpeg;base64,${jpeg}` };
  const syntaxOf = async (id: string) =>
    (await server.get<Tags>(`/instances/${id}/header?simplify`)).TransferSyntaxUID;
  const plain = await create(server, body);
  assert.equal(await syntaxOf(plain.id), "1.2.840.10008.1.2.1");
  assert.equal(plain.tags.Rows, "2");
  const kept = await create(server, { ...body, Encapsulate: true });
  assert.equal(await syntaxOf(kept.id), "1.2.840.10008.1.2.4.50");
  const bytes = Buffer.from(await content(server, kept.id, "PixelData/1"));
  assert.deepEqual(bytes.subarray(0, 100), Buffer.from(jpeg, "base64").subarray(0, 100));
});

Deno.test("create-dicom encapsulates documents", async () => {
  await using server = await startApp();
  const { id, tags } = await create(server, { Tags: { PatientID: "1" }, Content: PDF });
  assert.equal(tags.SOPClassUID, "1.2.840.10008.5.1.4.1.1.104.1");
  assert.equal(tags.MIMETypeOfEncapsulatedDocument, "application/pdf");
  const pdf = await server.send("GET", `/instances/${id}/pdf`);
  assert.ok((await pdf.text()).startsWith("%PDF-1.4 x"));
  const stl = await create(server, {
    Tags: {},
    Content: `data:model/stl;base64,${btoa("solid")}`,
  });
  assert.equal(stl.tags.Modality, "M3D");
});

Deno.test("create-dicom makes a series of a list, and joins a parent", async () => {
  await using server = await startWithStudy();
  const body = {
    Parent: server.study,
    Tags: { SeriesDescription: "New" },
    Content: [GRAY, { Content: GRAY, Tags: { ImageComments: "second" } }],
  };
  const { ID, Path } = await server.post<{ ID: string; Path: string }>(CREATE, body);
  assert.equal(Path, `/series/${ID}`);
  const series = await server.get<{ ParentStudy: string }>(Path);
  assert.equal(series.ParentStudy, server.study);
  const instances = Object.values(await server.get<object>(`${Path}/instances-tags?simplify`));
  assert.deepEqual(instances.map((tags) => tags.InstanceNumber).sort(), ["1", "2"]);
  for (const tags of instances) {
    assert.equal(tags.SeriesDescription, "New");
    assert.equal(tags.PatientName, "Müller^Hans");
    assert.equal(tags.ImageComments, tags.InstanceNumber === "2" ? "second" : undefined);
  }
});

Deno.test("create-dicom has private tags, forced identifiers, and the old form", async () => {
  await using server = await startApp();
  const { tags, id } = await create(server, {
    Tags: { StudyInstanceUID: "1.2.3", "4321-1010": "data:a/b;base64,AQI=" },
    Force: true,
    PrivateCreator: "ACME",
  });
  assert.equal(tags.StudyInstanceUID, "1.2.3");
  assert.deepEqual(await content(server, id, "4321-1010"), [1, 2]);
  const old = await create(server, { PatientName: "Old", PixelData: GRAY });
  assert.equal(old.tags.PatientName, "Old");
  assert.equal(old.tags.Rows, "2");
});

/** Bodies that are refused, with status and number of the error. */
const REFUSED: readonly (readonly [body: unknown, status: number, error: number])[] = [
  [{ Tags: { StudyInstanceUID: "1.2" } }, 400, 2020],
  [{ Tags: { PatientName: "X" }, Parent: ":study" }, 400, 2020],
  [{ Tags: { PixelData: "x" } }, 400, 2021],
  [{ Tags: {}, Parent: "nope" }, 400, 2024],
  [{ Tags: {}, Parent: ":instance" }, 400, 2025],
  [{ Tags: {}, Content: "foo" }, 400, 15],
  [{ Tags: {}, Content: "data:text/plain;base64,AA==" }, 400, 15],
  [{ Tags: {}, Content: "data:image/png;base64,AAAA" }, 400, 15],
  [{ Tags: {}, Content: "data:application/pdf;base64,AAAA" }, 400, 15],
  [{ Tags: {}, Content: png({ columns: 60000, rows: 60000 }, [0]) }, 400, 15],
  [{ Tags: {}, Content: png({}, [9, 1, 2, 0, 3, 4]) }, 400, 15],
  [{ Tags: {}, Content: png({}, [0, 1]) }, 400, 15],
  [{ Tags: { Foo: "x" } }, 500, 27],
  [{ Tags: 5 }, 400, 8],
  ["", 400, 8],
];

Deno.test("create-dicom refuses what it cannot make", async (t) => {
  await using server = await startWithStudy();
  for (const [body, status, error] of REFUSED) {
    await t.step(JSON.stringify(body).slice(0, 100), async () => {
      const written = JSON.stringify(body).replace(":study", server.study)
        .replace(":instance", server.instances[0]!);
      const response = await server.send("POST", CREATE, written);
      const text = await response.text();
      assert.equal(response.status, status, text);
      assert.equal(JSON.parse(text).OrthancStatus, error, text);
    });
  }
});
