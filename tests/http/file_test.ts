import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { IDS } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";

const FILE = instanceFile();

/** Names asked for, and the header field that says them. */
const NAMES: readonly (readonly [query: string, disposition: string])[] = [
  ["", `filename="${IDS.mr1}.dcm"`],
  ["?filename=a.dcm", 'filename="a.dcm"'],
  ["?filename=a%22%3B+x%3D%5C.dcm", 'filename="a; x=.dcm"'],
  ["?filename=a%0d%0aSet-Cookie:%20b", 'filename="aSet-Cookie: b"'],
  ["?filename=%CE%98.dcm", "filename=\"_.dcm\"; filename*=UTF-8''%CE%98.dcm"],
];

for (const [query, disposition] of NAMES) {
  Deno.test(`file${query} is byte for byte what was stored, as ${disposition}`, async () => {
    await using server = await startApp();
    await server.upload(FILE);
    const response = await server.send("GET", `/instances/${IDS.mr1}/file${query}`);
    assert.deepEqual(await response.bytes(), FILE);
    assert.equal(response.headers.get("content-type"), "application/dicom");
    assert.equal(response.headers.get("content-length"), String(FILE.length));
    assert.equal(response.headers.get("content-disposition"), disposition);
    assert.equal(response.headers.get("set-cookie"), null);
  });
}
