import assert from "node:assert/strict";
import { FILES, IDS, startFilled } from "../support/filled.ts";

const FILE = `/instances/${IDS.mr1}/file`;

/** Fields `Accept`, and what the file comes as. */
const ACCEPTED = [
  ["application/dicom+json", "application/dicom+json"],
  ["application/dicom+xml", "application/dicom+xml"],
  ["application/dicom", "application/dicom"],
  ["*/*", "application/dicom"],
  ["text/html, application/xml", "application/dicom"],
] as const;

for (const [accept, type] of ACCEPTED) {
  Deno.test(`a file comes as ${type} to who accepts ${accept}`, async () => {
    await using server = await startFilled();
    const response = await server.send("GET", FILE, undefined, { headers: { Accept: accept } });
    const length = (await response.bytes()).length;
    assert.equal(response.headers.get("content-type"), type);
    if (type === "application/dicom") assert.equal(length, FILES[0]!.length);
  });
}

Deno.test("the DICOM JSON Model has the whole file, pixels too", async () => {
  await using server = await startFilled();
  const headers = { Accept: "application/dicom+json" };
  const response = await server.send("GET", FILE, undefined, { headers });
  const model = await response.json();
  assert.deepEqual(model["00100010"], { vr: "PN", Value: [{ Alphabetic: "KNIX" }] });
  assert.deepEqual(model["00280010"], { vr: "US", Value: [2] });
  assert.equal(model["7FE00010"].InlineBinary, "AAECAw==");
  assert.deepEqual(model["00400275"].Value[0]["00400009"], { vr: "SH", Value: ["STEP"] });
});

Deno.test("ordered-slices lists the files, frames and instances of a series", async () => {
  await using server = await startFilled();
  const file = (id: string) => `/instances/${id}/file`;
  const frame = (id: string, number: number) => `/instances/${id}/frames/${number}`;
  assert.deepEqual(await server.get(`/series/${IDS.mr}/ordered-slices`), {
    Dicom: [file(IDS.mr1), file(IDS.mr2)],
    Slices: [frame(IDS.mr1, 0), ...[0, 1, 2].map((number) => frame(IDS.mr2, number))],
    SlicesShort: [[IDS.mr1, 0, 1], [IDS.mr2, 0, 3]],
    Type: "Sequence",
  });
  assert.equal((await server.send("GET", "/series/nope/ordered-slices")).status, 404);
});
