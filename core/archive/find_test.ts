import assert from "node:assert/strict";
import { makePlace } from "../../tests/support/archive.ts";
import { type Attributes, instanceFile } from "../../tests/support/instances.ts";
import { defaultCharacterSets } from "../dicom/charset.ts";
import { TAG } from "../dicom/tag.ts";
import { createFindRequests, type FindRequest } from "./find.ts";
import { createInstanceReader } from "./instance_reader.ts";
import { ROW_ONLY } from "./query.ts";
import { createRequestedTags } from "./requested_tags.ts";
import { DEFAULT_MAIN_TAGS, type Level } from "./resource.ts";

/** An archive with one instance for each of `instances`, and the functions that search it. */
async function fill(instances: readonly Attributes[], { readFiles = true } = {}) {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await makePlace());
  const archive = stack.use(await place.open());
  for (const [number, attributes] of instances.entries()) {
    await archive.store(instanceFile({ SOPInstanceUID: `1.2.${number}`, ...attributes }));
  }
  const { index, files } = archive;
  const reader = createInstanceReader(files, {
    defaultSets: defaultCharacterSets("Latin1"),
    maximumInflated: 1e6,
  });
  const mainTags = DEFAULT_MAIN_TAGS;
  const requestedTags = createRequestedTags({ index, reader, mainTags, readFiles });
  const userMetadata = { Reviewer: 1024 };
  const search = createFindRequests({ index, mainTags, userMetadata, requestedTags, readFiles });
  const open = stack.move();
  return {
    index,
    requestedTags,
    count: (level: Level, query: FindRequest["query"], more: Partial<FindRequest> = {}) =>
      search.count(request(level, { query, ...more })),
    find: (level: Level, query: FindRequest["query"], more: Partial<FindRequest> = {}) =>
      Array.fromAsync(search.find(request(level, { query, ...more }), ROW_ONLY)),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

function request(level: Level, parts: Partial<FindRequest>): FindRequest {
  const nothing = {
    query: {},
    metadata: {},
    caseSensitive: false,
    orderBy: [],
    since: 0,
    limit: 0,
  };
  return { level, labels: undefined, parent: undefined, ...nothing, ...parts };
}

const TWO_STUDIES: readonly Attributes[] = [
  { Modality: "MR", StationName: "A", ImageComments: "left", KVP: "120" },
  { Modality: "CT", SeriesInstanceUID: "1.1.2", ImageComments: "right", KVP: "80" },
  { PatientName: "Other", StudyInstanceUID: "1.2", SeriesInstanceUID: "1.2.1", KVP: "120" },
];

Deno.test("find() takes tags by name and by number, of its level and those above", async () => {
  await using archive = await fill(TWO_STUDIES);
  assert.equal(await archive.count("Study", { PatientName: "KNIX" }), 1);
  assert.equal(await archive.count("Instance", { "0010,0010": "knix", Modality: "CT" }), 1);
  assert.equal(await archive.count("Instance", { "00100010": "*", "0020-000d": "1.2" }), 1);
  assert.equal(await archive.count("Series", { PatientName: "", StationName: "*" }), 1);
  assert.equal(await archive.count("Study", {}), 2);
});

Deno.test("find() reads the files for what the index does not know", async () => {
  await using archive = await fill(TWO_STUDIES);
  assert.equal(await archive.count("Instance", { KVP: "120" }), 2);
  assert.equal(await archive.count("Instance", { KVP: "120", PatientName: "Other" }), 1);
  assert.equal(await archive.count("Instance", { KVP: "12?" }), 2);
  const all = await archive.find("Instance", { KVP: "120" });
  const page = await archive.find("Instance", { KVP: "120" }, { since: 1, limit: 1 });
  assert.deepEqual(page.map(({ id }) => id), [all[1]!.id]);
});

Deno.test("find() matches what is computed", async () => {
  await using archive = await fill(TWO_STUDIES);
  assert.equal(await archive.count("Study", { ModalitiesInStudy: "CT" }), 1);
  assert.equal(await archive.count("Series", { ModalitiesInStudy: "CT" }), 2);
  assert.equal(await archive.count("Study", { NumberOfStudyRelatedInstances: "2" }), 1);
});

Deno.test("find() goes through more candidates than it reads at a time", async () => {
  const many = Array.from({ length: 230 }, (_, n) => ({ KVP: `${n % 2}`, InstanceNumber: `${n}` }));
  await using archive = await fill(many);
  assert.equal(await archive.count("Instance", { KVP: "1" }), 115);
  const orderBy = [{
    kind: "tag",
    key: "InstanceNumber",
    as: "integer",
    descending: true,
  }] as const;
  const found = await archive.find("Instance", { KVP: "1" }, { orderBy, limit: 3 });
  assert.deepEqual(found.map(({ indexInSeries }) => indexInSeries), [229, 227, 225]);
});

Deno.test("find() takes metadata by name, by number, and the user's own", async () => {
  await using archive = await fill([{}]);
  const count = (metadata: Record<string, string>) => archive.count("Instance", {}, { metadata });
  assert.equal(await count({ TransferSyntax: "1.2.840.10008.1.2.1" }), 1);
  assert.equal(await count({ "9": "1.2.840*" }), 1);
  assert.equal(await count({ Reviewer: "*" }), 0);
  await assert.rejects(count({ Nobody: "*" }), { code: "not-found" });
  await assert.rejects(count({ constructor: "*" }), { code: "not-found" });
});

Deno.test("find() refuses what cannot be asked", async () => {
  await using archive = await fill([{}], { readFiles: false });
  const refused = (level: Level, query: Record<string, string>, more: Partial<FindRequest> = {}) =>
    archive.count(level, query, more);
  await assert.rejects(refused("Study", { Nonsense: "1" }), { code: "unknown-tag" });
  await assert.rejects(refused("Study", { KVP: "1" }), { code: "bad-request" });
  await assert.rejects(refused("Study", { StudyDate: "2024*" }), { code: "out-of-range" });
  const parent = { level: "Series", id: "x" } as const;
  await assert.rejects(refused("Study", {}, { parent }), { code: "bad-request" });
  const orderBy = [{ kind: "tag", key: "KVP", as: "text", descending: false }] as const;
  await assert.rejects(archive.find("Study", {}, { orderBy }), { code: "bad-request" });
});

Deno.test("requested tags come from the index, from counting, and from one file", async () => {
  await using archive = await fill(TWO_STUDIES);
  const [study] = await archive.find("Study", { StudyInstanceUID: "1.1" });
  const values = await archive.requestedTags(study!, [
    ...[TAG.patientName, TAG.modalitiesInStudy, TAG.sopClassesInStudy],
    ...[TAG.numberOfStudyRelatedSeries, TAG.numberOfPatientRelatedInstances],
    ...[TAG.numberOfSeriesRelatedInstances, TAG.instanceAvailability, 0x00180060, 0x00181030],
  ]);
  assert.equal(values.get(TAG.patientName), "KNIX");
  assert.equal(values.get(TAG.modalitiesInStudy), "CT\\MR");
  assert.equal(values.get(TAG.sopClassesInStudy), "1.2.840.10008.5.1.4.1.1.4");
  assert.equal(values.get(TAG.numberOfStudyRelatedSeries), "2");
  assert.equal(values.get(TAG.numberOfPatientRelatedInstances), "3");
  assert.equal(values.get(TAG.numberOfSeriesRelatedInstances), null);
  assert.equal(values.get(TAG.instanceAvailability), "ONLINE");
  assert.match(String(values.get(0x00180060)), /^(120|80)$/);
  assert.equal(values.get(0x00181030), null);
});
