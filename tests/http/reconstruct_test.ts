import assert from "node:assert/strict";
import { memorySource } from "../../core/bytes/source.ts";
import { countFiles, startApp, type TestApp } from "../support/app.ts";
import { imageFile, openImage } from "../support/images.ts";
import { instanceFile } from "../support/instances.ts";
import { KINDS, phantom } from "../support/phantom.ts";

const EXPLICIT = "1.2.840.10008.1.2.1";
const RLE = "1.2.840.10008.1.2.5";
const JPEG = "1.2.840.10008.1.2.4.50";
const FILES = { ReconstructFiles: true };

function picture(uid: string) {
  const { rows, columns } = KINDS["8 bits"];
  return imageFile({ rows, columns, uid, pixels: phantom(KINDS["8 bits"]).samples });
}

/** A folder with two pictures, in one series, as a server of default options stores them. */
async function makeFolder() {
  const folder = await Deno.makeTempDir();
  await using server = await startApp({ folder });
  const [first, second] = [
    await server.upload(picture("1.2.3.1")),
    await server.upload(picture("1.2.3.2")),
  ];
  await server.send("PUT", `/instances/${first.ID}/labels/kept`);
  await server.send("PUT", `/instances/${first.ID}/attachments/2000`, "mine");
  return {
    folder,
    ids: [first.ID, second.ID],
    study: first.ParentStudy,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function post(server: TestApp, path: string, body: unknown): Promise<number> {
  const response = await server.send("POST", path, body);
  const answer = await response.text();
  if (response.ok) assert.equal(answer, "");
  return response.status;
}

async function textOf(server: TestApp, path: string): Promise<string> {
  const response = await server.send("GET", path);
  return await response.text();
}

async function pixelsOf(server: TestApp, id: string) {
  const response = await server.send("GET", `/instances/${id}/image-uint8`, undefined, {
    headers: { Accept: "image/x-portable-arbitrarymap" },
  });
  return new Uint8Array(await response.arrayBuffer());
}

Deno.test("ReconstructFiles transcodes as IngestTranscoding says, and nothing else changes", async () => {
  await using made = await makeFolder();
  const { folder, ids, study } = made;
  await using server = await startApp({ folder, config: { IngestTranscoding: RLE } });
  const [first] = ids as [string];
  const changes = await server.get("/changes?limit=100");
  const resource = await server.get<Record<string, unknown>>(`/instances/${first}`);
  const metadata = await server.get<Record<string, string>>(`/instances/${first}/metadata?expand`);
  const pixels = await pixelsOf(server, first);
  const files = await countFiles(folder);

  assert.equal(await post(server, `/studies/${study}/reconstruct`, {}), 200);
  assert.equal(await textOf(server, `/instances/${first}/metadata/TransferSyntax`), EXPLICIT);
  assert.equal(await post(server, `/studies/${study}/reconstruct`, FILES), 200);
  for (const id of ids) {
    assert.equal(await textOf(server, `/instances/${id}/metadata/TransferSyntax`), RLE);
    const file = await server.send("GET", `/instances/${id}/file`);
    const image = await openImage(memorySource(new Uint8Array(await file.arrayBuffer())));
    assert.equal(image.meta.transferSyntaxUid, RLE);
  }
  const { FileUuid, FileSize, ...after } = await server.get<Record<string, unknown>>(
    `/instances/${first}`,
  );
  assert.notEqual(FileUuid, resource.FileUuid, "as with Orthanc, it is a new attachment");
  assert.notEqual(FileSize, resource.FileSize);
  assert.deepEqual(
    { ...after, FileUuid: resource.FileUuid, FileSize: resource.FileSize },
    resource,
  );
  const { TransferSyntax: _, PixelDataVR: _vr, PixelDataOffset: _offset, ...rest } = metadata;
  const now = await server.get<Record<string, string>>(`/instances/${first}/metadata?expand`);
  for (const [name, value] of Object.entries(rest)) assert.equal(now[name], value, name);
  assert.deepEqual(await server.get("/changes?limit=100"), changes);
  assert.equal(await textOf(server, `/instances/${first}/attachments/2000/data`), "mine");
  assert.deepEqual(await pixelsOf(server, first), pixels);
  assert.equal(await countFiles(folder), files, "the files before are gone");
});

Deno.test("ReconstructFiles does not make another instance of one by a lossy codec", async () => {
  await using made = await makeFolder();
  const { folder, ids } = made;
  await using server = await startApp({ folder, config: { IngestTranscoding: JPEG } });
  const before = await server.get("/instances?expand");
  assert.equal(await post(server, `/instances/${ids[0]}/reconstruct`, FILES), 200);
  assert.deepEqual(await server.get("/instances?expand"), before);
});

Deno.test("ReconstructFiles compresses and inflates as StorageCompression says", async () => {
  await using made = await makeFolder();
  const { folder, ids, study } = made;
  for (const compressed of [true, false]) {
    await using server = await startApp({ folder, config: { StorageCompression: compressed } });
    assert.equal(await post(server, `/studies/${study}/reconstruct`, FILES), 200);
    for (const [at, id] of ids.entries()) {
      const dicom = `/instances/${id}/attachments/dicom`;
      assert.equal(await textOf(server, `${dicom}/is-compressed`), compressed ? "1" : "0");
      const data = await server.send("GET", `${dicom}/data`);
      assert.deepEqual(new Uint8Array(await data.arrayBuffer()), picture(`1.2.3.${at + 1}`));
    }
  }
});

Deno.test("/tools/reconstruct does all there is, and tells of what it could not do", async () => {
  await using made = await makeFolder();
  const { folder, ids } = made;
  const config = { StorageCompression: true, ExtraMainDicomTags: { Instance: ["Rows"] } };
  await using server = await startApp({ folder, config });
  const other = await server.upload(instanceFile());
  const rowsOf = async (id: string) =>
    (await server.get<{ MainDicomTags: { Rows?: string } }>(`/instances/${id}`)).MainDicomTags.Rows;
  assert.equal(await rowsOf(ids[0]!), undefined);
  assert.equal(await post(server, "/tools/reconstruct", ""), 200);
  for (const id of ids) assert.ok(Number(await rowsOf(id)) > 0);
  assert.equal(await post(server, "/tools/reconstruct", FILES), 200);
  for (const id of [...ids, other.ID]) {
    assert.equal(await textOf(server, `/instances/${id}/attachments/dicom/is-compressed`), "1");
  }
  assert.equal(await post(server, "/tools/invalidate-tags", ""), 200);
  assert.equal((await server.send("GET", "/tools/reconstruct")).status, 405);
  assert.equal(
    (await server.send("POST", "/tools/reconstruct", { ReconstructFiles: 1 })).status,
    400,
  );
});
