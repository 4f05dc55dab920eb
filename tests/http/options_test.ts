import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { startApp } from "../support/app.ts";
import { dicomFile } from "../support/dicom.ts";

const FILE = dicomFile({ sopInstanceUid: "1.2.3.4.5" });

/** Requests that would change something; `:id` is a study. */
const CHANGING: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ["POST", "/instances", dicomFile({ sopInstanceUid: "1.2.3.4.6" })],
  ["DELETE", "/studies/:id"],
  ["DELETE", "/changes"],
  ["PUT", "/studies/:id/labels/a", ""],
  ["DELETE", "/studies/:id/labels/a"],
  ["POST", "/tools/bulk-delete", { Resources: [":id"] }],
];

Deno.test("ReadOnly refuses whatever would change something, and answers the rest", async (t) => {
  const folder = await Deno.makeTempDir();
  const ParentStudy = await fill(folder);
  {
    await using server = await startApp({ folder, config: { ReadOnly: true } });
    const before = await server.get("/statistics");
    for (const [method, path, body] of CHANGING) {
      await t.step(`${method} ${path}`, async () => {
        const named = typeof body === "object" && !(body instanceof Uint8Array)
          ? JSON.parse(JSON.stringify(body).replace(":id", ParentStudy))
          : body;
        const response = await server.send(method, path.replace(":id", ParentStudy), named);
        assert.equal(response.status, 500);
        assert.equal((await response.json()).OrthancStatus, 22);
      });
    }
    assert.deepEqual(await server.get("/statistics"), before);
    const system = await server.get<{ ReadOnly: boolean }>("/system");
    assert.equal(system.ReadOnly, true);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("HttpCompressionEnabled compresses long texts for those who take them", async () => {
  await using server = await startApp({ config: { HttpCompressionEnabled: true } });
  const gzip = { headers: { "Accept-Encoding": "gzip" } };
  const long = await server.send("GET", "/openapi.json", undefined, gzip);
  assert.equal(long.headers.get("content-encoding"), "gzip");
  const unpacked = JSON.parse(gunzipSync(await long.bytes()).toString());
  assert.deepEqual(unpacked, await server.get("/openapi.json"));

  const short = await server.send("GET", "/statistics", undefined, gzip);
  assert.equal(short.headers.get("content-encoding"), null);
  await short.body?.cancel();
});

Deno.test("without authentication only names of this machine are answered", async () => {
  await using server = await startApp({ config: { AllowedHosts: ["pacs.example"] } });
  const statusFor = async (host: string) => {
    const response = await server.send("GET", "/system", undefined, { headers: { Host: host } });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await statusFor("localhost:8042"), 200);
  assert.equal(await statusFor("[::1]:8042"), 200);
  assert.equal(await statusFor("pacs.example"), 200);
  assert.equal(await statusFor("evil.example"), 403);
});

/** Stores one instance in a new server over `folder`. @returns its study */
async function fill(folder: string): Promise<string> {
  await using server = await startApp({ folder });
  return (await server.upload(FILE)).ParentStudy;
}
