import assert from "node:assert/strict";
import { startApp, type TestApp } from "../support/app.ts";
import { run } from "../support/dcmtk.ts";
import { peerTest } from "../support/peer.ts";
import { startWithStudy, type StudyApp, studyFile } from "../support/study.ts";
import { TAG_FILES } from "../support/tag_files.ts";

const PYTHON = "/usr/bin/python3";

/** Elements by tag: those of items, the text of a name, or that there is something else. */
interface Tree {
  readonly [tag: string]: readonly Tree[] | string | true;
}

/**
 * Reads all files of a folder to the last element, refusing values that are not as the standard wants them, and writes
 * each once more; prints what they have.
 */
const READ = `
import io, json, os, sys, pydicom
pydicom.config.settings.reading_validation_mode = int(sys.argv[2])
def text_of(tag):
    return "%04x,%04x" % (tag.group, tag.element)
def tree(dataset):
    return {text_of(each.tag): [tree(item) for item in each.value] if each.VR == "SQ"
        else str(each.value) if each.VR in ("PN", "LO", "UI") and each.VM < 2 else True
        for each in dataset}
trees = {}
for name in sorted(os.listdir(sys.argv[1])):
    dataset = pydicom.dcmread(os.path.join(sys.argv[1], name))
    assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID
    trees[name] = tree(dataset)
    if "BitsAllocated" in dataset and sys.argv[2] == "2":
        assert dataset.pixel_array.size > 0
    dataset.save_as(io.BytesIO(), write_like_original=False)
print(json.dumps(trees))
`;
const REFUSE_INVALID = 2;
const TAKE_INVALID = 0;

/** What pydicom reads in files, by name. */
async function readByPydicom(
  files: ReadonlyMap<string, Uint8Array>,
  validation: number,
): Promise<Readonly<Record<string, Tree>>> {
  const folder = await Deno.makeTempDir();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  for (const [name, bytes] of files) await Deno.writeFile(`${folder}/${name}`, bytes);
  const read = await run(PYTHON, "-W", "ignore", "-c", READ, folder, validation);
  assert.equal(read.code, 0, read.output);
  return JSON.parse(read.output);
}

type Tags = { readonly [tag: string]: unknown };

/** The same of our own reading of a file. */
function treeOf(tags: Tags): Tree {
  return Object.fromEntries(
    Object.entries(tags).map(([tag, value]) => [
      tag,
      Array.isArray(value) ? value.map(treeOf) : String(value),
    ]),
  );
}

/** Whether both have the same elements, and the same text where the other one has any. */
function assertSame(theirs: Tree, ours: Tree, where: string): void {
  assert.deepEqual(Object.keys(theirs).sort(), Object.keys(ours).sort(), where);
  for (const [tag, value] of Object.entries(theirs)) {
    const own = ours[tag]!;
    const place = `${where} ${tag}`;
    if (typeof value === "string") assert.equal(value, own, place);
    else if (value !== true) {
      assert.equal(value.length, own === true ? -1 : own.length, place);
      value.forEach((item, at) => assertSame(item, (own as readonly Tree[])[at]!, place));
    }
  }
}

async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  assert.equal(response.status, 200, response.ok ? "" : await response.text());
  return await response.bytes();
}

interface Outcome {
  readonly ID?: string;
  readonly TargetStudy?: string;
}

