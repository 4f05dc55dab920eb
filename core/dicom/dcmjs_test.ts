import assert from "node:assert/strict";
import dcmjs from "dcmjs";
import fc from "fast-check";
import {
  element,
  type FileDescription,
  item,
  part10,
  type Piece,
  sequence,
} from "../../tests/support/dicom.ts";
import { memorySource } from "../bytes/source.ts";
import { defaultCharacterSets } from "./charset.ts";
import { type DataSet, DataSetBuilder } from "./data_set.ts";
import { decodeFile } from "./decode.ts";
import { TAG, tagHex } from "./tag.ts";
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN } from "./transfer_syntax.ts";
import { valueText } from "./values.ts";

const RUNS = { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 30) };

/** What dcmjs makes of a data set: values by hexadecimal tag. */
type DcmjsDataSet = Record<string, { readonly vr: string; readonly Value: readonly unknown[] }>;

/** Texts of a data set by hexadecimal tag; items of a sequence in turn. */
type Texts = { [tag: string]: string | Texts[] };

function dcmjsTexts(dict: DcmjsDataSet): Texts {
  const entries = Object.entries(dict).map(([tag, { vr, Value }]) => {
    if (vr === "SQ") return [tag, Value.map((value) => dcmjsTexts(value as DcmjsDataSet))] as const;
    return [tag, Value.map(dcmjsText).join("\\")] as const;
  });
  return Object.fromEntries(entries.map(([tag, value]) => [tag.toLowerCase(), value]));
}

/** dcmjs gives names as objects and numbers as numbers. */
function dcmjsText(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return String((value as { Alphabetic?: string }).Alphabetic ?? "");
}

function ourTexts(dataSet: DataSet): Texts {
  return Object.fromEntries(dataSet.elements.map((element) => {
    const texts = element.items?.map(ourTexts) ?? valueText(element, dataSet) ?? "";
    return [tagHex(element.tag), texts];
  }));
}

async function bothRead(file: FileDescription): Promise<readonly [ours: Texts, theirs: Texts]> {
  const bytes = part10(file);
  let builder: DataSetBuilder | undefined;
  await decodeFile(memorySource(bytes), {
    sink: ({ encoding }) =>
      builder = new DataSetBuilder(encoding, {
        defaultSets: defaultCharacterSets("Latin1"),
        maximumLength: 4096,
      }),
    maximumInflated: 1e6,
  });
  const { dict } = dcmjs.data.DicomMessage.readFile(bytes.buffer);
  return [ourTexts(builder!.root), dcmjsTexts(dict)];
}

const text = (maxLength: number) =>
  fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9 ]*[A-Za-z0-9])?$/).map((value) =>
    value.slice(0, maxLength).trim()
  );
const uid = fc.array(fc.integer({ min: 1, max: 9999 }), { minLength: 1, maxLength: 8 })
  .map((parts) => `1.2.${parts.join(".")}`);
const u16 = fc.array(fc.integer({ min: 0, max: 65535 }), { minLength: 1, maxLength: 3 });

const elements: fc.Arbitrary<Piece[]> = fc.record({
  modality: text(16),
  uid,
  name: fc.array(text(10), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("^")),
  rows: u16,
  comments: text(200),
}).map(({ modality, uid, name, rows, comments }) => [
  element(TAG.sopInstanceUid, "UI", uid),
  element(TAG.modality, "CS", modality),
  element(TAG.patientName, "PN", name),
  element(0x00104000, "LT", comments),
  element(0x00280010, "US", rows),
]);

for (const { uid, name } of [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN]) {
  Deno.test(`dcmjs reads the same texts: ${name}`, async () => {
    const property = fc.asyncProperty(
      elements,
      fc.array(elements, { maxLength: 3 }),
      fc.boolean(),
      fc.boolean(),
      async (top, nested, undefinedLength, undefinedItems) => {
        const items = nested.map((pieces) => item(pieces, { undefinedLength: undefinedItems }));
        const pieces = [...top, sequence(0x00400275, items, { undefinedLength })];
        const [ours, theirs] = await bothRead({ pieces, syntax: uid });
        assert.deepEqual(ours, theirs);
      },
    );
    await fc.assert(property, RUNS);
  });
}
