import assert from "node:assert/strict";
import type { TestApp } from "../support/app.ts";
import { FILES, IDS, startFilled } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";
import { unzip } from "../support/unzip.ts";

const IMPLICIT = "1.2.840.10008.1.2";
const JPEG = "1.2.840.10008.1.2.4.50";

const MR1 = "P1 - KNIX/A1 - Knee R/MR/MR000001.dcm";
const MR2 = "P1 - KNIX/A1 - Knee R/MR/MR000002.dcm";
const CT1 = "P1 - KNIX/A1 - Knee R/CT/CT000000.dcm";
const LATER = "P1 - KNIX/Unknown Study/MR/MR000001.dcm";
const GREEK = "P2 - Test-/Unknown Study/MR/MR000001.dcm";

interface Job {
  readonly ID: string;
  readonly Path: string;
  readonly State: string;
  readonly Type: string;
  readonly Content: Readonly<Record<string, unknown>>;
}

/** What a request for an archive gives, by name. */
async function archive(server: TestApp, method: string, path: string, body?: unknown) {
  const response = await server.send(method, path, body);
  const bytes = await response.bytes();
  assert.equal(response.status, 200, new TextDecoder().decode(bytes));
  assert.equal(response.headers.get("content-type"), "application/zip");
  const length = response.headers.get("content-length");
  if (length !== null) assert.equal(length, String(bytes.length));
  return { response, length, files: await unzip(bytes) };
}

/** Requests, and the names in what they give. */
const REQUESTS:
  readonly (readonly [method: string, path: string, body: unknown, names: string[]])[] = [
    ["GET", `/series/${IDS.mr}/archive`, undefined, [MR1, MR2]],
    ["GET", `/studies/${IDS.knee}/archive`, undefined, [MR1, MR2, CT1]],
    ["POST", `/studies/${IDS.knee}/archive`, {}, [MR1, MR2, CT1]],
    ["GET", `/patients/${IDS.p1}/archive`, undefined, [MR1, MR2, CT1, LATER]],
    ["POST", "/tools/create-archive", [IDS.mr2, IDS.greek], [MR2, GREEK]],
    ["POST", "/tools/create-archive", { Resources: [IDS.mr2, IDS.mr, IDS.mr1] }, [MR1, MR2]],
    ["POST", "/tools/create-archive", { Resources: [IDS.greek], Utf8: true }, [
      "P2 - Test-Θ/Unknown Study/MR/MR000001.dcm",
    ]],
    ["GET", `/tools/create-archive?resources=${IDS.mr1},${IDS.ct1}`, undefined, [MR1, CT1]],
    ["POST", "/tools/create-archive", [], []],
    ["GET", `/series/${IDS.mr}/media`, undefined, ["IMAGES/IM0", "IMAGES/IM1", "DICOMDIR"]],
    ["POST", "/tools/create-media", [IDS.ct, IDS.mr], [
      "IMAGES/IM0",
      "IMAGES/IM1",
      "IMAGES/IM2",
      "DICOMDIR",
    ]],
    ["GET", `/tools/create-media-extended?resources=${IDS.ct}`, undefined, [
      "IMAGES/IM0",
      "DICOMDIR",
    ]],
  ];

Deno.test("archives and media hold the files of their resources, by the names Orthanc gives", async (t) => {
  await using server = await startFilled();
  for (const [method, path, body, names] of REQUESTS) {
    await t.step(`${method} ${path} ${JSON.stringify(body)}`, async () => {
      const { files } = await archive(server, method, path, body);
      assert.deepEqual([...files.keys()].toSorted(), names.toSorted());
    });
  }
});

Deno.test("an archive holds each file byte for byte, and tells its length", async () => {
  await using server = await startFilled();
  const { files, length, response } = await archive(server, "GET", `/series/${IDS.mr}/archive`);
  assert.deepEqual([files.get(MR1), files.get(MR2)].map((file) => file && [...file]), [
    [...FILES[0]!],
    [...FILES[1]!],
  ]);
  assert.notEqual(length, null);
  assert.equal(response.headers.get("content-disposition"), `filename="${IDS.mr}.zip"`);
});

/** Requests, and the file names they suggest. */
const FILENAMES = [
  ["GET", `/studies/${IDS.knee}/archive?filename=a%22b.zip`, undefined, 'filename="ab.zip"'],
  ["POST", `/studies/${IDS.knee}/media`, { Filename: "k.zip" }, 'filename="k.zip"'],
  ["POST", "/tools/create-archive", [IDS.mr], 'filename="Archive.zip"'],
] as const;

for (const [method, path, body, disposition] of FILENAMES) {
  Deno.test(`${method} ${path} suggests ${disposition}`, async () => {
    await using server = await startFilled();
    const { response } = await archive(server, method, path, body);
    assert.equal(response.headers.get("content-disposition"), disposition);
  });
}

