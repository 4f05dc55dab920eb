import assert from "node:assert/strict";
import { startFilled } from "../../tests/support/filled.ts";
import { instanceFile } from "../../tests/support/instances.ts";
import type { App } from "../app.ts";
import { defaultCharacterSets } from "../dicom/charset.ts";
import { decodeDataSet } from "../dicom/decode.ts";
import { encodeDataSet } from "../dicom/encode.ts";
import { findByName } from "../dicom/dictionary.ts";
import type { NewDataSet } from "../dicom/new_data_set.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../dicom/transfer_syntax.ts";

/** An identifier as it is received, from values by keyword. */
function identifier(keys: Readonly<Record<string, string>>) {
  const elements = Object.entries(keys).map(([keyword, value]) => {
    const { tag, vr } = findByName(keyword)!;
    return { tag, vr, value };
  });
  const bytes = encodeDataSet(elements, {
    encoding: EXPLICIT_LITTLE_ENDIAN,
    characterSet: "ISO_IR 192",
  });
  return decodeDataSet(bytes, EXPLICIT_LITTLE_ENDIAN, {
    defaultSets: defaultCharacterSets("Ascii"),
    maximumLength: 1e6,
  });
}

function valueOf(answer: NewDataSet, keyword: string): unknown {
  const { tag } = findByName(keyword)!;
  return answer.find((element) => element.tag === tag)?.value;
}

/** The values of one attribute in all answers, sorted; "limited" at the end where there is more. */
async function find(app: App, keys: Readonly<Record<string, string>>, keyword: string) {
  const values: unknown[] = [];
  let isLimited = false;
  for await (const step of app.queryRetrieve.find(identifier(keys))) {
    if (step.kind === "match") values.push(valueOf(step.dataSet, keyword));
    else isLimited = true;
  }
  return isLimited ? [...values.sort(), "limited"] : values.sort();
}

Deno.test("find() combines a range of dates with one of times, on the index and beyond it", async () => {
  await using server = await startFilled();
  for (const [number, StudyTime] of ["080000", "120000", "200000"].entries()) {
    await server.upload(instanceFile({
      StudyDate: "20230501",
      StudyTime,
      StudyInstanceUID: `7.${number}`,
      SeriesInstanceUID: `7.${number}.1`,
      SOPInstanceUID: `7.${number}.1.1`,
    }));
  }
  const keys = {
    QueryRetrieveLevel: "STUDY",
    StudyDate: "20230430-20230501",
    StudyTime: "1000-1300",
  };
  assert.deepEqual(await find(server.app, keys, "StudyInstanceUID"), ["7.0", "7.1"]);
});

Deno.test("find() stops at the limit only where there is more", async () => {
  await using server = await startFilled({ LimitFindResults: 3, LimitFindInstances: 4 });
  const study = { QueryRetrieveLevel: "STUDY" };
  assert.deepEqual(await find(server.app, study, "StudyInstanceUID"), ["1.1", "1.2", "1.3"]);
  const image = { QueryRetrieveLevel: "IMAGE" };
  assert.equal((await find(server.app, image, "SOPInstanceUID")).at(-1), "limited");
});

Deno.test("find() matches and answers computed attributes, and those of files", async () => {
  await using server = await startFilled();
  const study = (keys: Readonly<Record<string, string>>) =>
    find(server.app, { QueryRetrieveLevel: "STUDY", ...keys }, "StudyInstanceUID");
  assert.deepEqual(await study({ NumberOfStudyRelatedInstances: "3" }), ["1.1"]);
  assert.deepEqual(await study({ SOPClassesInStudy: "1.2.840.10008.5.1.4.1.1.2" }), ["1.1"]);
  assert.deepEqual(await study({ BodyPartThickness: "12.5" }), ["1.1"]);
  assert.deepEqual(await study({ ModalitiesInStudy: "C*" }), ["1.1"]);
  assert.deepEqual(await study({ SeriesInstanceUID: "1.1.1" }), []);
});

