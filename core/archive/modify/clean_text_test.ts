import assert from "node:assert/strict";
import fc from "fast-check";
import { element, item, part10, type Piece, sequence } from "../../../tests/support/dicom.ts";
import { memorySource } from "../../bytes/source.ts";
import { defaultCharacterSets } from "../../dicom/charset.ts";
import { readForEdit } from "../../dicom/edit/read.ts";
import { TAG } from "../../dicom/tag.ts";
import { DESCRIPTOR_WORDS } from "../descriptor_words.ts";
import { cleanText, createCleaner, wordsOf } from "./clean_text.ts";

const OPTIONS = { defaultSets: defaultCharacterSets("Latin1"), maximumInflated: 1e6 };
const RUNS = Number(Deno.env.get("FUZZ_RUNS") ?? 200);
const SERIES_DESCRIPTION = 0x0008103e;

/** Descriptions, and what is left of them for a patient `Head^Rose`. */
const TEXTS: readonly (readonly [text: string, left: string])[] = [
  ["CT Thorax 5mm lung", "CT Thorax 5mm lung"],
  ["AX_T2-FLAIR (post) L4", "AX T2 FLAIR post L4"],
  ["DWI b1000 ADC 1.5mm", "DWI b1000 ADC 1.5mm"],
  ["MR head for Rose Head, born 12.03.1950", "MR for"],
  ["HEAD^ROSE", ""],
  ["rose's kidney", "kidney"],
  ["Knee 4711", "Knee"],
  ["Prof. Miller: knee", "knee"],
  ["rétina", "rétina"],
  ["chest\\4711\\knee", "chest\\knee"],
  ["", ""],
];

Deno.test("cleanText() leaves words that identify nobody", () => {
  const identifying = new Set(wordsOf("Head^Rose"));
  for (const [text, left] of TEXTS) assert.equal(cleanText(text, identifying), left, text);
});

Deno.test("cleanText() invents nothing, and what it cleaned is clean", () => {
  const word = fc.oneof(
    fc.constantFrom(...DESCRIPTOR_WORDS),
    fc.string(),
    fc.string({ unit: "grapheme" }),
  );
  const text = fc.array(word).map((words) => words.join(" "));
  fc.assert(
    fc.property(text, fc.array(fc.constantFrom(...DESCRIPTOR_WORDS)), (text, names) => {
      const identifying = new Set(names);
      const left = cleanText(text, identifying);
      assert.ok(left.length <= text.length);
      assert.equal(cleanText(left, identifying), left);
      const words = wordsOf(left);
      assert.ok(words.every((one) => !identifying.has(one)));
      const before = new Set(wordsOf(text));
      assert.ok(words.every((one) => before.has(one)));
    }),
    { numRuns: RUNS },
  );
});

/** What is left of the description of a series. */
async function leftOf(description: string, others: readonly Piece[]): Promise<string | undefined> {
  const pieces = [...others, element(SERIES_DESCRIPTION, "LO", description)];
  const { root } = await readForEdit(memorySource(part10({ pieces })), OPTIONS);
  const isLeft = createCleaner("2023b")(root)(root, SERIES_DESCRIPTION);
  return isLeft ? root.text(SERIES_DESCRIPTION) : undefined;
}

const REQUESTERS = 0x00080096;
const CODES = 0x00401101;
const REFERENCES = 0x00081140;

/** Attributes with words that identify, so that they go from the description `head hand foot knee`. */
const PLACES: readonly (readonly [name: string, pieces: readonly Piece[], left: string])[] = [
  ["none", [], "head hand foot knee"],
  ["name", [element(TAG.patientName, "PN", "Foot^Hand")], "head knee"],
  ["number", [element(0x00080050, "SH", "knee-1")], "head hand foot"],
  ["item", [
    sequence(REFERENCES, [item([element(TAG.patientId, "LO", "FOOT")])]),
  ], "head hand knee"],
  ["all of an item that identifies", [
    sequence(REQUESTERS, [
      item([sequence(CODES, [item([element(0x00080104, "LO", "Hand, Dr.")])])]),
    ]),
  ], "head foot knee"],
  ["another description", [element(0x00081030, "LO", "foot")], "head hand foot knee"],
];

Deno.test("createCleaner() knows what identifies from the instance itself", async () => {
  for (const [name, pieces, left] of PLACES) {
    assert.equal(await leftOf("head hand foot knee", pieces), left, name);
  }
  assert.equal(await leftOf("foot", [element(TAG.patientName, "PN", "Foot")]), undefined);
});

Deno.test("createCleaner() leaves nothing of what is no text", async () => {
  const pieces = [sequence(0x00400275, [item([element(SERIES_DESCRIPTION, "LO", "knee")])])];
  const { root } = await readForEdit(memorySource(part10({ pieces })), OPTIONS);
  assert.equal(createCleaner("2023b")(root)(root, 0x00400275), false);
  const long = element(0x00104000, "LT", "knee ".repeat(2000));
  const { root: other } = await readForEdit(memorySource(part10({ pieces: [long] })), OPTIONS);
  assert.equal(createCleaner("2023b")(other)(other, 0x00104000), false, "it was not loaded");
});