/** Requests that are refused before the first byte. */
const REFUSED = [
  ["GET", "/studies/nope/archive", undefined, 404, 17],
  ["GET", `/studies/${IDS.mr}/media`, undefined, 404, 17],
  ["POST", "/studies/nope/archive", { Asynchronous: true }, 404, 17],
  ["POST", "/tools/create-archive", ["nope"], 404, 17],
  ["GET", "/tools/create-media?resources=nope", undefined, 404, 17],
  ["POST", "/tools/create-archive", {}, 400, 15],
  ["GET", `/studies/${IDS.knee}/archive?transcode=1.2.3`, undefined, 400, 3],
  ["POST", `/studies/${IDS.knee}/archive`, { Transcode: "1.2.3" }, 400, 3],
  ["GET", "/jobs/nope/archive", undefined, 404, 7],
  ["DELETE", "/jobs/nope/archive", undefined, 404, 7],
] as const;

Deno.test("what cannot be archived is refused", async (t) => {
  await using server = await startFilled();
  for (const [method, path, body, status, code] of REFUSED) {
    await t.step(`${method} ${path} ${JSON.stringify(body)}`, async () => {
      const response = await server.send(method, path, body);
      const { OrthancStatus } = await response.json();
      assert.deepEqual([response.status, OrthancStatus], [status, code]);
    });
  }
});

Deno.test("a file that is gone is refused before the first byte", async () => {
  await using server = await startFilled();
  for await (const path of filesBelow(server.folder)) await Deno.remove(path);
  const response = await server.send("GET", `/series/${IDS.mr}/archive`);
  assert.equal(response.status, 404);
  assert.equal((await response.json()).OrthancStatus, 13);
});

Deno.test("a file that goes while the archive is sent ends it before its end", async () => {
  await using server = await startFilled();
  const sent = await server.send("GET", `/patients/${IDS.p1}/archive`);
  for await (const path of filesBelow(server.folder)) await Deno.remove(path);
  await assert.rejects(sent.bytes());
});

Deno.test("files are transcoded where that is wanted, and refused where it is impossible", async () => {
  await using server = await startFilled();
  const { files, length } = await archive(
    server,
    "GET",
    `/series/${IDS.mr}/archive?transcode=${IMPLICIT}`,
  );
  assert.equal(length, null);
  assert.ok([...files.values()].every((file) => file.includes(`${IMPLICIT}\0`)));
  const broken = instanceFile({ SOPInstanceUID: "5", SeriesInstanceUID: "5.1", Rows: [200] });
  const { ParentSeries } = await server.upload(broken);
  const refused = await server.send("GET", `/series/${ParentSeries}/media?transcode=${JPEG}`);
  assert.notEqual(refused.status, 200);
  await refused.body?.cancel();
});

Deno.test("a job makes an archive, which can be got until it is removed", async () => {
  await using server = await startFilled();
  const body = { Resources: [IDS.p1, IDS.p2], Asynchronous: true, UserData: "mine" };
  const { ID, Path } = await server.post<Job>("/tools/create-media", body);
  assert.equal(Path, `/jobs/${ID}`);
  const job = await ended(server, ID);
  const size = FILES.reduce((sum, { length }) => sum + length, 0);
  const { ArchiveSize, ...content } = job.Content;
  assert.deepEqual([job.State, job.Type], ["Success", "Media"]);
  assert.deepEqual(content, {
    ArchiveSizeMB: 0,
    Description: "REST API",
    InstancesCount: 5,
    UncompressedSize: String(size),
    UncompressedSizeMB: 0,
  });
  const { files, length, response } = await archive(server, "GET", `/jobs/${ID}/archive`);
  assert.equal(files.size, 6);
  assert.equal(length, ArchiveSize);
  assert.equal(response.headers.get("content-disposition"), 'filename="archive.zip"');
  const other = await server.send("GET", `/jobs/${ID}/other`);
  assert.equal((await other.json()).Details, "Job has no such output: other");
  assert.equal((await server.send("DELETE", `/jobs/${ID}/archive`)).status, 200);
  assert.equal((await server.send("GET", `/jobs/${ID}/archive`)).status, 404);
});

Deno.test("of the archives that jobs made the last are kept", async () => {
  await using server = await startFilled({ MediaArchiveSize: 2 });
  const ids: string[] = [];
  for (const id of [IDS.mr, IDS.ct, IDS.knee]) {
    const body = { Synchronous: false };
    const { ID } = await server.post<Job>(
      `/${id === IDS.knee ? "studies" : "series"}/${id}/archive`,
      body,
    );
    await ended(server, ID);
    ids.push(ID);
  }
  const statuses = await Promise.all(ids.map(async (id) => {
    const response = await server.send("GET", `/jobs/${id}/archive`);
    await response.body?.cancel();
    return response.status;
  }));
  assert.deepEqual(statuses, [404, 200, 200]);
});

Deno.test("without SynchronousZipStream the archive is a job's, sent when it is whole", async () => {
  await using server = await startFilled({ SynchronousZipStream: false, ZipUseUtf8: true });
  const { files, length } = await archive(server, "GET", `/patients/${IDS.p2}/media`);
  assert.equal(files.size, 2);
  assert.notEqual(length, null);
  const [job] = await server.get<Job[]>("/jobs?expand");
  assert.deepEqual([job?.Type, job?.State], ["Media", "Success"]);
});

async function ended(server: TestApp, id: string): Promise<Job> {
  for (;;) {
    const job = await server.get<Job>(`/jobs/${id}`);
    if (job.State === "Success" || job.State === "Failure") return job;
    await new Promise((resolve) => setTimeout(resolve));
  }
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesBelow(path);
    else if (!name.startsWith("outpost.")) yield path;
  }
}
