import assert from "node:assert/strict";
import { findTransferSyntax } from "../../core/dicom/transfer_syntax.ts";
import { readFileMeta } from "../../core/dicom/part10.ts";
import { run } from "../support/dcmtk.ts";
import { instanceFile } from "../support/instances.ts";
import { peerTest } from "../support/peer.ts";
import { startServer, type TestServer } from "../support/server.ts";

const needs = [["storescu", "--version"]] as const;
const HOST = "127.0.0.1";

interface AssociationJson {
  readonly State: string;
  readonly Reason?: string;
  readonly Remedy?: string;
  readonly CallingAet: string;
  readonly Commands: Readonly<Record<string, number>>;
  readonly Refused: readonly { readonly Command: string; readonly Remedy?: string }[];
}

peerTest({
  name: "echoscu is answered, and its association is on the list",
  needs,
  async fn() {
    await using server = await startServer();
    const { code, output } = await run("echoscu", "-v", "-aet", "CT1", HOST, server.dicomPort);
    assert.equal(code, 0, output);
    const [association] = await associations(server);
    assert.equal(association?.CallingAet, "CT1");
    assert.equal(association.State, "Released");
    assert.deepEqual(association.Commands, { "C-ECHO": 1 });
  },
});

peerTest({
  name: "what storescu sends arrives as it is, whatever the size of the PDUs",
  needs,
  async fn() {
    for (const ours of [4096, 16_384, 131_072]) {
      await using server = await startServer({ MaximumPduLength: ours });
      for (const theirs of [4096, 131_072]) {
        const uid = `1.2.${ours}.${theirs}`;
        const bytes = instanceFile({
          SOPInstanceUID: uid,
          PixelData: crypto.getRandomValues(new Uint8Array(60_000)),
        });
        await send(server, bytes, "--max-pdu", theirs);
        assert.deepEqual(await dataSetOf(server, uid), dataSet(bytes));
      }
    }
  },
});

peerTest({
  name: "an instance that came by DICOM says from where",
  needs,
  async fn() {
    await using server = await startServer();
    await send(server, instanceFile(), "-aet", "CT1", "-aec", "PACS");
    const [id] = await server.get<string[]>("/instances");
    const { Metadata: found } = await server.get<{ Metadata: Record<string, string> }>(
      `/instances/${id}?response-content=Metadata`,
    );
    const { Origin, RemoteAET, CalledAET, RemoteIP } = found;
    const expected = ["DicomProtocol", "CT1", "PACS", HOST];
    assert.deepEqual([Origin, RemoteAET, CalledAET, RemoteIP], expected);
  },
});

peerTest({
  name: "dcmsend sends many, twice",
  needs,
  async fn() {
    await using server = await startServer();
    await using folder = await TestFolder.create();
    for (let index = 0; index < 20; index++) {
      await folder.write(`${index}.dcm`, instanceFile({ SOPInstanceUID: `1.2.3.${index}` }));
    }
    for (let round = 0; round < 2; round++) {
      const args = ["--scan-directories", HOST, server.dicomPort, folder.path];
      const { code, output } = await run("dcmsend", ...args);
      assert.equal(code, 0, output);
    }
    assert.equal((await server.get<string[]>("/instances")).length, 20);
  },
});

peerTest({
  name: "wrong AE titles are rejected with the reason, and the list shows the remedy",
  needs,
  async fn() {
    await using server = await startServer({
      DicomCheckCalledAet: true,
      DicomAet: "MINE",
      DicomAlwaysAllowEcho: false,
      DicomAlwaysAllowStore: false,
      DicomModalities: { ct: ["CT1", HOST, 104] },
    });
    const called = await run("echoscu", "-aet", "CT1", "-aec", "OTHER", HOST, server.dicomPort);
    assert.notEqual(called.code, 0);
    assert.match(called.output, /Called AE Title Not Recognized/);
    const calling = await run("echoscu", "-aet", "CT2", "-aec", "MINE", HOST, server.dicomPort);
    assert.match(calling.output, /Calling AE Title Not Recognized/);
    const known = await run("echoscu", "-aet", "ct1", "-aec", "mine", HOST, server.dicomPort);
    assert.equal(known.code, 0, known.output);
    const [good, unknown, other] = await associations(server);
    assert.equal(good?.State, "Released");
    assert.equal(unknown?.State, "Rejected");
    assert.match(unknown.Remedy!, /"CT2".*DicomModalities/);
    assert.match(other!.Remedy!, /DicomCheckCalledAet/);
  },
});

peerTest({
  name: "a command that is not permitted is answered 0x0124, and the association goes on",
  needs,
  async fn() {
    await using server = await startServer({ DicomAlwaysAllowStore: false });
    await using folder = await TestFolder.create();
    const file = await folder.write("a.dcm", instanceFile());
    const { code, output } = await run("storescu", "-v", "-nh", HOST, server.dicomPort, file, file);
    assert.equal(code, 0, output); // with -nh it goes on
    assert.equal(output.match(/Received Store Response .*0x124/g)?.length, 2, output);
    const [association] = await associations(server);
    assert.equal(association?.State, "Released");
    assert.match(association.Refused[0]!.Remedy!, /DicomAlwaysAllowStore/);
    assert.deepEqual(await server.get("/instances"), []);
  },
});

