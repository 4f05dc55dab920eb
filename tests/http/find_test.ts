import assert from "node:assert/strict";
import { startApp, type TestApp } from "../support/app.ts";
import { IDS, startFilled } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";

const { p1, p2, knee, later, greek, mr, ct } = IDS;
const { mr1, mr2, ct1, later1, greek1 } = IDS;
const STUDIES = [knee, later, greek];
const INSTANCES = [mr1, mr2, ct1, later1, greek1];

/** A level, a query, further fields, and what they find. */
type Case = readonly [level: string, query: unknown, more: unknown, found: readonly string[]];

const CASES: readonly Case[] = [
  ["Study", {}, {}, STUDIES],
  ["study", {}, {}, STUDIES],
  ["Studies", {}, {}, STUDIES],
  ["Image", {}, {}, INSTANCES],
  ["Patient", { PatientID: "P1" }, {}, [p1]],
  ["Patient", { PatientID: "p1" }, {}, [p1]],
  ["Patient", { PatientID: "p1" }, { CaseSensitive: true }, []],
  ["Patient", { PatientID: "P1" }, { CaseSensitive: true }, [p1]],
  ["Patient", { "0010,0020": "P2" }, {}, [p2]],
  ["Patient", { "00100020": "P2" }, {}, [p2]],
  ["Patient", { PatientID: "P1\\P2" }, {}, [p1, p2]],
  ["Patient", { PatientID: "P?" }, {}, [p1, p2]],
  ["Patient", { PatientID: "*" }, {}, [p1, p2]],
  ["Patient", { PatientSex: "*" }, {}, [p1]],
  ["Patient", { PatientSex: "" }, {}, [p1, p2]],
  ["Patient", { PatientName: "*T-Θ" }, {}, [p2]],
  ["Patient", { PatientName: "test-θ" }, {}, [p2]],
  ["Study", { PatientName: "K*X" }, {}, [knee, later]],
  ["Study", { StudyDate: "20240115" }, {}, [knee, greek]],
  ["Study", { StudyDate: "20240116-" }, {}, [later]],
  ["Study", { StudyDate: "-20240115" }, {}, [knee, greek]],
  ["Study", { StudyDate: "20240115-20250301" }, {}, STUDIES],
  ["Study", { StudyDate: "20260101-20260102" }, {}, []],
  ["Study", { ModalitiesInStudy: "CT" }, {}, [knee]],
  ["Study", { ModalitiesInStudy: "CT\\MR" }, {}, STUDIES],
  ["Study", { ModalitiesInStudy: "US" }, {}, []],
  ["Series", { ModalitiesInStudy: "CT" }, {}, [mr, ct]],
  ["Series", { Modality: "CT" }, {}, [ct]],
  ["Instance", { Modality: "mr", StudyDate: "20240101-", PatientID: "*" }, {}, [
    mr1,
    mr2,
    later1,
    greek1,
  ]],
  ["Study", { StudyDescription: "knee (r)" }, {}, [knee]],
  ["Study", { StudyInstanceUID: "1.1\\1.3" }, {}, [knee, greek]],
  ["Study", { NumberOfStudyRelatedInstances: "3" }, {}, [knee]],
  ["Patient", { NumberOfPatientRelatedStudies: "1" }, {}, [p2]],
  ["Instance", { InstanceAvailability: "ONLINE" }, {}, INSTANCES],
  ["Instance", { Rows: "2" }, {}, INSTANCES],
  ["Instance", { BodyPartThickness: "12*" }, {}, [mr1]],
  ["Study", {}, { ParentPatient: p1 }, [knee, later]],
  ["Series", {}, { ParentStudy: knee }, [mr, ct]],
  ["Instance", {}, { ParentSeries: mr, ParentStudy: greek }, [mr1, mr2]],
  ["Instance", { Modality: "CT" }, { ParentPatient: p1 }, [ct1]],
  ["Study", {}, { ParentPatient: "nope" }, []],
  ["Study", {}, { Labels: ["urgent"] }, [knee]],
  ["Study", {}, { Labels: ["urgent", "seen"] }, [knee]],
  ["Study", {}, { Labels: ["seen", "other"], LabelsConstraint: "Any" }, [knee, later]],
  ["Study", {}, { Labels: ["urgent"], LabelsConstraint: "None" }, [later, greek]],
  ["Instance", {}, { MetadataQuery: { SopClassUid: "1.2.840.10008.5.1.4.1.1.2" } }, [ct1]],
  ["Instance", {}, { MetadataQuery: { "10": "*.1.2" } }, [ct1]],
  ["Instance", {}, { MetadataQuery: { IndexInSeries: "*" } }, [mr1, mr2, later1, greek1]],
];

