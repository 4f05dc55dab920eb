import assert from "node:assert/strict";
import { startWithStudy, type StudyApp } from "../support/study.ts";

interface Outcome {
  readonly ID: string;
  readonly Path: string;
  readonly PatientID: string;
  readonly FailedInstancesCount: number;
  readonly InstancesCount: number;
  readonly Resources: readonly { readonly ID: string; readonly Type: string }[];
}

type Tags = Readonly<Record<string, unknown>>;

/** The tags of the file that an instance becomes; it is stored elsewhere to be read. */
async function tagsOf(server: StudyApp, file: Response): Promise<Tags> {
  assert.equal(file.status, 200, await file.clone().text());
  assert.equal(file.headers.get("Content-Type"), "application/dicom");
  const bytes = new Uint8Array(await file.arrayBuffer());
  assert.equal(file.headers.get("Content-Length"), String(bytes.length));
  const { ID } = await server.upload(bytes);
  return await server.get<Tags>(`/instances/${ID}/tags?short&whole`);
}

async function allTags(server: StudyApp, parent: string): Promise<Tags[]> {
  const instances = await server.get<{ ID: string }[]>(`${parent}/instances`);
  return await Promise.all(
    instances.map(({ ID }) => server.get<Tags>(`/instances/${ID}/tags?short`)),
  );
}

async function count(server: StudyApp): Promise<number> {
  return (await server.get<{ CountInstances: number }>("/statistics")).CountInstances;
}

Deno.test("modify of an instance answers the new file and stores nothing", async () => {
  await using server = await startWithStudy();
  const [id] = server.instances;
  const response = await server.send("POST", `/instances/${id}/modify`, {
    Replace: {
      PatientComments: "日本",
      Rows: "7",
      "ReferencedImageSequence[*].PatientName": "X",
      OtherPatientIDsSequence: [{ PatientID: "Q" }],
      "4321-1012": "data:application/octet-stream;base64,AQID",
    },
    Remove: ["AccessionNumber", "ReferencedImageSequence[0].0008,1150"],
    PrivateCreator: "Lunit",
  });
  assert.equal(await count(server), 4);
  const tags = await tagsOf(server, response);
  assert.equal(tags["0008,0005"], "ISO_IR 192");
  assert.equal(tags["0008,0050"], undefined);
  assert.match(String(tags["0008,0018"]), /^2\.25\./);
  assert.deepEqual(tags["0008,1140"], [{ "0008,1155": tags["0008,0018"], "0010,0010": "X" }]);
  assert.equal(tags["0010,0010"], "Müller^Hans");
  assert.deepEqual(tags["0010,1002"], [{ "0010,0020": "Q" }]);
  assert.equal(tags["0010,4000"], "日本");
  assert.equal(tags["0020,000e"], "1.2.3.1");
  assert.equal(tags["0028,0010"], "7");
  assert.equal(tags["4321,0010"], "Lunit");
  assert.equal(tags["0009,1001"], "private");
});

Deno.test("modify of an instance makes parents anew that are replaced", async () => {
  await using server = await startWithStudy();
  const body = { Replace: { PatientID: "NEW" }, Force: true, RemovePrivateTags: true };
  const file = await server.send("POST", `/instances/${server.instances[0]}/modify`, body);
  const tags = await tagsOf(server, file);
  assert.equal(tags["0010,0020"], "NEW");
  assert.equal(tags["0009,1001"], undefined);
  for (const tag of ["0008,0018", "0020,000d", "0020,000e"]) {
    assert.match(String(tags[tag]), /^2\.25\./, tag);
  }
});

