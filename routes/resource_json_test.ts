import assert from "node:assert/strict";
import { METADATA, type Resource } from "../core/archive/resource.ts";
import { DicomError } from "../core/errors.ts";
import {
  DEFAULT_BLOCKS,
  metadataJson,
  metadataNames,
  parseBlocks,
  resourceJson,
  type Shape,
  wantedFor,
} from "./resource_json.ts";

const NAMES = metadataNames({ Reader: 1024 });
const shape = (...blocks: string[]): Shape => ({
  dialect: "simplified",
  blocks: blocks.length > 0 ? parseBlocks(blocks) : DEFAULT_BLOCKS,
  metadataNames: NAMES,
});

const INSTANCE: Resource = {
  id: "i",
  level: "Instance",
  parent: "e",
  tags: { "00200013": "2", "00080018": "1.2" },
  metadata: {
    [METADATA.Origin]: "RestApi",
    [METADATA.ModifiedFrom]: "j",
    1024: "Dr. X",
    2000: "unnamed",
  },
  updatedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  stable: true,
  protected: false,
  labels: ["a"],
  indexInSeries: null,
  file: { uuid: "u", size: 10, sha256: "" },
};
const SERIES: Resource = {
  id: "e",
  level: "Series",
  parent: "s",
  tags: {},
  metadata: {},
  updatedAt: INSTANCE.updatedAt,
  stable: true,
  protected: false,
  labels: [],
  children: ["i"],
  expectedInstances: 45,
  status: "Missing",
};

Deno.test("resourceJson() of an instance is Orthanc's", () => {
  assert.deepEqual(Object.entries(resourceJson(INSTANCE, shape())), [ // in this order
    ["FileSize", 10],
    ["FileUuid", "u"],
    ["ID", "i"],
    ["IndexInSeries", null],
    ["Labels", ["a"]],
    ["MainDicomTags", { InstanceNumber: "2", SOPInstanceUID: "1.2" }],
    ["ModifiedFrom", "j"],
    ["ParentSeries", "e"],
    ["Type", "Instance"],
  ]);
});

Deno.test("resourceJson() of a series is Orthanc's", () => {
  assert.deepEqual(resourceJson(SERIES, shape()), {
    ExpectedNumberOfInstances: 45,
    ID: "e",
    Instances: ["i"],
    IsStable: true,
    Labels: [],
    LastUpdate: "20260102T030405",
    MainDicomTags: {},
    ParentStudy: "s",
    Status: "Missing",
    Type: "Series",
  });
});

/** Blocks, and what each shows of an instance beside ID and Type. */
const BLOCKS = {
  MainDicomTags: { MainDicomTags: { InstanceNumber: "2", SOPInstanceUID: "1.2" } },
  Metadata: {
    Metadata: { Origin: "RestApi", ModifiedFrom: "j", Reader: "Dr. X", 2000: "unnamed" },
  },
  Children: {},
  Parent: { ParentSeries: "e" },
  Labels: { Labels: ["a"] },
  Status: {},
  IsStable: {},
  IsProtected: {},
  Attachments: {
    Attachments: [{ ContentType: 1, Name: "dicom", UncompressedSize: 10, Uuid: "u" }],
  },
};

for (const [block, shown] of Object.entries(BLOCKS)) {
  Deno.test(`resourceJson() shows of an instance's ${block} ${Object.keys(shown)}`, () => {
    assert.deepEqual(resourceJson(INSTANCE, shape(block)), { ID: "i", Type: "Instance", ...shown });
  });
}

Deno.test("resourceJson() shows requested tags in the dialect of the rest", () => {
  const tags = new Map([[0x00280010, "512"], [0x00100010, null]]);
  const short = { ...shape("Labels"), dialect: "short" as const };
  const { RequestedTags } = resourceJson(INSTANCE, short, tags);
  assert.deepEqual(RequestedTags, { "0010,0010": null, "0028,0010": "512" });
});

Deno.test("metadataJson() adds what the index keeps elsewhere", () => {
  assert.deepEqual(metadataJson(SERIES, NAMES), {
    ExpectedNumberOfInstances: "45",
    LastUpdate: "20260102T030405",
  });
});

Deno.test("wantedFor() asks for no more than is shown", () => {
  assert.deepEqual(wantedFor(shape("Metadata")), { children: false, labels: false, status: false });
  assert.deepEqual(wantedFor(shape()), { children: true, labels: true, status: true });
});

Deno.test("parseBlocks() refuses what is none, and what only we ask for", () => {
  for (const name of ["Nope", "LegacyMetadata", "labels", "toString"]) {
    assert.throws(
      () => parseBlocks(["Labels", name]),
      (error) => error instanceof DicomError && error.code === "bad-request",
      name,
    );
  }
});
