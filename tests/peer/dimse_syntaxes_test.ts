import assert from "node:assert/strict";
import { metaText, readFileMeta } from "../../core/dicom/part10.ts";
import { run } from "../support/dcmtk.ts";
import { instanceFile } from "../support/instances.ts";
import { peerTest } from "../support/peer.ts";
import { startServer, type TestServer } from "../support/server.ts";

/** Transfer syntax, and the program and options that make it of an uncompressed image. */
type Maker = readonly [uid: string, program: string, ...options: readonly string[]];

const MAKERS: readonly Maker[] = [
  ["1.2.840.10008.1.2", "dcmconv", "+ti"],
  ["1.2.840.10008.1.2.1", "dcmconv", "+te"],
  ["1.2.840.10008.1.2.1.99", "dcmconv", "+td"],
  ["1.2.840.10008.1.2.2", "dcmconv", "+tb"],
  ["1.2.840.10008.1.2.4.50", "dcmcjpeg", "+eb"],
  ["1.2.840.10008.1.2.4.51", "dcmcjpeg", "+ee"],
  ["1.2.840.10008.1.2.4.53", "dcmcjpeg", "+es"],
  ["1.2.840.10008.1.2.4.55", "dcmcjpeg", "+ep"],
  ["1.2.840.10008.1.2.4.57", "dcmcjpeg", "+el"],
  ["1.2.840.10008.1.2.4.70", "dcmcjpeg", "+e1"],
  ["1.2.840.10008.1.2.4.80", "dcmcjpls", "+el"],
  ["1.2.840.10008.1.2.4.81", "dcmcjpls", "+en"],
  ["1.2.840.10008.1.2.5", "dcmcrle"],
  ["1.2.840.10008.1.2.4.50", "gdcmconv", "--jpeg", "--lossy"],
  ["1.2.840.10008.1.2.4.70", "gdcmconv", "--jpeg"],
  ["1.2.840.10008.1.2.4.80", "gdcmconv", "--jpegls"],
  ["1.2.840.10008.1.2.4.90", "gdcmconv", "--j2k"],
  ["1.2.840.10008.1.2.4.91", "gdcmconv", "--j2k", "--lossy"],
  ["1.2.840.10008.1.2.5", "gdcmconv", "--rle"],
];

/** Those that dcmsend would send in another syntax that is not compressed either. */
const SENDERS: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["1.2.840.10008.1.2", ["storescu", "-xi"]],
  ["1.2.840.10008.1.2.2", ["storescu", "-xb"]],
]);

const MEDIA_STORAGE_SOP_INSTANCE_UID = 0x00020003;

peerTest({
  name: "instances of every syntax that DCMTK and GDCM make arrive byte by byte",
  needs: [["dcmsend", "--version"], ["dcmcjpls", "--version"], ["gdcmconv", "--version"]],
  async fn(t) {
    await using server = await startServer();
    const folder = await Deno.makeTempDir();
    try {
      for (const [index, maker] of MAKERS.entries()) {
        const [uid, program, ...options] = maker;
        await t.step(`${program} ${options.join(" ")}: ${uid}`, async () => {
          await arrives(server, { maker, folder, sopInstanceUid: `1.2.3.${index}` });
        });
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

interface Case {
  readonly maker: Maker;
  readonly folder: string;
  readonly sopInstanceUid: string;
}

/** Makes a file, sends it as it is, and compares what is stored. */
async function arrives(server: TestServer, { maker, folder, sopInstanceUid }: Case): Promise<void> {
  const [uid, program, ...options] = maker;
  const [plain, made] = [`${folder}/plain.dcm`, `${folder}/made.dcm`];
  await Deno.writeFile(plain, image(sopInstanceUid));
  const keepsUid = /^dcmc(jpeg|jpls|rle)$/.test(program) ? ["+un"] : [];
  const { code, output } = await run(program, ...options, ...keepsUid, plain, made);
  assert.equal(code, 0, output);
  // DCMTK sends texts of others without the spaces that they need not have: so it writes them here.
  if (program === "gdcmconv") await run("dcmconv", made, made);
  const bytes = await Deno.readFile(made);
  const { transferSyntaxUid, elements } = readFileMeta(bytes);
  assert.equal(transferSyntaxUid, uid);
  const sender = SENDERS.get(uid) ?? ["dcmsend", "--decompress-never"];
  const sent = await run(...sender, "127.0.0.1", server.dicomPort, made);
  assert.equal(sent.code, 0, sent.output);
  const sentUid = metaText(elements, MEDIA_STORAGE_SOP_INSTANCE_UID)!; // a lossy one is another instance
  assert.deepEqual(dataSetOf(await stored(server, sentUid)), dataSetOf(bytes));
}

/** The stored file of an instance. */
async function stored(server: TestServer, sopInstanceUid: string): Promise<Uint8Array> {
  const found = await fetch(`${server.url}/tools/lookup`, { method: "POST", body: sopInstanceUid });
  const [{ Path }] = await found.json();
  const file = await fetch(`${server.url}${Path}/file`);
  return new Uint8Array(await file.arrayBuffer());
}

/** A file without preamble and file meta information. */
function dataSetOf(file: Uint8Array): Uint8Array {
  return file.slice(readFileMeta(file).dataSetOffset);
}

/** A picture that all of them take. */
function image(sopInstanceUid: string): Uint8Array<ArrayBuffer> {
  return instanceFile({
    SOPInstanceUID: sopInstanceUid,
    SamplesPerPixel: [1],
    PhotometricInterpretation: "MONOCHROME2",
    Rows: [64],
    Columns: [64],
    BitsAllocated: [8],
    BitsStored: [8],
    HighBit: [7],
    PixelRepresentation: [0],
    PixelData: Uint8Array.from({ length: 4096 }, (_, index) => index * index >> 4),
  });
}