Deno.test("modify of a series makes a new one in the same study, with references that follow", async () => {
  await using server = await startWithStudy();
  const [source] = server.series;
  const outcome = await server.post<Outcome>(`/series/${source}/modify`, {
    Replace: { SeriesDescription: "New" },
  });
  assert.equal(outcome.Path, `/series/${outcome.ID}`);
  assert.equal(outcome.PatientID, server.patient);
  assert.deepEqual(outcome.Resources, [{ ID: source, Type: "Series" }]);
  assert.equal(await count(server), 6);
  const series = await server.get<Tags>(`/series/${outcome.ID}`);
  assert.equal(series.ParentStudy, server.study);
  assert.equal(series.ModifiedFrom, source);
  const all = await allTags(server, outcome.Path);
  const first = all.find((tags) => tags["0020,0013"] === "1")!;
  const references = all.map((tags) => (tags["0008,1140"] as Tags[])[0]!["0008,1155"]);
  assert.deepEqual(references, [first["0008,0018"], first["0008,0018"]]);
  assert.equal(first["0008,103e"], "New");
  assert.equal(first["0020,0052"], "1.2.3.77"); // not of what is modified
  const { Changes } = await server.get<{ Changes: { ChangeType: string; ID: string }[] }>(
    "/changes",
  );
  const modified = Changes.filter(({ ChangeType }) => ChangeType.startsWith("Modified"));
  assert.deepEqual(modified.map(({ ChangeType, ID }) => [ChangeType, ID]), [
    ["ModifiedSeries", outcome.ID],
  ]);
});

Deno.test("modify without KeepSource removes the source, when all is done", async () => {
  await using server = await startWithStudy();
  await server.send("PUT", `/studies/${server.study}/labels/urgent`);
  const { ID } = await server.post<Outcome>(`/studies/${server.study}/modify`, {
    Replace: { StudyDescription: "New" },
    KeepSource: false,
    KeepLabels: true,
  });
  assert.deepEqual(await server.get("/studies"), [ID]);
  assert.equal(await count(server), 4);
  const study = await server.get<{ Labels: unknown; MainDicomTags: Tags }>(`/studies/${ID}`);
  assert.deepEqual(study.Labels, ["urgent"]);
  assert.equal(study.MainDicomTags.StudyDescription, "New");
});

Deno.test("modify in place keeps the identifiers, and the index knows the new values", async () => {
  await using server = await startWithStudy();
  const body = {
    Replace: { StudyDescription: "New" },
    Keep: ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"],
    Force: true,
    KeepSource: false,
  };
  const { ID } = await server.post<Outcome>(`/studies/${server.study}/modify`, body);
  assert.equal(ID, server.study);
  assert.deepEqual(await server.get("/instances"), [...server.instances].sort());
  const { MainDicomTags } = await server.get<{ MainDicomTags: Tags }>(`/studies/${ID}`);
  assert.equal(MainDicomTags.StudyDescription, "New");
  const found = { Level: "Study", Query: { StudyDescription: "New" } };
  assert.deepEqual(await server.post("/tools/find", found), [ID]);
});

Deno.test("a study goes to another patient", async () => {
  await using server = await startWithStudy();
  const body = { Replace: { PatientID: "P2", PatientName: "Roe" }, Force: true };
  const { ID } = await server.post<Outcome>(`/studies/${server.study}/modify`, body);
  const study = await server.get<{ PatientMainDicomTags: Tags }>(`/studies/${ID}`);
  assert.deepEqual(study.PatientMainDicomTags, { PatientID: "P2", PatientName: "Roe" });
});

Deno.test("bulk-modify lists what it made, from the bottom up", async () => {
  await using server = await startWithStudy();
  const body = { Resources: server.series, Level: "Series", Replace: { SeriesDescription: "N" } };
  const { Resources, InstancesCount } = await server.post<Outcome>("/tools/bulk-modify", body);
  assert.equal(InstancesCount, 4);
  assert.deepEqual(
    Resources.map(({ Type }) => Type),
    ["Instance", "Instance", "Instance", "Instance", "Series", "Series", "Study", "Patient"],
  );
});

Deno.test("a modification can go on as a job, and leave out what fails", async () => {
  await using server = await startWithStudy();
  const body = {
    Asynchronous: true,
    Permissive: true,
    Replace: { InstanceNumber: "1" },
    UserData: "mine",
  };
  const { ID, Path } = await server.post<Outcome>(`/studies/${server.study}/modify`, body);
  assert.equal(Path, `/jobs/${ID}`);
  const job = await ended(server, Path);
  assert.equal(job.State, "Success");
  assert.equal(job.Type, "ResourceModification");
  assert.equal(job.UserData, "mine");
  assert.equal((job.Content as Outcome).FailedInstancesCount, 0);
});

/** What a loaded machine may need. */
const LONGEST_MS = 120_000;

