import assert from "node:assert/strict";
import { element, part10, type Piece, sequence } from "../../tests/support/dicom.ts";
import { memoryFiles } from "../../tests/support/memory_files.ts";
import { defaultCharacterSets } from "../dicom/charset.ts";
import { TAG } from "../dicom/tag.ts";
import type { Index } from "../ports.ts";
import { createInstanceReader } from "./instance_reader.ts";
import { createInstanceTags } from "./instance_tags.ts";
import type { Resource } from "./resource.ts";

/** An instance whose identifier is the name of its file. */
function instance(id: string): Resource {
  return {
    id,
    level: "Instance",
    parent: "series",
    tags: {},
    metadata: {},
    updatedAt: 0,
    stable: true,
    protected: false,
    file: { uuid: id, size: 0, sha256: "" },
  };
}

/** The functions over a series of files, in the order of their names. */
function overSeries(files: Readonly<Record<string, readonly Piece[]>>) {
  const bytes = Object.entries(files).map(([id, pieces]) => [id, part10({ pieces })] as const);
  const instances = Object.keys(files).toSorted().map(instance);
  const index: Pick<Index, "find" | "get"> = {
    find: ({ after, limit }) =>
      Promise.resolve(instances.filter(({ id }) => id > after).slice(0, limit)),
    get: ({ id }) => Promise.resolve(instances.find((instance) => instance.id === id)),
  };
  const reader = createInstanceReader(memoryFiles(Object.fromEntries(bytes)).files, {
    defaultSets: defaultCharacterSets("Latin1"),
    maximumInflated: 1e6,
  });
  return createInstanceTags({ index: index as Index, reader }); // nothing else is called
}

const SERIES = { level: "Series", id: "series" } as const;
const pieces = (number: number): Piece[] => [
  element(TAG.sopInstanceUid, "UI", `1.${number}`),
  element(TAG.modality, "CS", "CT"),
  sequence(0x00081140, []),
  element(TAG.patientName, "PN", number === 3 ? "Doe" : "Roe"),
  element(TAG.patientId, "LO", "P1"),
];
const THREE = overSeries({ a: pieces(1), b: pieces(2), c: pieces(3) });

Deno.test("each() gives the tags of one instance after the other", async () => {
  const all = await Array.fromAsync(THREE.each(SERIES, { dialect: "short" }));
  assert.deepEqual(all.map(([id]) => id), ["a", "b", "c"]);
  assert.equal(all[1]![1]["0008,0018"], "1.2");
});

Deno.test("each() gives the tags of an instance alone, and nothing of an absent one", async () => {
  const of = async (id: string) => {
    const ref = { level: "Instance", id } as const;
    return (await Array.fromAsync(THREE.each(ref, { dialect: "short" }))).map(([id]) => id);
  };
  assert.deepEqual(await of("b"), ["b"]);
  assert.deepEqual(await of("x"), []);
});

Deno.test("each() goes through more instances than fit on a page", async () => {
  const names = Array.from({ length: 450 }, (_, n) => String(n).padStart(3, "0"));
  const many = overSeries(Object.fromEntries(names.map((name) => [name, pieces(1)])));
  const all = await Array.fromAsync(many.each(SERIES, { dialect: "short" }));
  assert.deepEqual(all.map(([id]) => id), names);
});

Deno.test("shared() has the texts that are the same everywhere, and no sequences", async () => {
  assert.deepEqual(await THREE.shared(SERIES, { dialect: "simplified" }), {
    Modality: "CT",
    PatientID: "P1",
  });
  assert.deepEqual(await THREE.shared(SERIES, { dialect: "full" }), {
    "0008,0060": { Name: "Modality", Type: "String", Value: "CT" },
    "0010,0020": { Name: "PatientID", Type: "String", Value: "P1" },
  });
  assert.deepEqual(await overSeries({}).shared(SERIES, { dialect: "full" }), {});
});

Deno.test("module() has the attributes of a module, from the first instance", async () => {
  assert.deepEqual(await THREE.module(SERIES, "patient", { dialect: "simplified" }), {
    PatientID: "P1",
    PatientName: "Roe",
  });
  assert.deepEqual(await overSeries({}).module(SERIES, "patient", { dialect: "full" }), {});
});

Deno.test("module() decodes text by the Specific Character Set that it leaves out", async () => {
  const greek = overSeries({
    a: [
      element(TAG.specificCharacterSet, "CS", "ISO_IR 126"),
      element(TAG.patientName, "PN", "\xc4"),
    ],
  });
  assert.deepEqual(await greek.module(SERIES, "patient", { dialect: "short" }), {
    "0010,0010": "Δ",
  });
});
