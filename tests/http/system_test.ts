import assert from "node:assert/strict";
import { instanceFile } from "../support/instances.ts";
import { startApp } from "../support/app.ts";
import { createTestClock } from "../support/clock.ts";

Deno.test("/system says what clients of Orthanc read", async () => {
  await using server = await startApp({
    config: { Name: "ward 7", DicomAet: "WARD7", DicomPort: 4343, UserMetadata: { Reader: 1024 } },
  });
  const { MainDicomTags, OutpostVersion, ...system } = await server.get<Record<string, unknown>>(
    "/system",
  );
  assert.equal(typeof OutpostVersion, "string");
  assert.deepEqual(Object.keys(MainDicomTags as object), [
    "Patient",
    "Study",
    "Series",
    "Instance",
  ]);
  assert.deepEqual(system, {
    ApiVersion: 31,
    Capabilities: { HasExtendedChanges: true, HasExtendedFind: true },
    CheckRevisions: false,
    DatabaseBackendPlugin: null,
    DatabaseVersion: 6,
    DicomAet: "WARD7",
    DicomPort: 4343,
    HasLabels: true,
    HttpPort: 8042,
    IsHttpServerSecure: true,
    MaximumPatientCount: 0,
    MaximumStorageMode: "Recycle",
    MaximumStorageSize: 0,
    Name: "ward 7",
    OverwriteInstances: "Never",
    PluginsEnabled: false,
    ReadOnly: false,
    StorageAreaPlugin: null,
    StorageCompression: false,
    UserMetadata: { Reader: 1024 },
    Version: system.Version,
  });
  assert.match(String(system.Version), /^1\.1\d\.\d+$/);
});

/** Plain values, and what they look like. */
const TEXTS: readonly (readonly [path: string, pattern: RegExp])[] = [
  ["/tools/now", /^20260101T000000$/],
  ["/tools/now-local", /^202(5123|6010)\dT\d{6}$/],
  ["/tools/generate-uid?level=patient", /^[0-9a-f-]{36}$/],
  ["/tools/generate-uid?level=study", /^[0-2](\.(0|[1-9]\d*))+$/],
  ["/tools/generate-uid?level=series", /^[0-2](\.(0|[1-9]\d*))+$/],
  ["/tools/generate-uid?level=instance", /^[0-2](\.(0|[1-9]\d*))+$/],
  ["/tools/default-encoding", /^Latin1$/],
  ["/tools/log-level", /^default$/],
  ["/tools/log-level-dicom", /^default$/],
];

for (const [path, pattern] of TEXTS) {
  Deno.test(`${path} is text like ${pattern}`, async () => {
    await using server = await startApp({ clock: createTestClock(Date.UTC(2026, 0, 1)) });
    const response = await server.send("GET", path);
    assert.equal(response.headers.get("content-type"), "text/plain");
    assert.match(await response.text(), pattern);
  });
}

Deno.test("/tools/generate-uid gives no UID twice, and none for another level", async () => {
  await using server = await startApp();
  const one = async () => (await server.send("GET", "/tools/generate-uid?level=study")).text();
  const uids = await Promise.all(Array.from({ length: 50 }, one));
  assert.equal(new Set(uids).size, 50);
  assert.ok(uids.every(({ length }) => length <= 64));
  for (const path of ["/tools/generate-uid", "/tools/generate-uid?level=foo"]) {
    const response = await server.send("GET", path);
    assert.deepEqual([response.status, await response.text()], [404, ""]);
  }
});

Deno.test("/tools lists what is below it, sorted", async () => {
  await using server = await startApp();
  const names = await server.get<string[]>("/tools");
  assert.deepEqual(names, names.toSorted());
  for (const name of ["find", "lookup", "now", "bulk-delete", "log-level-http"]) {
    assert.ok(names.includes(name), name);
  }
});

Deno.test("/tools/reset and /tools/shutdown tell the process, and answer", async () => {
  await using server = await startApp();
  for (const name of ["reset", "shutdown"]) {
    const response = await server.send("POST", `/tools/${name}`, "");
    assert.deepEqual([response.status, await response.text()], [200, "{}"]);
  }
  assert.deepEqual(server.asked, ["restart", "shutdown"]);
});

Deno.test("the log level of all categories, and of one", async () => {
  await using server = await startApp();
  const level = async (name: string) => (await server.send("GET", `/tools/${name}`)).text();
  const put = async (name: string, value: string) =>
    (await server.send("PUT", `/tools/${name}`, value)).status;
  assert.equal(await put("log-level", "verbose"), 200);
  assert.deepEqual([await level("log-level"), await level("log-level-dicom")], [
    "verbose",
    "verbose",
  ]);
  assert.equal(await put("log-level-http", "trace"), 200);
  assert.deepEqual([await level("log-level"), await level("log-level-http")], ["verbose", "trace"]);
  for (const value of ["bogus", "", "TRACE"]) {
    assert.equal(await put("log-level-http", value), 400, value);
  }
  assert.equal(await put("log-level-nothing", "trace"), 404);
});

Deno.test("PUT /tools/default-encoding changes how text without a character set is read, at once", async () => {
  await using server = await startApp();
  const greek = new Uint8Array([0xc1, 0xc2]); // ISO/IEC 8859-7: alpha, beta
  const file = instanceFile({ SpecificCharacterSet: null, PatientName: "??" });
  const { ID } = await server.upload(replaced(file, new TextEncoder().encode("??"), greek));
  const nameOf = async () =>
    (await server.get<{ PatientName: string }>(`/instances/${ID}/simplified-tags`)).PatientName;
  assert.equal(await nameOf(), "\u00c1\u00c2");
  const answer = await server.send("PUT", "/tools/default-encoding", "greek");
  assert.equal(answer.headers.get("content-type"), "text/plain");
  assert.equal(await answer.text(), "Greek");
  assert.equal(await nameOf(), "\u0391\u0392");
  assert.equal(await (await server.send("GET", "/tools/default-encoding")).text(), "Greek");

  const refused = await server.send("PUT", "/tools/default-encoding", "Klingon");
  assert.equal(refused.status, 400);
  assert.equal(await nameOf(), "\u0391\u0392");
});

/** The same bytes, with what was there once in place of it. */
function replaced(
  bytes: Uint8Array<ArrayBuffer>,
  old: Uint8Array,
  next: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const at = bytes.findIndex((_, start) => old.every((byte, i) => bytes[start + i] === byte));
  assert.ok(at >= 0);
  const changed = bytes.slice();
  changed.set(next, at);
  return changed;
}
