import assert from "node:assert/strict";
import { modality } from "./modality.ts";

Deno.test("modality reads the short form", () => {
  assert.deepEqual(modality.parse(["STORESCP", "127.0.0.1", 2000]), {
    aet: "STORESCP",
    host: "127.0.0.1",
    port: 2000,
    manufacturer: "Generic",
    allowEcho: true,
    allowStore: true,
    allowFind: true,
    allowFindWorklist: true,
    allowGet: true,
    allowMove: true,
    allowNAction: true,
    allowEventReport: true,
    allowTranscoding: true,
    useDicomTls: false,
    localAet: "",
    timeout: 0,
    retrieveMethod: "SystemDefault",
  });
});

Deno.test("modality reads both forms alike", () => {
  assert.deepEqual(
    modality.parse(["A", "h", "104", "Vitrea"]),
    modality.parse({ AET: "A", Host: "h", Port: 104, Manufacturer: "Vitrea" }),
  );
});

Deno.test("modality takes AllowStorageCommitment for both of its services", () => {
  const base = { AET: "A", Host: "h", Port: 104, AllowStorageCommitment: false };
  const { allowNAction, allowEventReport } = modality.parse({ ...base, AllowNAction: true });
  assert.deepEqual({ allowNAction, allowEventReport }, {
    allowNAction: true,
    allowEventReport: false,
  });
});

Deno.test("modality takes former manufacturers for what they stand for", () => {
  assert.equal(modality.parse(["A", "h", 1, "EFilm2"]).manufacturer, "Generic");
  assert.equal(modality.parse(["A", "h", 1, "SyngoVia"]).manufacturer, "GenericNoWildcardInDates");
});

for (
  const [what, written] of Object.entries({
    "a missing port": ["A", "h"],
    "a fifth item": ["A", "h", 104, "Generic", "x"],
    "port 0": ["A", "h", 0],
    "a long AE title": ["A".repeat(17), "h", 104],
    "an empty AE title": [" ", "h", 104],
    "a backslash in the AE title": ["A\\B", "h", 104],
    "a host with a space": ["A", "h x", 104],
    "an unknown manufacturer": ["A", "h", 104, "generic"],
    "an unknown key": { AET: "A", Host: "h", Port: 104, Prot: 1 },
    "text": "A@h:104",
    "nothing": null,
  })
) {
  Deno.test(`modality refuses ${what}`, () => {
    assert.equal(modality.safeParse(written).success, false);
  });
}
