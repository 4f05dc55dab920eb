import assert from "node:assert/strict";
import { IDS, startFilled } from "../support/filled.ts";
import { startApp, type TestApp } from "../support/app.ts";

const MD5_OF = {
  hello: "5d41402abc4b2a76b9719d911017c592",
  x: "9dd4e461268c8034f5c8564e155c67a6",
} as const;
const CONFIG = { UserMetadata: { MyMeta: 1024, Other: 1030 } };
const INSTANCE = `/instances/${IDS.mr1}`;
const META = `${INSTANCE}/metadata`;

/** One request with what must come of it; `body` of a failure is Orthanc's number. */
interface Step {
  readonly ask: readonly [method: string, path: string, body?: string];
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly body?: string | number;
  readonly etag?: string;
}

async function run(server: TestApp, t: Deno.TestContext, steps: readonly Step[]) {
  for (const { ask: [method, path, sent], headers, status, body = "", etag } of steps) {
    await t.step(`${method} ${path} ${JSON.stringify(headers ?? {})}`, async () => {
      const response = await server.send(method, path, sent, headers && { headers });
      const text = await response.text();
      assert.equal(response.status, status, text);
      assert.equal(typeof body === "number" ? JSON.parse(text).OrthancStatus : text, body);
      assert.equal(response.headers.get("ETag"), etag === undefined ? null : `"${etag}"`);
    });
  }
}

/** As a real Orthanc answers, with the revisions of its newest version. */
const STEPS: readonly Step[] = [
  { ask: ["GET", `${META}/MyMeta`], status: 404 },
  { ask: ["GET", `${META}/Nope`], status: 404, body: 7 },
  { ask: ["GET", `${META}/2000`], status: 404 },
  { ask: ["PUT", `${META}/MyMeta`, "hello"], status: 200, etag: `0-${MD5_OF.hello}` },
  { ask: ["GET", `${META}/MyMeta`], status: 200, body: "hello", etag: `0-${MD5_OF.hello}` },
  { ask: ["GET", `${META}/1024`], status: 200, body: "hello", etag: `0-${MD5_OF.hello}` },
  {
    ask: ["GET", `${META}/MyMeta`],
    headers: { "If-None-Match": `"0-${MD5_OF.hello}"` },
    status: 304,
    etag: `0-${MD5_OF.hello}`,
  },
  { ask: ["PUT", `${META}/MyMeta`, "x"], status: 200, etag: `1-${MD5_OF.x}` },
  {
    ask: ["PUT", `${META}/MyMeta`, "hello"],
    headers: { "If-Match": `"0-${MD5_OF.hello}"` },
    status: 409,
    body: 43,
  },
  {
    ask: ["PUT", `${META}/MyMeta`, "hello"],
    headers: { "If-Match": `"1-${MD5_OF.hello}"` },
    status: 409,
    body: 43,
  },
  {
    ask: ["PUT", `${META}/MyMeta`, "hello"],
    headers: { "If-Match": `"1-${MD5_OF.x}"` },
    status: 200,
    etag: `2-${MD5_OF.hello}`,
  },
  { ask: ["PUT", `${META}/MyMeta`, ""], headers: { "If-Match": "zz" }, status: 400, body: 3 },
  { ask: ["DELETE", `${META}/MyMeta`], headers: { "If-Match": '"7-z"' }, status: 409, body: 43 },
  { ask: ["DELETE", `${META}/MyMeta`], status: 200 },
  { ask: ["DELETE", `${META}/MyMeta`], status: 404, body: 17 },
  { ask: ["PUT", `${META}/MyMeta`, "x"], status: 200, etag: `0-${MD5_OF.x}` },
  { ask: ["PUT", `${META}/65535`, "x"], status: 200, etag: `0-${MD5_OF.x}` },
  { ask: ["PUT", `${META}/65536`, "x"], status: 403 },
  { ask: ["PUT", `${META}/1023`, "x"], status: 403 },
  { ask: ["PUT", `${META}/ModifiedFrom`, "x"], status: 403 },
  { ask: ["DELETE", `${META}/TransferSyntax`], status: 403 },
  { ask: ["GET", "/instances/nope/metadata"], status: 404, body: 17 },
  { ask: ["GET", "/instances/nope/metadata/MyMeta"], status: 404, body: 17 },
  { ask: ["PUT", "/instances/nope/metadata/MyMeta", "x"], status: 404, body: 17 },
  { ask: ["DELETE", "/instances/nope/metadata/MyMeta"], status: 404, body: 17 },
  { ask: ["GET", `/studies/${IDS.mr1}/metadata`], status: 404, body: 17 },
];

