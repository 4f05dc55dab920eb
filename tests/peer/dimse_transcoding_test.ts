import assert from "node:assert/strict";
import { memorySource } from "../../core/bytes/source.ts";
import { collect } from "../support/collect.ts";
import { run, storescp } from "../support/dcmtk.ts";
import { imageFile, openImage } from "../support/images.ts";
import { peerTest } from "../support/peer.ts";
import { KINDS, phantom } from "../support/phantom.ts";
import { readFrame } from "../../core/image/frames.ts";
import { startServer, type TestServer } from "../support/server.ts";

const { samples, description } = phantom(KINDS["16 bits"]);
const IMPLICIT = "1.2.840.10008.1.2";

function picture() {
  const { rows, columns } = description;
  return imageFile({ rows, columns, bits: 16, pixels: samples });
}

const JPEG_2000 = "1.2.840.10008.1.2.4.90";

/** Has the picture stored as JPEG 2000. */
async function store(server: TestServer): Promise<string> {
  const response = await fetch(`${server.url}/instances`, { method: "POST", body: picture() });
  const { ID } = await response.json();
  const stored = await fetch(`${server.url}/instances/${ID}/metadata/TransferSyntax`);
  assert.equal(await stored.text(), JPEG_2000);
  return ID;
}

async function assertPicture(path: string): Promise<void> {
  const image = await openImage(memorySource(await Deno.readFile(path)));
  const frame = await collect((async function* () {
    yield await readFrame(image, 0);
  })());
  assert.deepEqual(frame, samples);
}

async function onlyFile(folder: string): Promise<string> {
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  assert.equal(names.length, 1);
  return `${folder}/${names[0]}`;
}

peerTest({
  name: "C-STORE: JPEG 2000 is decoded for a receiver that takes only uncompressed images",
  needs: [["storescp", "--version"]],
  async fn() {
    await using peer = await storescp("+xi");
    await using server = await startServer({
      IngestTranscoding: JPEG_2000,
      DicomModalities: { peer: ["STORESCP", "127.0.0.1", peer.port] },
    });
    const id = await store(server);
    const sent = await fetch(`${server.url}/modalities/peer/store`, { method: "POST", body: id });
    assert.equal(sent.status, 200, await sent.text());
    const path = await onlyFile(peer.folder);
    const image = await openImage(memorySource(await Deno.readFile(path)));
    assert.equal(image.meta.transferSyntaxUid, IMPLICIT);
    await assertPicture(path);
  },
});

peerTest({
  name: "C-GET: JPEG 2000 is decoded for a requestor that takes only uncompressed images",
  needs: [["getscu", "--version"]],
  async fn() {
    await using server = await startServer({
      IngestTranscoding: JPEG_2000,
      DicomAlwaysAllowGet: true,
    });
    await store(server);
    const folder = await Deno.makeTempDir();
    try {
      const said = await run(
        "getscu",
        ...["-v", "-S", "+xi", "-od", folder, "-aec", "ORTHANC", "127.0.0.1", server.dicomPort],
        ...["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.3"],
      );
      assert.equal(said.code, 0, said.output);
      await assertPicture(await onlyFile(folder));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
