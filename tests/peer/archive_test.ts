import assert from "node:assert/strict";
import { run } from "../support/dcmtk.ts";
import { FILES, IDS, startFilled } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";
import { ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { peerTest } from "../support/peer.ts";
import { unzip } from "../support/unzip.ts";
import type { TestApp } from "../support/app.ts";

const PYTHON = "/usr/bin/python3";
const KNEE = `/studies/${IDS.knee}`;
const EVERYTHING = `/tools/create-media-extended?resources=${IDS.p1},${IDS.p2}`;

/** Reads every file that a DICOMDIR names, and compares it with its record. */
const READ_FILE_SET = `
import sys
from pydicom.fileset import FileSet
instances = list(FileSet(sys.argv[1]))
assert all(each.load().SOPInstanceUID == each.SOPInstanceUID for each in instances)
print(len(instances))
`;

const TEST_ZIP = `
import sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
print("\\n".join(sorted(archive.namelist())))
`;

async function download(server: TestApp, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await server.send("GET", path);
  assert.equal(response.status, 200);
  return await response.bytes();
}

peerTest({
  name: "unzip and Python read our archives",
  needs: [["unzip", "-v"], [PYTHON, "--version"]],
  async fn() {
    await using server = await startFilled({ ZipUseUtf8: true });
    using folder = temporaryFolder();
    const path = `${folder.path}/a.zip`;
    for (const source of [`/patients/${IDS.p2}/archive`, EVERYTHING]) {
      await Deno.writeFile(path, await download(server, source));
      const unzipped = await run("unzip", "-t", path);
      assert.equal(unzipped.code, 0, unzipped.output);
    }
    await Deno.writeFile(path, await download(server, `/patients/${IDS.p2}/archive`));
    const { code, output } = await run(PYTHON, "-c", TEST_ZIP, path);
    assert.deepEqual([code, output], [0, "P2 - Test-Θ/Unknown Study/MR/MR000001.dcm\n"]);
  },
});

peerTest({
  name: "DCMTK and pydicom read our media",
  needs: [["dcmgpdir", "--version"], [PYTHON, "-c", "import pydicom"]],
  async fn() {
    await using server = await startFilled();
    await server.upload(instanceFile({ SOPInstanceUID: "1.9", PatientID: "" }));
    using folder = temporaryFolder();
    const { path } = folder;
    const patients = (await server.get<string[]>("/patients")).join(",");
    await extract(await download(server, `/tools/create-media?resources=${patients}`), path);
    const read = await run(PYTHON, "-W", "ignore", "-c", READ_FILE_SET, `${path}/DICOMDIR`);
    assert.deepEqual([read.code, read.output], [0, `${FILES.length + 1}\n`]);
    const checked = await new Deno.Command("dcmgpdir", {
      args: ["--append", "--no-backup", "--invent", "IMAGES/IM0"],
      cwd: path,
    }).output();
    const said = new TextDecoder().decode(checked.stderr);
    assert.equal(checked.code, 0, said);
    assert.match(said, /directory record for this SOP instance already exists/);
  },
});

peerTest({
  name: "archives and media of a study hold what Orthanc's hold",
  needs: [ORTHANC_CHECK, ["dcmdump", "--version"]],
  async fn(t) {
    await using server = await startFilled();
    await using orthanc = await startOrthanc({ DicomServerEnabled: false });
    for (const file of FILES) {
      await (await orthanc.request("POST", "/instances", file)).body?.cancel();
    }
    const both = async (path: string) => {
      const theirs = await orthanc.request("GET", path);
      return [
        await unzip(await download(server, path)),
        await unzip(await theirs.bytes()),
      ] as const;
    };
    await t.step("archive", async () => {
      const [ours, theirs] = await both(`${KNEE}/archive`);
      const sorted = (files: typeof ours) =>
        [...files.values()].map((file) => file.toString("hex")).sort();
      assert.deepEqual(sorted(ours), sorted(theirs));
    });
    for (const path of [`${KNEE}/media`, `${KNEE}/media?extended`]) {
      await t.step(path, async () => {
        const [ours, theirs] = await both(path);
        const expected = await recordsOf(theirs.get("DICOMDIR")!);
        assert.deepEqual(await recordsOf(ours.get("DICOMDIR")!), expected);
      });
    }
  },
});

/** Keys that the standard wants to be there and Orthanc leaves out without a value; the time of day of each server. */
const OTHERWISE = /no value available|StudyTime/;

/** The elements of a DICOMDIR's records but their offsets and file names, which follow the order of the instances. */
async function recordsOf(dicomDir: Uint8Array): Promise<string[]> {
  using folder = temporaryFolder();
  await Deno.writeFile(`${folder.path}/DICOMDIR`, dicomDir);
  const { code, output } = await run("dcmdump", "+L", `${folder.path}/DICOMDIR`);
  assert.equal(code, 0, output);
  return output.split("\n").map((line) => line.trim())
    .filter((line) => /^\((?!0002|0004,1[24]|0004,1500|fffe)/.test(line))
    .filter((line) => !OTHERWISE.test(line)).sort();
}

async function extract(zip: Uint8Array, folder: string): Promise<void> {
  await Deno.writeFile(`${folder}/media.zip`, zip);
  const { code, output } = await run("unzip", "-q", `${folder}/media.zip`, "-d", folder);
  assert.equal(code, 0, output);
}

function temporaryFolder(): Disposable & { readonly path: string } {
  const path = Deno.makeTempDirSync();
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}