peerTest({
  name: "what is not accepted is refused: SOP classes, transfer syntaxes, data sets",
  needs,
  async fn() {
    await using server = await startServer({ AcceptedTransferSyntaxes: ["1.2.840.10008.1.2"] });
    await using folder = await TestFolder.create();
    const plain = await folder.write("plain.dcm", image("1.2.3"));
    await run("dcmcrle", plain, `${folder.path}/a.dcm`);
    const syntax = await run("storescu", "-xr", HOST, server.dicomPort, `${folder.path}/a.dcm`);
    assert.match(syntax.output, /unable to convert dataset/);

    const unknown = await folder.write("b.dcm", instanceFile({ SOPClassUID: "1.2.3.4" }));
    const sopClass = await run("storescu", HOST, server.dicomPort, unknown);
    assert.match(sopClass.output, /No presentation context/);

    const noStudy = instanceFile({ StudyInstanceUID: null });
    const missing = await folder.write("c.dcm", noStudy);
    const lacking = await run("storescu", "-v", HOST, server.dicomPort, missing);
    assert.match(lacking.output, /CannotUnderstand/, lacking.output);
    assert.deepEqual(await server.get("/instances"), []);
  },
});

peerTest({
  name: "storescu that is killed amid a transfer leaves nothing, and others are served",
  needs,
  async fn() {
    await using server = await startServer();
    await using folder = await TestFolder.create();
    const large = instanceFile({ PixelData: new Uint8Array(64_000_000) });
    const file = await folder.write("large.dcm", large);
    const args = ["--abort", HOST, String(server.dicomPort), file];
    const process = new Deno.Command("storescu", { args, stdout: "null", stderr: "null" }).spawn();
    while (!(await associations(server)).some(({ Commands }) => Commands["C-STORE"])) {
      await new Promise((resolve) => setTimeout(resolve));
    }
    process.kill("SIGKILL");
    await process.status;
    const { code, output } = await run("echoscu", HOST, server.dicomPort);
    assert.equal(code, 0, output);
    assert.deepEqual(await server.get("/instances"), []);
  },
});

peerTest({
  name: "fifty associations are served side by side",
  needs,
  async fn() {
    await using server = await startServer();
    await using folder = await TestFolder.create();
    const files = await Promise.all(
      Array.from(
        { length: 50 },
        (_, index) =>
          folder.write(`${index}.dcm`, instanceFile({ SOPInstanceUID: `1.2.3.${index}` })),
      ),
    );
    const results = await Promise.all(
      files.map((file) => run("storescu", HOST, server.dicomPort, file)),
    );
    assert.deepEqual(results.filter(({ code }) => code !== 0), []);
    assert.equal((await server.get<string[]>("/instances")).length, 50);
  },
});

peerTest({
  name: "stop() lets a command end and then aborts",
  needs,
  async fn() {
    const server = await startServer();
    await using idle = await Deno.connect({ hostname: HOST, port: server.dicomPort }).then((
      conn,
    ) => ({
      conn,
      [Symbol.asyncDispose]: () => Promise.resolve(conn.close()),
    }));
    await server.stop(1000);
    await server[Symbol.asyncDispose]();
    assert.equal(await idle.conn.read(new Uint8Array(1)).catch(() => null), null);
    const { code } = await run("echoscu", HOST, server.dicomPort);
    assert.notEqual(code, 0);
  },
});

async function associations(server: TestServer): Promise<readonly AssociationJson[]> {
  return await server.get("/associations");
}

/** Sends a file by storescu, which must succeed. */
async function send(
  server: TestServer,
  bytes: Uint8Array,
  ...options: readonly (string | number)[]
) {
  await using folder = await TestFolder.create();
  const file = await folder.write("a.dcm", bytes);
  const { code, output } = await run("storescu", ...options, HOST, server.dicomPort, file);
  assert.equal(code, 0, output);
}

/** Data set of the stored instance with this UID. */
async function dataSetOf(server: TestServer, uid: string): Promise<Uint8Array> {
  const found = await fetch(`${server.url}/tools/lookup`, { method: "POST", body: uid });
  const [{ Path }] = await found.json();
  const file = await fetch(`${server.url}${Path}/file`);
  return dataSet(new Uint8Array(await file.arrayBuffer()));
}

/** A file without preamble and file meta information. */
function dataSet(file: Uint8Array): Uint8Array {
  const { dataSetOffset, transferSyntaxUid } = readFileMeta(file);
  assert.ok(findTransferSyntax(transferSyntaxUid));
  return file.slice(dataSetOffset);
}

/** A picture that compressors take. */
function image(uid: string): Uint8Array<ArrayBuffer> {
  return instanceFile({
    SOPInstanceUID: uid,
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

/** A folder that goes with the test. */
class TestFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async create(): Promise<TestFolder> {
    return new TestFolder(await Deno.makeTempDir());
  }

  async write(name: string, bytes: Uint8Array): Promise<string> {
    await Deno.writeFile(`${this.path}/${name}`, bytes);
    return `${this.path}/${name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
