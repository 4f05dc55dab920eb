import assert from "node:assert/strict";
import { type RemoteApp, startRemoteApp } from "../support/remote_app.ts";

const ANSWERS = [
  {
    QueryRetrieveLevel: "STUDY",
    PatientID: "P1",
    PatientName: "Köhler^Ü",
    StudyInstanceUID: "1.1",
    AccessionNumber: "",
  },
  { QueryRetrieveLevel: "STUDY", PatientID: "P2", StudyInstanceUID: "1.2" },
];
const KEYS = { "0008,0050": "", "0008,0052": "STUDY", "0010,0020": "P1", "0020,000d": "1.1" };

async function query(server: RemoteApp, body: Record<string, unknown> = {}): Promise<string> {
  const asked = { Level: "Study", Query: { PatientName: "K*" }, ...body };
  const { ID, Path } = await server.post<Record<string, string>>("/modalities/ct/query", asked);
  assert.equal(Path, `/queries/${ID}`);
  return Path!;
}

Deno.test("a query is kept with its answers", async () => {
  await using server = await startRemoteApp({ answers: ANSWERS });
  const path = await query(server);
  assert.deepEqual(await server.get("/queries"), [path.replace("/queries/", "")]);
  assert.deepEqual(await server.get(path), ["answers", "level", "modality", "query", "retrieve"]);
  assert.equal(await (await server.send("GET", `${path}/level`)).text(), "Study");
  assert.equal(await (await server.send("GET", `${path}/modality`)).text(), "ct");
  assert.deepEqual(await server.get(`${path}/query?simplify`), { PatientName: "K*" });
  assert.deepEqual(await server.get(`${path}/query`), {
    "0010,0010": { Name: "PatientName", Type: "String", Value: "K*" },
  });
  assert.deepEqual(await server.get(`${path}/answers`), ["0", "1"]);
  assert.deepEqual(await server.get(`${path}/answers?expand&simplify`), ANSWERS);
  assert.deepEqual(await server.get(`${path}/answers/0`), [
    "content",
    "retrieve",
    "query-series",
    "query-instances",
  ]);
  assert.deepEqual(await server.get(`${path}/answers/1/content?short`), {
    "0008,0052": "STUDY",
    "0010,0020": "P2",
    "0020,000d": "1.2",
  });
});

Deno.test("query asks for the keys of its level, and what the request names of it", async () => {
  await using server = await startRemoteApp();
  const Query = { PatientName: "K*", StudyDate: "2004-", Modality: "MR", "0020,000d": "1.2" };
  await query(server, { Query });
  await query(server, { Query, Normalize: false, LocalAet: "ME", Timeout: 4 });
  const [normalized, whole] = server.client.asked;
  const keys = {
    QueryRetrieveLevel: "STUDY",
    PatientID: "",
    StudyInstanceUID: "1.2",
    AccessionNumber: "",
    PatientName: "K*",
    StudyDate: "2004-",
  };
  assert.equal(normalized?.model, "study-root");
  assert.deepEqual(normalized?.identifier, keys);
  assert.deepEqual(whole?.identifier, { ...keys, Modality: "MR" });
  assert.deepEqual([whole?.remote.callingAet, whole?.remote.timeoutMs], ["ME", 4000]);
});

/** What is asked of each manufacturer for a date and a name of `*`. */
const QUIRKS: Readonly<Record<string, readonly [date: string, name: string, universal: string]>> = {
  Generic: ["*", "*", ""],
  Vitrea: ["*", "*", ""],
  GE: ["*", "*", "*"],
  GenericNoWildcardInDates: ["", "*", ""],
  GenericNoUniversalWildcard: ["", "", ""],
};
for (const [manufacturer, expected] of Object.entries(QUIRKS)) {
  Deno.test(`query asks ${manufacturer} as it needs to be asked`, async () => {
    const config = { DicomModalities: { ct: ["CT", "10.0.0.1", 104, manufacturer] } };
    await using server = await startRemoteApp({}, config);
    await query(server, { Query: { StudyDate: "*", PatientName: "*" } });
    const identifier = server.client.asked[0]?.identifier as Record<string, string>;
    const { StudyDate, PatientName, StudyInstanceUID } = identifier;
    assert.deepEqual([StudyDate, PatientName, StudyInstanceUID], expected);
  });
}