Deno.test("find() answers a key of a lower level empty, and one that nobody has too", async () => {
  await using server = await startFilled();
  const keys = { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "1.1" };
  for (const keyword of ["Modality", "SOPInstanceUID", "PerformedStationName"]) {
    assert.deepEqual(await find(server.app, { ...keys, [keyword]: "" }, keyword), [""]);
  }
});

Deno.test("find() keeps the character set that was asked for where all fits, else takes Unicode", async () => {
  await using server = await startFilled();
  const keys = { QueryRetrieveLevel: "PATIENT", PatientID: "P2", PatientName: "" };
  const set = (asked: string) =>
    find(server.app, { ...keys, SpecificCharacterSet: asked }, "SpecificCharacterSet");
  assert.deepEqual(await set("ISO_IR 126"), ["ISO_IR 126"]);
  assert.deepEqual(await set("ISO_IR 144"), ["ISO_IR 192"]);
});

Deno.test("find() refuses an identifier without level, and with another", async () => {
  await using server = await startFilled();
  const failing = (keys: Readonly<Record<string, string>>) => find(server.app, keys, "PatientID");
  await assert.rejects(failing({ PatientID: "P1" }), { code: "missing-tag" });
  await assert.rejects(failing({ QueryRetrieveLevel: "ROOM" }), { code: "bad-request" });
  const wildcard = { QueryRetrieveLevel: "STUDY", StudyDate: "2024*" };
  await assert.rejects(failing(wildcard), { code: "out-of-range" });
});

/** SOP Instance UIDs in the order of the selection. */
async function select(app: App, keys: Readonly<Record<string, string>>) {
  const { instances, missing } = await app.queryRetrieve.select(identifier(keys));
  return { uids: instances.map(({ sopInstanceUid }) => sopInstanceUid), missing };
}

Deno.test("select() orders by series and number, and takes any unique key, lists, and the Accession Number", async () => {
  await using server = await startFilled();
  const { app } = server;
  await server.upload(instanceFile({ SOPInstanceUID: "1.1.1.0", InstanceNumber: "10" }));
  const knee = ["1.1.1.1", "1.1.1.2", "1.1.1.0", "1.1.2.1"];
  const none = { missing: [] };
  assert.deepEqual(await select(app, { StudyInstanceUID: "1.1" }), { uids: knee, ...none });
  assert.deepEqual(await select(app, { AccessionNumber: "A1" }), { uids: knee, ...none });
  assert.deepEqual(
    await select(app, { QueryRetrieveLevel: "STUDY", StudyInstanceUID: "1.2\\1.3" }),
    { uids: ["1.2.1.1", "1.3.1.1"], ...none },
  );
  assert.equal((await select(app, { PatientID: "P1" })).uids.length, 5);
  assert.deepEqual(
    await select(app, { StudyInstanceUID: "1.1", SOPInstanceUID: "1.1.1.2\\1.2.1.1" }),
    { uids: ["1.1.1.2"], missing: ["1.2.1.1"] },
  );
  assert.deepEqual(await select(app, { SeriesInstanceUID: "9" }), { uids: [], ...none });
});

Deno.test("select() takes the keys up to the level that is named, and refuses when its own is empty", async () => {
  await using server = await startFilled();
  const { app } = server;
  const keys = { QueryRetrieveLevel: "SERIES", SeriesInstanceUID: "1.1.1", SOPInstanceUID: "9" };
  assert.equal((await select(app, keys)).uids.length, 2);
  const refused = { name: "DicomError", code: "bad-request" };
  await assert.rejects(select(app, {}), refused);
  await assert.rejects(select(app, { QueryRetrieveLevel: "STUDY", PatientID: "P1" }), refused);
  await assert.rejects(select(app, { SeriesInstanceUID: "", PatientID: "\\" }), refused);
});
