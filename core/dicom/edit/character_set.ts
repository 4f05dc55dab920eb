import { DicomError } from "../../errors.ts";
import { readValue } from "../decode.ts";
import type { DataElement } from "../data_set.ts";
import { fits, UNICODE } from "../encode_text.ts";
import { TAG, type Tag } from "../tag.ts";
import { valueText } from "../values.ts";
import { type Vr, vrInfo } from "../vr.ts";
import type { EditedDataSet } from "./data_set.ts";
import type { EditedFile } from "./read.ts";

/** Longer texts are not loaded to be written in another character set, in bytes. */
const LONGEST_TEXT = 16777216;
const ESC = 0x1b;

/**
 * Sees to it that all text is in the Specific Character Set that is declared: where that was changed, or lacks a
 * character of a new value (then it becomes Unicode), everything is written in it.
 *
 * @throws DicomError `bad-file` for a text that is too long
 */
export async function settleCharacterSet(file: EditedFile): Promise<void> {
  const { root } = file;
  const declared = root.text(TAG.specificCharacterSet) ?? "";
  const before = root.stored.get(TAG.specificCharacterSet);
  const isChanged = declared !== ((before && valueText(before, root.stored)) ?? "");
  if (isChanged) await recode(file, root);
  if (fitsAll(root, declared)) return;
  if (!isChanged) await recode(file, root);
  root.set({ tag: TAG.specificCharacterSet, vr: "CS", value: UNICODE });
}

/** Whether the character sets have all characters of what is new. */
function fitsAll(dataSet: EditedDataSet, inherited: string): boolean {
  const characterSet = dataSet.text(TAG.specificCharacterSet) ?? inherited;
  return dataSet.elements.every(([, element]) => {
    if (element.kind === "sequence") {
      return element.items.every((item) => fitsAll(item, characterSet));
    }
    if (element.kind === "stored" || typeof element.value !== "string") return true;
    const { vr, value } = element;
    return !isText(vr) || fits(value, characterSet, { personName: vr === "PN" });
  });
}

/** Takes all text out of its encoding; items do not declare character sets of their own any more. */
async function recode(file: EditedFile, dataSet: EditedDataSet): Promise<void> {
  for (const [tag, element] of dataSet.elements) {
    if (element.kind === "value") continue;
    if (dataSet.vrOf(tag) === "SQ") await recodeItems(file, dataSet.items(tag) ?? []);
    else if (element.kind === "stored" && isText(element.element.vr)) {
      const bytes = await bytesOf(file, element.element);
      if (bytes.some((byte) => byte >= 0x80 || byte === ESC)) {
        const { vr } = element.element;
        dataSet.set({ tag, vr, value: dataSet.stored.decode(bytes, vr) });
      }
    }
  }
}

async function recodeItems(file: EditedFile, items: readonly EditedDataSet[]): Promise<void> {
  for (const item of items) {
    await recode(file, item);
    item.remove(TAG.specificCharacterSet);
  }
}

function isText(vr: Vr): boolean {
  const { kind } = vrInfo(vr);
  return kind === "text" || kind === "longText";
}

/** The value of a stored element, loaded if need be. @throws DicomError `bad-file` beyond `LONGEST_TEXT` */
async function bytesOf(
  { source, meta }: EditedFile,
  { tag, bytes, valueOffset: offset, length }: DataElement & { readonly tag: Tag },
): Promise<Uint8Array> {
  if (bytes) return bytes;
  if (length > LONGEST_TEXT) {
    const fact = `a text has more than ${LONGEST_TEXT} bytes`;
    throw new DicomError("bad-file", `Cannot change character set: ${fact}`, { cause: tag });
  }
  const whole = new Uint8Array(length);
  let filled = 0;
  for await (const piece of readValue(source, { meta, offset, length })) {
    whole.set(piece, filled);
    filled += piece.length;
  }
  return whole;
}
