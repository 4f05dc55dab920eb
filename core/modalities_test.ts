import assert from "node:assert/strict";
import { type Modality, modality } from "./config/modality.ts";
import { createModalities, type DicomService } from "./modalities.ts";
import type { Properties } from "./ports.ts";

const DEFAULTS = {
  dicomModalitiesInDatabase: false,
  dicomCheckModalityHost: false,
  strictAetComparison: false,
  dicomAlwaysAllowEcho: true,
  dicomAlwaysAllowStore: true,
  dicomAlwaysAllowFind: false,
  dicomAlwaysAllowFindWorklist: false,
  dicomAlwaysAllowGet: false,
  dicomAlwaysAllowMove: false,
};

const CT = modality.parse(["CT01", "10.0.0.1", 104]);
const CT_ELSEWHERE = modality.parse(["CT01", "10.0.0.2", 104]);

function memoryProperties(): Properties {
  const values = new Map<string, string>();
  return {
    property: (name) => Promise.resolve(values.get(name)),
    setProperty: (name, value) => Promise.resolve(void values.set(name, value)),
  };
}

function make(
  dicomModalities: Readonly<Record<string, Modality>>,
  options: Partial<typeof DEFAULTS> = {},
  properties = memoryProperties(),
) {
  return createModalities({ ...DEFAULTS, ...options, dicomModalities }, properties);
}

Deno.test("list() is sorted by name, findByAet() takes case and spaces as nothing", async () => {
  const modalities = await make({ b: CT, a: modality.parse(["MR", "h", 1]) });
  assert.deepEqual(modalities.list().map(({ name }) => name), ["a", "b"]);
  assert.equal(modalities.findByAet(" ct01 ")?.name, "b");
  assert.equal(modalities.findByAet("CT"), undefined);
});

Deno.test("findByAet() tells letters apart by case with StrictAetComparison", async () => {
  const modalities = await make({ ct: CT }, { strictAetComparison: true });
  assert.equal(modalities.findByAet("ct01"), undefined);
  assert.equal(modalities.findByAet("CT01 ")?.name, "ct");
});

Deno.test("findByAet() prefers the address among modalities of one AE title", async () => {
  const modalities = await make({ a: CT, b: CT_ELSEWHERE });
  assert.equal(modalities.findByAet("CT01", "10.0.0.2")?.name, "b");
  assert.equal(modalities.findByAet("CT01", "::ffff:10.0.0.2")?.name, "b");
  assert.equal(modalities.findByAet("CT01", "10.0.0.3")?.name, "a");
});

const KNOWN = { aet: "CT01", ip: "10.0.0.1" };
const UNKNOWN = { aet: "NOBODY", ip: "10.0.0.9" };
const OPTION_OF: readonly (readonly [DicomService, string])[] = [
  ["echo", "Echo"],
  ["store", "Store"],
  ["find", "Find"],
  ["findWorklist", "FindWorklist"],
  ["get", "Get"],
  ["move", "Move"],
  ["nAction", "NAction"],
  ["eventReport", "EventReport"],
];

for (const [service, option] of OPTION_OF) {
  Deno.test(`permits() of ${service} for a known caller depends on Allow${option} alone`, async () => {
    const forbidden = modality.parse({
      AET: "CT01",
      Host: "h",
      Port: 1,
      [`Allow${option}`]: false,
    });
    const allows = (await make({ ct: CT })).permits(service, KNOWN);
    const refuses = (await make({ ct: forbidden })).permits(service, KNOWN);
    assert.deepEqual(allows, { allowed: true });
    assert.ok(!refuses.allowed);
    assert.match(refuses.remedy, new RegExp(`Allow${option} of "ct"`));
  });
}

for (const [service, option] of OPTION_OF.slice(0, 6)) {
  Deno.test(`permits() of ${service} for an unknown caller depends on DicomAlwaysAllow${option}`, async () => {
    const key = `dicomAlwaysAllow${option}`;
    const allows = (await make({}, { [key]: true })).permits(service, UNKNOWN);
    const refuses = (await make({}, { [key]: false })).permits(service, UNKNOWN);
    assert.deepEqual(allows, { allowed: true });
    assert.ok(!refuses.allowed);
    assert.match(refuses.remedy, new RegExp(`DicomModalities, or set DicomAlwaysAllow${option} `));
    assert.match(refuses.remedy, /\{"NOBODY":\["NOBODY","10.0.0.9",104\]\}/);
  });
}

Deno.test("permits() admits no unknown caller to storage commitment", async () => {
  const all = Object.fromEntries(
    OPTION_OF.slice(0, 6).map(([, option]) => [`dicomAlwaysAllow${option}`, true]),
  );
  const modalities = await make({}, all);
  for (const service of ["nAction", "eventReport"] as const) {
    const permission = modalities.permits(service, UNKNOWN);
    assert.ok(!permission.allowed);
    assert.doesNotMatch(permission.remedy, /DicomAlwaysAllow/);
  }
});

Deno.test("permits() refuses a known caller from elsewhere with DicomCheckModalityHost", async () => {
  const modalities = await make({ ct: CT }, { dicomCheckModalityHost: true });
  assert.deepEqual(modalities.permits("store", KNOWN), { allowed: true });
  const permission = modalities.permits("store", { aet: "CT01", ip: "10.0.0.7" });
  assert.ok(!permission.allowed);
  assert.match(permission.reason, /10\.0\.0\.1, and this call comes from 10\.0\.0\.7/);
  assert.match(permission.remedy, /DicomCheckModalityHost/);
});

Deno.test("set() and remove() last over a restart with DicomModalitiesInDatabase only", async () => {
  for (const dicomModalitiesInDatabase of [true, false]) {
    const properties = memoryProperties();
    const options = { dicomModalitiesInDatabase };
    const first = await make({ configured: CT }, options, properties);
    await Promise.all([first.set("one", CT), first.set("two", CT_ELSEWHERE)]);
    assert.equal(await first.remove("one"), true);
    assert.equal(await first.remove("one"), false);
    const second = await make({ configured: CT }, options, properties);
    const expected = dicomModalitiesInDatabase ? ["two"] : ["configured"];
    assert.deepEqual(second.list().map(({ name }) => name), expected);
    if (dicomModalitiesInDatabase) assert.deepEqual(second.get("two"), CT_ELSEWHERE);
  }
});

Deno.test("createModalities() fails on damaged modalities of the index", async () => {
  const properties = memoryProperties();
  for (const damaged of ["{", "[]", '{"a": 1}']) {
    await properties.setProperty("DicomModalities", damaged);
    const opening = make({}, { dicomModalitiesInDatabase: true }, properties);
    await assert.rejects(opening, { code: "database" });
  }
});
