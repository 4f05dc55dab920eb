import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { run } from "../support/dcmtk.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { type Orthanc, ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { peerTest } from "../support/peer.ts";
import { studyFile } from "../support/study.ts";
import { TAG_FILES } from "../support/tag_files.ts";

type Tags = { readonly [tag: string]: unknown };

/** Where an instance of Orthanc is changed, and what is asked for. */
const REQUESTS: readonly (readonly [verb: string, body: object])[] = [
  ["anonymize", { DicomVersion: "2021b" }],
  ["anonymize", { DicomVersion: "2017c" }],
  ["anonymize", { DicomVersion: "2008" }],
  ["anonymize", { DicomVersion: "2021b", KeepPrivateTags: true }],
  ["anonymize", { DicomVersion: "2021b", Keep: ["StudyDescription", "PatientName"] }],
  ["modify", {}],
  ["modify", { RemovePrivateTags: true }],
  ["modify", {
    Replace: { PatientComments: "é", Rows: "7", OtherPatientIDsSequence: [{ PatientID: "Q" }] },
    Remove: ["AccessionNumber"],
  }],
  ["modify", { Replace: { "ReferencedImageSequence[*].PatientName": "X" } }],
  ["modify", { Remove: ["ReferencedImageSequence[0].PatientName"] }],
  ["modify", { Replace: { PatientID: "NEW" }, Force: true }],
  ["modify", { Keep: ["SOPInstanceUID"], Force: true }],
];

/** The file that an instance becomes. */
async function changed(
  send: (path: string, body: Uint8Array<ArrayBuffer>) => Promise<Response>,
  file: Uint8Array<ArrayBuffer>,
  [verb, body]: readonly [string, object],
): Promise<Uint8Array<ArrayBuffer>> {
  const { ID } = await (await send("/instances", file)).json();
  const answer = await send(
    `/instances/${ID}/${verb}`,
    Uint8Array.from(Buffer.from(JSON.stringify(body))),
  );
  assert.equal(answer.status, 200);
  return new Uint8Array(await answer.arrayBuffer());
}

const viaApp = (app: TestApp) => (path: string, body: Uint8Array<ArrayBuffer>) =>
  app.send("POST", path, body);
const viaOrthanc = (orthanc: Orthanc) => (path: string, body: Uint8Array<ArrayBuffer>) =>
  orthanc.request("POST", path, body);

/** Which elements there are, at every depth. */
function elementSet(tags: Tags): unknown {
  return Object.fromEntries(
    Object.entries(tags).sort().map(([tag, value]) => [
      tag,
      Array.isArray(value) ? value.map(elementSet) : "",
    ]),
  );
}

peerTest({
  name: "what is changed has the same elements as Orthanc's result",
  needs: [ORTHANC_CHECK],
  async fn(t) {
    await using orthanc = await startOrthanc();
    await using app = await startApp();
    await using reader = await startApp({ config: { OverwriteInstances: true } });
    const elements = async (file: Uint8Array<ArrayBuffer>) => {
      const { ID } = await reader.upload(file);
      return elementSet(await reader.get<Tags>(`/instances/${ID}/tags?short`));
    };
    const source = studyFile({ series: 1, number: 1 });
    for (const request of REQUESTS) {
      await t.step(JSON.stringify(request), async () => {
        const theirs = await changed(viaOrthanc(orthanc), source, request);
        const ours = await changed(viaApp(app), source, request);
        assert.deepEqual(await elements(ours), await elements(theirs));
      });
    }
  },
});

peerTest({
  name: "DCMTK reads what was changed of files of all kinds",
  needs: [["dcmdump", "--version"]],
  async fn(t) {
    const folder = await Deno.makeTempDir();
    await using stack = new AsyncDisposableStack();
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const app = stack.use(await startApp());
    for (const [name, source] of TAG_FILES) {
      const upload = await app.send("POST", "/instances", source);
      if (upload.status !== 200) {
        await upload.body?.cancel();
        continue;
      }
      await t.step(name, async () => {
        const { ID } = await upload.json();
        for (const verb of ["anonymize", "modify"]) {
          const answer = await app.send("POST", `/instances/${ID}/${verb}`, {});
          assert.equal(answer.status, 200);
          const path = `${folder}/file.dcm`;
          await Deno.writeFile(path, new Uint8Array(await answer.arrayBuffer()));
          const said = await run("dcmdump", "-q", path);
          assert.equal(said.code, 0, said.output);
        }
      });
    }
  },
});

/** What dciodvfy checks. */
const CHECKED: readonly (readonly [verb: string, body: object])[] = [
  ["modify", {}],
  ["modify", { Replace: { PatientSex: "O", "ReferencedImageSequence[0].PatientID": "Q" } }],
  ["anonymize", {}],
  ["anonymize", { DicomVersion: "2008" }],
  ["anonymize", { RetainDates: true, RetainUIDs: true }],
  ["anonymize", { CleanDescriptors: true, RetainDeviceIdentity: true }],
];

peerTest({
  name: "dciodvfy finds no more errors in what was changed than in the source",
  needs: [["sh", "-c", "command -v dciodvfy"]],
  async fn(t) {
    const folder = await Deno.makeTempDir();
    await using stack = new AsyncDisposableStack();
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const app = stack.use(await startApp());
    const errors = async (bytes: Uint8Array) => {
      const path = `${folder}/file.dcm`;
      await Deno.writeFile(path, bytes);
      const { output } = await run("dciodvfy", path);
      return output.split("\n").filter((line) => line.startsWith("Error"));
    };
    const source = studyFile({ series: 1, number: 1 });
    const before = await errors(source);
    assert.ok(before.length > 0, "the source lacks what a CT image needs");
    for (const request of CHECKED) {
      await t.step(JSON.stringify(request), async () => {
        const after = await errors(await changed(viaApp(app), source, request));
        assert.ok(after.length <= before.length, after.join("\n"));
      });
    }
  },
});
