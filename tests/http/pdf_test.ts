import assert from "node:assert/strict";
import { TAG } from "../../core/dicom/tag.ts";
import { startApp } from "../support/app.ts";
import { dicomFile, element, part10 } from "../support/dicom.ts";

const PDF = new TextEncoder().encode("%PDF-1.7 some text");

const WITH_PDF = part10({
  instance: { sopInstanceUid: "1.2.3.4.5" },
  pieces: [
    element(TAG.sopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.104.1"),
    element(TAG.sopInstanceUid, "UI", "1.2.3.4.5"),
    element(TAG.patientId, "LO", "P1"),
    element(TAG.studyInstanceUid, "UI", "1.2.3"),
    element(TAG.seriesInstanceUid, "UI", "1.2.3.4"),
    element(0x00420011, "OB", PDF),
  ],
});

Deno.test("pdf gives the encapsulated document, and 404 without one", async () => {
  await using server = await startApp();
  const { ID } = await server.upload(WITH_PDF);
  const response = await server.send("GET", `/instances/${ID}/pdf`);
  assert.equal(response.headers.get("content-type"), "application/pdf");
  assert.deepEqual(await response.bytes(), PDF);

  const image = await server.upload(dicomFile({ sopInstanceUid: "1.2.3.4.6" }));
  const none = await server.send("GET", `/instances/${image.ID}/pdf`);
  assert.equal(none.status, 404);
});

Deno.test("export writes no file that a client names (CVE-2023-33466)", async () => {
  await using server = await startApp();
  const { ID } = await server.upload(WITH_PDF);
  const target = `${server.folder}/exported.dcm`;
  const response = await server.send("POST", `/instances/${ID}/export`, target);
  assert.equal(response.status, 403);
  await response.body?.cancel();
  await assert.rejects(Deno.stat(target), Deno.errors.NotFound);
});
