import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { element, item, part10, type Piece, sequence } from "../../../tests/support/dicom.ts";
import { memorySource } from "../../bytes/source.ts";
import { defaultCharacterSets } from "../../dicom/charset.ts";
import type { EditedDataSet } from "../../dicom/edit/data_set.ts";
import { readForEdit } from "../../dicom/edit/read.ts";
import { writeEdited } from "../../dicom/edit/write.ts";
import { TAG, type Tag } from "../../dicom/tag.ts";
import { createUidMap } from "../uid_map.ts";
import { createApply } from "./apply.ts";
import type { Modification } from "./modification.ts";

const OPTIONS = { defaultSets: defaultCharacterSets("Latin1"), maximumInflated: 1e6 };

/** The profile, with nothing else said. */
const ANONYMIZE: Modification = {
  kind: "anonymize",
  level: "Patient",
  replace: {},
  remove: [],
  keep: [],
  removePrivateTags: true,
  privateCreator: "",
  profile: { edition: "2023b", options: [] },
};

/** What a modification makes of a data set: itself, and as it is written. */
async function applied(
  pieces: readonly Piece[],
  modification: Modification,
): Promise<{ readonly root: EditedDataSet; readonly bytes: Buffer }> {
  const file = await readForEdit(memorySource(part10({ pieces })), OPTIONS);
  createApply(modification, { uids: createUidMap(""), isModified: () => true })(file.root);
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeEdited(file).bytes) chunks.push(chunk.slice());
  return { root: file.root, bytes: Buffer.concat(chunks) };
}

Deno.test("the name of the patient goes even if no other one is given", async () => {
  const pieces = [element(TAG.patientName, "PN", "Roe"), element(TAG.patientId, "LO", "P1")];
  const { root, bytes } = await applied(pieces, ANONYMIZE);
  assert.equal(root.text(TAG.patientName), "");
  assert.ok(!bytes.includes("Roe"));
  const named = { ...ANONYMIZE, replace: { PatientName: "New" } };
  assert.equal((await applied(pieces, named)).root.text(TAG.patientName), "New");
  const kept = { ...ANONYMIZE, keep: ["PatientName"] };
  assert.equal((await applied(pieces, kept)).root.text(TAG.patientName), "Roe");
});

const UID = "1.2.987654321";
const FRAME_OF_REFERENCE_UID: Tag = 0x00200052;
const LONG = `${Array.from({ length: 500 }, () => UID).join("\\")}`;

/** UIDs that the profile replaces, as no text of reasonable length. */
const ODD_UIDS: readonly (readonly [name: string, piece: Piece])[] = [
  ["long", element(FRAME_OF_REFERENCE_UID, "UI", LONG)],
  ["long, of a command", element(0x00080058, "UI", LONG)],
  ["binary", element(FRAME_OF_REFERENCE_UID, "OB", Buffer.from(`${UID} `))],
  ["unknown", element(FRAME_OF_REFERENCE_UID, "UN", Buffer.from(`${UID} `))],
  ["items", sequence(FRAME_OF_REFERENCE_UID, [item([element(0x00280300, "LO", UID)])])],
];

Deno.test("no UID of the profile stays, in whatever form it is", async () => {
  for (const [name, piece] of ODD_UIDS) {
    const { root, bytes } = await applied([piece], ANONYMIZE);
    assert.ok(!bytes.includes(UID), name);
    assert.ok(root.has(0x00080058) || root.has(FRAME_OF_REFERENCE_UID), name);
  }
});

Deno.test("long values of the profile go without being loaded", async () => {
  const text = `Miller ${"x".repeat(10_000)}`;
  const pieces = [
    element(0x00081030, "LO", text),
    element(0x00080050, "SH", text),
    sequence(0x00081140, [item([element(0x00104000, "LT", text)])]),
    element(TAG.patientName, "PN", text),
  ];
  for (const options of [[], ["CleanDescriptors"]] as const) {
    const profile = { edition: "2023b", options } as const;
    const { bytes } = await applied(pieces, { ...ANONYMIZE, profile });
    assert.ok(!bytes.includes("Miller"), options.join());
  }
});

Deno.test("with RetainUIDs no reference is changed, though it is to something that is modified", async () => {
  const reference = item([element(0x00081155, "UI", UID)]);
  const pieces = [element(TAG.sopInstanceUid, "UI", UID), sequence(0x00081140, [reference])];
  const profile = { edition: "2023b", options: ["RetainUIDs"] } as const;
  const { root } = await applied(pieces, { ...ANONYMIZE, profile });
  assert.equal(root.items(0x00081140)![0]!.text(0x00081155), UID);
  const { root: plain } = await applied(pieces, ANONYMIZE);
  const [changed] = plain.items(0x00081140)!;
  assert.match(changed!.text(0x00081155)!, /^2\.25\./);
  assert.equal(changed!.text(0x00081155), plain.text(TAG.sopInstanceUid));
});
