import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { createExtract } from "../../../core/archive/extract.ts";
import { DEFAULT_MAIN_TAGS } from "../../../core/archive/resource.ts";
import { memorySource } from "../../../core/bytes/source.ts";
import { defaultCharacterSets } from "../../../core/dicom/charset.ts";
import { dicomFile } from "../../../tests/support/dicom.ts";
import { identify, openLocalFile } from "./local_file.ts";

const RUNS = { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 100) };
const extract = createExtract({
  mainTags: DEFAULT_MAIN_TAGS,
  defaultSets: defaultCharacterSets("Latin1"),
  maximumInflated: 1e6,
});

Deno.test("identify() gives the identifier that the server will give", async () => {
  const patient = fc.string({ unit: fc.constantFrom("a", " ", "é", "^", "\\"), maxLength: 12 });
  const property = fc.asyncProperty(patient, fc.boolean(), async (patientId, bare) => {
    const source = memorySource(dicomFile({ patientId, sopInstanceUid: "1.2.3.4.1", bare }));
    const { ids } = await extract(source);
    assert.deepEqual(await identify(source), { kind: "dicom", id: ids.Instance });
  });
  await fc.assert(property, RUNS);
});

Deno.test("identify() reads no further than SeriesInstanceUID", async () => {
  const file = Buffer.from(dicomFile({ sopInstanceUid: "1.2.3.4.1", pixelBytes: 4000 }));
  const { id } = await identify(memorySource(file));
  assert.deepEqual(await identify(memorySource(file.subarray(0, file.length - 3990))), {
    kind: "dicom",
    id,
  });
});

Deno.test("identify() gives no identifier for what lacks one", async () => {
  const whole = dicomFile({ sopInstanceUid: "1.2.3.4.1" });
  const directory = dicomFile({ sopInstanceUid: "1", sopClassUid: "1.2.840.10008.1.3.10" });
  const cases: [Uint8Array, string][] = [
    [whole.subarray(0, 200), "dicom"],
    [dicomFile({ sopInstanceUid: "1.2.3.4.1", studyInstanceUid: "" }), "dicom"],
    [directory, "directory"],
    [Buffer.from("text"), "other"],
    [new Uint8Array(), "other"],
  ];
  for (const [bytes, kind] of cases) {
    assert.deepEqual(await identify(memorySource(bytes)), { kind, id: undefined });
  }
});

Deno.test("openLocalFile() reads anywhere, up to the end", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "0123456789");
    using file = await openLocalFile(path);
    assert.equal(file.size, 10);
    assert.equal(Buffer.from(await file.read(7, 100)).toString(), "789");
    assert.equal(Buffer.from(await file.read(2, 3)).toString(), "234");
    assert.equal((await file.read(10, 5)).length, 0);
  } finally {
    await Deno.remove(path);
  }
});