Deno.test("metadata is set, read, versioned and removed", async (t) => {
  await using server = await startFilled(CONFIG);
  await run(server, t, STEPS);
});

Deno.test("CheckRevisions asks for the version of what is replaced or removed", async (t) => {
  await using server = await startFilled({ ...CONFIG, CheckRevisions: true });
  const path = `/studies/${IDS.knee}/metadata/MyMeta`;
  await run(server, t, [
    { ask: ["PUT", path, "x"], status: 200, etag: `0-${MD5_OF.x}` },
    { ask: ["PUT", path, "hello"], status: 409, body: 43 },
    { ask: ["DELETE", path], status: 409, body: 43 },
    { ask: ["DELETE", path], headers: { "If-Match": `"0-${MD5_OF.x}"` }, status: 200 },
  ]);
});

Deno.test("metadata is listed by name or number, alone or with values", async () => {
  await using server = await startFilled(CONFIG);
  await server.send("PUT", `/studies/${IDS.knee}/metadata/2000`, "b");
  await server.send("PUT", `/studies/${IDS.knee}/metadata/MyMeta`, "a");
  const list = (query: string) => server.get(`/studies/${IDS.knee}/metadata${query}`);
  assert.deepEqual(await list(""), ["LastUpdate", "MainDicomTagsSignature", "MyMeta", "2000"]);
  assert.deepEqual(await list("?numeric"), [7, 15, 1024, 2000]);
  const named = await list("?expand") as Record<string, string>;
  assert.deepEqual([named.MyMeta, named["2000"]], ["a", "b"]);
  const numbered = await list("?expand&numeric") as Record<string, string>;
  assert.deepEqual([numbered["1024"], numbered["7"]], ["a", named.LastUpdate]);
});

Deno.test("metadata of the user's own is found, and its changes are logged", async () => {
  await using server = await startFilled(CONFIG);
  const { Last: since } = await server.get<{ Last: number }>("/changes?last");
  await server.send("PUT", `/studies/${IDS.knee}/metadata/MyMeta`, "Knee 1");
  await server.send("PUT", `/studies/${IDS.later}/metadata/MyMeta`, "Hip");
  const query = { Level: "Study", Query: {}, MetadataQuery: { MyMeta: "Knee*" } };
  assert.deepEqual(await server.post("/tools/find", query), [IDS.knee]);
  await server.send("DELETE", `/studies/${IDS.knee}/metadata/MyMeta`);
  assert.deepEqual(await server.post("/tools/find", query), []);
  const { Changes } = await server.get<{ Changes: { ChangeType: string; ID: string }[] }>(
    `/changes?since=${since}`,
  );
  assert.deepEqual(Changes.map(({ ChangeType, ID }) => [ChangeType, ID]), [
    ["UpdatedMetadata", IDS.knee],
    ["UpdatedMetadata", IDS.later],
    ["UpdatedMetadata", IDS.knee],
  ]);
});

Deno.test("a read-only server refuses to change metadata", async () => {
  await using writing = await startFilled(CONFIG);
  await using server = await startApp({
    folder: writing.folder,
    config: { ...CONFIG, ReadOnly: true },
  });
  const response = await server.send("PUT", `${META}/MyMeta`, "x");
  assert.equal(JSON.parse(await response.text()).OrthancStatus, 22);
});