/** What finds resources in one order only. */
const ORDERED: readonly Case[] = [
  ["Study", {}, { OrderBy: [order("StudyDate", "DESC"), order("StudyInstanceUID")] }, [
    later,
    knee,
    greek,
  ]],
  ["Instance", {}, { OrderBy: [order("Modality"), order("SOPInstanceUID", "DESC")], Limit: 3 }, [
    ct1,
    greek1,
    later1,
  ]],
  ["Instance", {}, {
    OrderBy: [{ Type: "MetadataAsInt", Key: "IndexInSeries", Direction: "DESC" }],
    ParentSeries: mr,
  }, [mr2, mr1]],
  ["Study", {}, { Limit: 2 }, [...STUDIES].sort().slice(0, 2)],
  ["Study", {}, { Since: 1, Limit: 1 }, [...STUDIES].sort().slice(1, 2)],
  ["Study", {}, { Since: 1 }, [...STUDIES].sort().slice(1)],
  ["Study", {}, { Since: 3 }, []],
  ["Study", {}, { Limit: Number.MAX_SAFE_INTEGER }, [...STUDIES].sort()],
  ["Instance", { Rows: "2" }, { Since: 1, Limit: 2 }, [...INSTANCES].sort().slice(1, 3)],
];

/** Bodies that are refused, with status and Orthanc's code. */
const REFUSED: readonly (readonly [body: unknown, status: number, code: number])[] = [
  ["nothing", 400, 8],
  ["[]", 400, 8],
  ["null", 400, 8],
  ["", 400, 8],
  [{ Level: "Study" }, 400, 8],
  [{ Query: {} }, 400, 8],
  [{ Level: "Foo", Query: {} }, 400, 3],
  [{ Level: 1, Query: {} }, 400, 8],
  [{ Level: "Study", Query: { PatientID: 3 } }, 400, 8],
  [{ Level: "Study", Query: [] }, 400, 8],
  [{ Level: "Study", Query: {}, Limit: -1 }, 400, 3],
  [{ Level: "Study", Query: {}, Since: -1 }, 400, 3],
  [{ Level: "Study", Query: {}, Limit: "a" }, 400, 8],
  [{ Level: "Study", Query: {}, Limit: 1.5 }, 400, 8],
  [{ Level: "Study", Query: {}, Limit: 1e300 }, 400, 8],
  [{ Level: "Study", Query: {}, LabelsConstraint: "Some" }, 400, 8],
  [{ Level: "Study", Query: { Nope: "x" } }, 500, 27],
  [{ Level: "Study", Query: { StudyDate: "2003*" } }, 400, 3],
  [{ Level: "Study", Query: { StudyInstanceUID: "1.2.*" } }, 400, 3],
  [{ Level: "Study", Query: {}, RequestedTags: ["Nope"], Expand: true }, 400, 8],
  [{ Level: "Study", Query: {}, ResponseContent: ["Nope"] }, 400, 8],
  [{ Level: "Study", Query: {}, OrderBy: [order("Nope")] }, 500, 27],
  [{ Level: "Study", Query: {}, OrderBy: [order("Modality")] }, 400, 8],
  [{ Level: "Study", Query: {}, OrderBy: [{ Type: "Color", Key: "x" }] }, 400, 8],
  [{ Level: "Study", Query: {}, MetadataQuery: { Nope: "x" } }, 404, 7],
  [{ Level: "Study", Query: {}, ParentStudy: knee }, 400, 8],
];

async function startLabelled(): Promise<TestApp> {
  const server = await startFilled();
  for (const [id, label] of [[knee, "urgent"], [knee, "seen"], [later, "other"]] as const) {
    await server.send("PUT", `/studies/${id}/labels/${label}`);
  }
  return server;
}

Deno.test("/tools/find and /tools/count-resources answer Orthanc's queries", async (t) => {
  await using server = await startLabelled();
  for (const [Level, Query, more, found] of CASES) {
    const body = { Level, Query, ...more as object };
    await t.step(JSON.stringify(body), async () => {
      const ids = await server.post<string[]>("/tools/find", body);
      assert.deepEqual(ids.sort(), [...found].sort());
      const counted = await server.post("/tools/count-resources", body);
      assert.deepEqual(counted, { Count: found.length });
    });
  }
  for (const [Level, Query, more, found] of ORDERED) {
    const body = { Level, Query, ...more as object };
    await t.step(JSON.stringify(body), async () => {
      assert.deepEqual(await server.post("/tools/find", body), found);
    });
  }
});