const SEQUENCE = { OtherPatientIDsSequence: [{ PatientID: "Q", TypeOfPatientID: "TEXT" }] };
const REPLACE = {
  ...SEQUENCE,
  PatientComments: "日本",
  "ReferencedImageSequence[*].PatientName": "Ørsted^Åse",
  "4321-1012": "data:application/octet-stream;base64,AQID",
};
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** Requests that make studies of a study with two series, and the body of each. */
const MAKERS: readonly (readonly [
  name: string,
  path: (server: StudyApp) => string,
  body: (server: StudyApp) => object,
])[] = [
  ["modify", ({ study }) => `/studies/${study}/modify`, () => ({
    Replace: REPLACE,
    PrivateCreator: "OWN",
    Remove: ["AccessionNumber"],
  })],
  ["anonymize", ({ study }) => `/studies/${study}/anonymize`, () => ({})],
  ["anonymize_with_options", ({ study }) => `/studies/${study}/anonymize`, () => ({
    RetainDates: true,
    CleanDescriptors: true,
  })],
  ["split", ({ study }) => `/studies/${study}/split`, ({ series }) => ({
    Series: [series[0]],
    Replace: { PatientName: "Roe^Jané" },
  })],
  ["create_picture", () => "/tools/create-dicom", () => ({
    Tags: { PatientID: "1", PatientName: "Doe^Jané", ...SEQUENCE },
    Content: `data:image/png;base64,${PIXEL}`,
  })],
  ["create_pdf", () => "/tools/create-dicom", () => ({
    Tags: { PatientID: "1", PatientName: "Doe" },
    Content: `data:application/pdf;base64,${btoa("%PDF-1.4 x")}`,
  })],
];

/** What a request made, file by file. */
async function madeBy(
  [name, path, body]: (typeof MAKERS)[number],
  server: StudyApp,
): Promise<ReadonlyMap<string, string>> {
  const { ID, TargetStudy } = await server.post<Outcome>(path(server), body(server));
  if (name.startsWith("create")) return new Map([[name, ID!]]);
  const made = await server.get<{ ID: string }[]>(`/studies/${TargetStudy ?? ID}/instances`);
  assert.ok(made.length > 0);
  return new Map(made.map((one, number) => [`${name}_${number}`, one.ID]));
}

async function assertReadable(
  server: TestApp,
  ids: ReadonlyMap<string, string>,
): Promise<void> {
  const files = new Map<string, Uint8Array>();
  for (const [name, id] of ids) {
    files.set(name, await bytesOf(await server.send("GET", `/instances/${id}/file`)));
  }
  const trees = await readByPydicom(files, REFUSE_INVALID);
  for (const [name, id] of ids) {
    const tags = await server.get<Tags>(`/instances/${id}/tags?short&whole`);
    assertSame(trees[name]!, treeOf(tags), name);
  }
}

peerTest({
  name: "pydicom reads what modify, anonymise, split and create-dicom make as we do",
  needs: [[PYTHON, "-c", "import pydicom, numpy"]],
  async fn(t) {
    for (const maker of MAKERS) {
      await t.step(maker[0], async () => {
        await using server = await startWithStudy();
        await assertReadable(server, await madeBy(maker, server));
      });
    }
  },
});

peerTest({
  name: "pydicom reads what merge makes as we do",
  needs: [[PYTHON, "-c", "import pydicom, numpy"]],
  async fn() {
    await using server = await startWithStudy();
    const split = await server.post<Outcome>(`/studies/${server.study}/split`, {
      Series: [server.series[0]],
      Replace: { PatientName: "Roe^Jané", PatientID: "P2" },
    });
    const Resources = [split.TargetStudy];
    await server.post<Outcome>(`/studies/${server.study}/merge`, { Resources });
    const made = await server.get<{ ID: string }[]>(`/studies/${server.study}/instances`);
    assert.equal(made.length, 4);
    await assertReadable(server, new Map(made.map(({ ID }) => [ID, ID])));
  },
});

peerTest({
  name: "pydicom reads what was changed of files of all kinds",
  needs: [[PYTHON, "-c", "import pydicom"]],
  async fn() {
    await using server = await startApp();
    const files = new Map<string, Uint8Array>();
    const sources = new Map([...TAG_FILES, ["study", studyFile({ series: 1, number: 1 })]]);
    for (const [name, source] of sources) {
      const upload = await server.send("POST", "/instances", source);
      const { ID } = await upload.json();
      if (upload.status !== 200) continue;
      for (const verb of ["anonymize", "modify"]) {
        const changed = await server.send("POST", `/instances/${ID}/${verb}`, {});
        files.set(`${verb} ${name.replaceAll("/", "_")}`, await bytesOf(changed));
      }
    }
    assert.ok(files.size > 20);
    const trees = await readByPydicom(files, TAKE_INVALID);
    assert.equal(Object.keys(trees).length, files.size);
  },
});