/** Requests that fail, with status and `OrthancStatus`; `{}` stands for a query. */
const FAILURES: readonly (readonly [
  method: string,
  path: string,
  body: unknown,
  status: number,
  code: number,
])[] = [
  ["POST", "/modalities/ct/query", { Query: {} }, 400, 15],
  ["POST", "/modalities/ct/query", "", 400, 15],
  ["POST", "/modalities/ct/query", { Level: "x" }, 400, 3],
  ["POST", "/modalities/ct/query", { Level: "Study", Query: { Nope: "" } }, 400, 15],
  ["POST", "/modalities/ct/query", { Level: "Study", Query: { PatientID: 1 } }, 400, 15],
  ["POST", "/modalities/dead/query", { Level: "Study" }, 500, 9],
  ["POST", "/modalities/nope/query", { Level: "Study" }, 404, 7],
  ["GET", "/queries/nope", undefined, 404, 17],
  ["GET", "/queries/nope/answers", undefined, 404, 17],
  ["GET", "{}/answers/9", undefined, 400, 3],
  ["GET", "{}/answers/9/content", undefined, 400, 3],
  ["GET", "{}/answers/x", undefined, 400, 5],
  ["POST", "{}/answers/0/query-studies", {}, 404, 17],
  ["POST", "{}/answers/0/query-series", "", 400, 15],
  ["POST", "{}/retrieve", { TargetAet: "much too long for an AE" }, 400, 15],
  ["POST", "{}/retrieve", [], 400, 15],
  ["POST", "/queries/nope/retrieve", "", 404, 17],
];

Deno.test("queries fail as with Orthanc", async (t) => {
  await using server = await startRemoteApp({ answers: ANSWERS });
  const path = await query(server);
  for (const [method, where, body, status, code] of FAILURES) {
    await t.step(`${method} ${where} ${JSON.stringify(body) ?? ""}`, async () => {
      const response = await server.send(method, where.replace("{}", path), body);
      assert.equal(response.status, status);
      assert.equal((await response.json()).OrthancStatus, code);
    });
  }
});

Deno.test("QueryRetrieveSize queries are kept, and one can be forgotten", async () => {
  await using server = await startRemoteApp({}, { QueryRetrieveSize: 2 });
  const paths = [await query(server), await query(server), await query(server)];
  assert.equal((await server.send("GET", paths[0]!)).status, 404);
  for (let n = 0; n < 2; n++) {
    assert.equal((await server.send("DELETE", paths[1]!)).status, 200);
  }
  assert.deepEqual(await server.get("/queries"), [paths[2]!.replace("/queries/", "")]);
});

Deno.test("query-series and query-instances ask below an answer", async () => {
  await using server = await startRemoteApp({ answers: ANSWERS });
  const path = await query(server);
  await server.post(`${path}/answers/0/query-series`, { Query: { Modality: "" }, Timeout: 3 });
  await server.post(`${path}/answers/1/query-instances`, {});
  const [, series, instances] = server.client.asked;
  assert.deepEqual(series?.identifier, {
    QueryRetrieveLevel: "SERIES",
    PatientID: "P1",
    StudyInstanceUID: "1.1",
    SeriesInstanceUID: "",
    AccessionNumber: "",
    Modality: "",
  });
  assert.equal(series?.remote.timeoutMs, 3000);
  assert.equal((instances?.identifier as Record<string, string>).QueryRetrieveLevel, "IMAGE");
});

for (
  const [form, body, target] of [
    ["nothing", "", "ORTHANC"],
    ["an AE title", "OTHER", "OTHER"],
    ["an AE title in JSON", '"OTHER"', "OTHER"],
    ["an AE title of digits", "1234", "1234"],
    ["an object", { TargetAet: "OTHER" }, "OTHER"],
  ] as const
) {
  Deno.test(`retrieve takes ${form} for where to send`, async () => {
    await using server = await startRemoteApp({ answers: ANSWERS.slice(0, 1) });
    const path = await query(server);
    assert.deepEqual(await server.post(`${path}/retrieve`, body), {
      Description: "REST API",
      Details: [{ DimseErrorStatus: 0, Query: KEYS, ReceivedInstancesIds: [] }],
      LocalAet: "ORTHANC",
      Query: [KEYS],
      RemoteAet: "CT",
      TargetAet: target,
    });
    assert.deepEqual(server.client.asked.at(-1)?.destinationAet, target);
  });
}

Deno.test("retrieve takes all answers, or one", async () => {
  await using server = await startRemoteApp({ answers: ANSWERS });
  const path = await query(server);
  const all = await server.post<{ Query: unknown[] }>(`${path}/retrieve`, "");
  assert.equal(all.Query.length, 2);
  const one = await server.post(`${path}/answers/1/retrieve`, { Simplify: true });
  assert.deepEqual((one as { Query: unknown }).Query, [
    { QueryRetrieveLevel: "STUDY", PatientID: "P2", StudyInstanceUID: "1.2" },
  ]);
});

Deno.test("retrieve goes by what the request, the modality or the configuration says", async () => {
  const modality = { AET: "CT", Host: "h", Port: 104, RetrieveMethod: "C-GET" };
  const config = { DicomModalities: { ct: modality }, DicomDefaultRetrieveMethod: "C-MOVE" };
  await using server = await startRemoteApp({ answers: ANSWERS }, config);
  const path = await query(server);
  await server.post(`${path}/answers/0/retrieve`, "");
  await server.post(`${path}/answers/0/retrieve`, { RetrieveMethod: "C-MOVE" });
  await server.send("PUT", "/modalities/ct", { ...modality, RetrieveMethod: "SystemDefault" });
  await server.post(`${await query(server)}/answers/0/retrieve`, "");
  const services = server.client.asked.map(({ service }) => service);
  assert.deepEqual(services, ["find", "get", "move", "find", "move"]);
});