Deno.test("/tools/find refuses what Orthanc refuses", async (t) => {
  await using server = await startFilled();
  for (const [body, status, code] of REFUSED) {
    await t.step(JSON.stringify(body), async () => {
      for (const path of ["/tools/find", "/tools/count-resources"]) {
        const isOnlyShown = /Requested|Response/.test(JSON.stringify(body));
        if (isOnlyShown && path !== "/tools/find") continue;
        const response = await server.send("POST", path, body);
        const { OrthancStatus } = await response.json();
        assert.deepEqual([response.status, OrthancStatus], [status, code]);
      }
    });
  }
});

Deno.test("/tools/find names what it cannot read", async () => {
  await using server = await startApp();
  const facts = [
    [{ Level: "Study", Query: { Nope: "x" } }, /^Nope$/],
    [{ Level: "Study", Query: { StudyDate: "2003*" } }, /not allowed on tag 0008,0020$/],
    [{ Level: "Study", Query: { PatientID: 3 } }, /^Field "Query.PatientID" is wrong/],
  ] as const;
  for (const [body, details] of facts) {
    const response = await server.send("POST", "/tools/find", body);
    assert.match((await response.json()).Details, details);
  }
});

Deno.test("/tools/find with Expand shows what single resources show", async () => {
  await using server = await startLabelled();
  const find = (more: object) => server.post("/tools/find", { Level: "Study", Query: {}, ...more });
  const each = (query: string) =>
    Promise.all([...STUDIES].sort().map((id) => server.get(`/studies/${id}${query}`)));
  assert.deepEqual(await find({ Expand: true }), await each(""));
  assert.deepEqual(await find({ Expand: true, Short: true }), await each("?short"));
  assert.deepEqual(await find({ Expand: true, Full: true }), await each("?full"));
  assert.deepEqual(
    await find({ ResponseContent: ["MainDicomTags", "Labels"], RequestedTags: ["PatientID"] }),
    await each("?response-content=MainDicomTags;Labels&requested-tags=PatientID"),
  );
});

Deno.test("StorageAccessOnFind decides whether files are opened to match", async () => {
  await using server = await startFilled({ StorageAccessOnFind: "Answers" });
  const body = { Level: "Instance", Query: { Rows: "2" } };
  const response = await server.send("POST", "/tools/find", body);
  assert.equal(response.status, 400, await response.text());
});

/** Names in which a careless search would see more than characters. */
const NAMES = ["a[b]c", "a%b_c", "a.c", "(x|y)+", "O'Neil\"--", "^a$", "[!x]", "][", "a{2}"];

Deno.test("/tools/find takes characters of other pattern languages for what they are", async (t) => {
  await using server = await startApp();
  const ids = new Map<string, string>();
  for (const [index, PatientID] of NAMES.entries()) {
    const file = instanceFile({ PatientID, SOPInstanceUID: `1.${index}` });
    ids.set(PatientID, (await server.upload(file)).ParentPatient);
  }
  for (const [name, id] of ids) {
    for (
      const pattern of [name, `*${name}`, `${name}*`, `*${name.slice(1)}`, `?${name.slice(1)}`]
    ) {
      for (const CaseSensitive of [false, true]) {
        await t.step(`${pattern} ${CaseSensitive}`, async () => {
          const body = { Level: "Patient", Query: { PatientID: pattern }, CaseSensitive };
          assert.deepEqual(await server.post("/tools/find", body), [id]);
        });
      }
    }
  }
});

Deno.test("/tools/find counts files that match beyond one page of the index", async () => {
  await using server = await startApp();
  const numbers = Array.from({ length: 450 }, (_, number) => number);
  for (const number of numbers) {
    await server.upload(instanceFile({ SOPInstanceUID: `1.${number}`, Rows: [number % 3] }));
  }
  const body = { Level: "Instance", Query: { Rows: "1" } };
  assert.deepEqual(await server.post("/tools/count-resources", body), { Count: 150 });
  const all = await server.post<string[]>("/tools/find", body);
  const page = await server.post<string[]>("/tools/find", { ...body, Since: 70, Limit: 50 });
  assert.equal(new Set(all).size, 150);
  assert.deepEqual(page, all.slice(70, 120));
});

function order(Key: string, Direction?: string) {
  return { Type: "DicomTag", Key, ...(Direction && { Direction }) };
}