async function ended(server: StudyApp, path: string): Promise<Tags> {
  for (const until = Date.now() + LONGEST_MS; Date.now() < until;) {
    const job = await server.get<Tags>(path);
    if (job.State === "Success" || job.State === "Failure") return job;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail("the job does not end");
}

Deno.test("Transcode changes the transfer syntax; what is impossible fails", async () => {
  await using server = await startWithStudy();
  const modify = `/instances/${server.instances[0]}/modify`;
  const answer = await server.send("POST", modify, { Transcode: "1.2.840.10008.1.2" });
  const { ID } = await server.upload(new Uint8Array(await answer.arrayBuffer()));
  const header = await server.get<Tags>(`/instances/${ID}/header?simplify`);
  assert.equal(header.TransferSyntaxUID, "1.2.840.10008.1.2");
  const refused = await server.send("POST", modify, { Transcode: "1.2.3" });
  assert.equal(refused.status, 500);
  await refused.body?.cancel();
});

/** Requests that are refused, with status, number of the error, and a part of the message. */
const REFUSED: readonly (readonly [path: string, body: unknown, status: number, part: string])[] = [
  ["studies/:study/modify", { Replace: { PatientID: "X" } }, 400, '"PatientID" as to be replaced'],
  ["studies/:study/modify", { Keep: ["SOPInstanceUID"] }, 400, '"SOPInstanceUID" as to be kept'],
  ["studies/:study/modify", { Remove: ["StudyInstanceUID"] }, 400, "as to be removed requires"],
  ["studies/:study/modify", { Remove: ["PatientID"], Force: true }, 400, "cannot be removed"],
  [
    "series/:series/modify",
    { Replace: { PatientID: "X" }, Force: true },
    400,
    "When modifying a series, the parent PatientID cannot be manually modified",
  ],
  ["patients/:patient/modify", { Replace: {} }, 400, "her PatientID is required to be modified"],
  ["patients/:patient/anonymize", { Replace: { PatientID: "X" } }, 400, '"Force"'],
  ["studies/:study/modify", "", 400, "JSON object"],
  ["studies/:study/anonymize", "", 400, "JSON object"],
  ["studies/:study/modify", [], 400, "JSON object"],
  ["studies/:study/modify", { Replace: [] }, 400, "Replace"],
  ["studies/:study/modify", { Replace: { PatientSex: {} } }, 400, "Replace"],
  ["studies/:study/modify", { Remove: ["NoSuchTag"] }, 500, "unknown tag"],
  ["studies/:study/modify", { Replace: { "PatientName.x": "" } }, 400, "number of an item"],
  ["studies/:study/modify", { Replace: { Rows: "many" } }, 400, "not a number"],
  ["studies/:study/anonymize", { DicomVersion: "1999" }, 400, "DicomVersion"],
  ["studies/nope/modify", {}, 404, "nope"],
  ["instances/nope/anonymize", {}, 404, "nope"],
  ["tools/bulk-modify", { Resources: ["nope"], Level: "Study" }, 404, "nope"],
  ["studies/:study/split", {}, 400, 'Both the "Series" and the "Instances" fields are missing'],
  ["studies/:study/split", { Series: ["nope"] }, 404, "nope"],
  [
    "studies/:study/split",
    { Series: [], Replace: { Rows: "5" } },
    400,
    "(not in the patient/study modules): Rows (0028,0010)",
  ],
  ["studies/:study/split", { Series: [], Replace: { StudyInstanceUID: "5" } }, 400, "(0020,000d)"],
  ["studies/:study/merge", {}, 400, "Resources"],
  ["studies/nope/merge", { Resources: [] }, 404, "nope"],
  ["studies/:study/merge", { Resources: [":series"] }, 400, "into its parent study"],
];

Deno.test("what would break the hierarchy, or makes no sense, is refused", async (t) => {
  await using server = await startWithStudy();
  const ids = { study: server.study, series: server.series[0]!, patient: server.patient };
  const named = (text: string) =>
    text.replace(/:(study|series|patient)/g, (_, name: keyof typeof ids) => ids[name]);
  for (const [path, body, status, part] of REFUSED) {
    await t.step(`${path} ${JSON.stringify(body)}`, async () => {
      const written = JSON.parse(named(JSON.stringify(body)));
      const response = await server.send("POST", `/${named(path)}`, written);
      const text = await response.text();
      assert.equal(response.status, status, text);
      assert.ok(text.includes(JSON.stringify(part).slice(1, -1)), text);
    });
  }
  assert.equal(await count(server), 4);
});
