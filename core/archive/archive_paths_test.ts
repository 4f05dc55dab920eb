import assert from "node:assert/strict";
import fc from "fast-check";
import { fileName, fileNumbers, folderName, UniqueNames } from "./archive_paths.ts";

const ASCII = { utf8: false };
const UTF8 = { utf8: true };

/** Names as Orthanc's own tests have them, and what people put into tags. */
const FOLDERS = [
  ["Patient", { "00100020": "887", "00100010": "KNEE" }, "887 - KNEE"],
  [
    "Study",
    { "00080050": "A10003245599", "00081030": "IRM DU GENOU" },
    "A10003245599 - IRM DU GENOU",
  ],
  [
    "Series",
    { "00200011": "301", "00080060": "MR", "0008103e": "T1W_aTSE" },
    "301 - MR - T1W_aTSE",
  ],
  ["Patient", { "00100010": "    Hel^^  ^\r\n\t^^lo  \t  <world>  " }, "Hel lo world"],
  ["Patient", { "00100020": "..", "00100010": "../../etc" }, "....etc"],
  ["Patient", { "00100020": "." }, "Unknown Patient"],
  ["Study", { "00081030": "###" }, "Unknown Study"],
  ["Series", {}, "Unknown Series"],
] as const;

for (const [level, tags, name] of FOLDERS) {
  Deno.test(`folderName() of ${JSON.stringify(tags)} is ${name}`, () => {
    assert.equal(folderName(level, tags, ASCII), name);
  });
}

Deno.test("folderName() has letters of all alphabets where it may", () => {
  const tags = { "00100010": "Yamada^Tarou=山田^太郎", "00100020": "Être" };
  assert.equal(folderName("Patient", tags, ASCII), "tre - Yamada Tarou");
  assert.equal(folderName("Patient", tags, UTF8), "Être - Yamada Tarou山田 太郎");
});

Deno.test("folderName() leads nowhere else, whatever the tags hold", () => {
  const text = fc.string({ unit: "binary", maxLength: 20 });
  const property = fc.property(text, text, fc.boolean(), (id, patientName, utf8) => {
    const name = folderName("Patient", { "00100020": id, "00100010": patientName }, { utf8 });
    assert.match(name, /^[\p{L}\p{M}\p{N}._ -]+$/u);
    assert.notEqual(name, ".");
    assert.notEqual(name, "..");
  });
  fc.assert(property);
});

for (
  const [modality, number, name] of [
    ["MR", 1, "MR000001.dcm"],
    ["SEG", 12, "SE000012.dcm"],
    ["x", 0, "X0000000.dcm"],
    ["", 5, "00000005.dcm"],
    ["/M", 5, "M0000005.dcm"],
    ["CT", 123_456_789, "CT123456789.dcm"],
  ] as const
) {
  Deno.test(`fileName() of ${number} in "${modality}" is ${name}`, () => {
    assert.equal(fileName({ "00080060": modality }, number), name);
  });
}

Deno.test("UniqueNames gives each name once", () => {
  const names = new UniqueNames();
  const given = ["a", "a", "a-2", "b", "a", "a-2"].map((name) => names.add(name));
  assert.deepEqual(given, ["a", "a-2", "a-2-2", "b", "a-3", "a-2-3"]);
});

Deno.test("fileNumbers() are the indexes only if each has its own", () => {
  assert.deepEqual(fileNumbers([3, 7, 9]), [3, 7, 9]);
  assert.deepEqual(fileNumbers([3, 3, 9]), [0, 1, 2]);
  assert.deepEqual(fileNumbers([3, undefined]), [0, 1]);
  assert.deepEqual(fileNumbers([]), []);
});
