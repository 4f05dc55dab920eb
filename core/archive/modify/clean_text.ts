import type { EditedDataSet } from "../../dicom/edit/data_set.ts";
import type { Tag } from "../../dicom/tag.ts";
import { type ValueKind, vrInfo } from "../../dicom/vr.ts";
import { confidentialityProfile, type ProfileEdition } from "../confidentiality_profile.ts";
import { DESCRIPTOR_WORDS } from "../descriptor_words.ts";

/** Cleans a text in place. @returns whether anything of it is left */
export type Clean = (dataSet: EditedDataSet, tag: Tag) => boolean;

/**
 * Makes the function that finds out what identifies in a data set, before it is changed, and gives the one that cleans its
 * descriptions: no word of an attribute that the profile removes or empties stays in them.
 */
export function createCleaner(edition: ProfileEdition): (root: EditedDataSet) => Clean {
  const profile = confidentialityProfile(edition, ["CleanDescriptors"]);
  const isIdentifying = (tag: Tag) => {
    const rule = profile(tag);
    return rule !== undefined && rule.action !== "uid" && !rule.isCleaned;
  };
  return (root) => {
    const identifying = new Set<string>();
    collect(root, { isIdentifying, words: identifying });
    return (dataSet, tag) => clean(dataSet, tag, identifying);
  };
}

interface Collection {
  readonly isIdentifying: (tag: Tag) => boolean;
  readonly words: Set<string>;
}

/** Adds the words of what identifies, at every depth; of a sequence that does, those of all it holds. */
function collect(dataSet: EditedDataSet, { isIdentifying, words }: Collection): void {
  for (const tag of dataSet.tags) {
    const identifies = isIdentifying(tag);
    if (identifies && isText(dataSet, tag)) {
      wordsOf(dataSet.text(tag) ?? "").forEach((word) => words.add(word));
    }
    const inside = { isIdentifying: identifies ? () => true : isIdentifying, words };
    dataSet.items(tag)?.forEach((item) => collect(item, inside));
  }
}

function clean(dataSet: EditedDataSet, tag: Tag, identifying: ReadonlySet<string>): boolean {
  const vr = dataSet.vrOf(tag);
  const text = isText(dataSet, tag) ? dataSet.text(tag) : undefined;
  if (vr === undefined || text === undefined) return false;
  const value = cleanText(text, identifying);
  if (value !== text && value !== "") dataSet.set({ tag, vr, value });
  return value !== "";
}

const TEXT_KINDS: ReadonlySet<ValueKind> = new Set(["ascii", "text", "longText"]);

function isText(dataSet: EditedDataSet, tag: Tag): boolean {
  const vr = dataSet.vrOf(tag);
  return vr !== undefined && TEXT_KINDS.has(vrInfo(vr).kind);
}

/** The words of a text, for comparison: without case and marks. */
export function wordsOf(text: string): readonly string[] {
  return (text.match(WORD) ?? []).map(plainWord);
}

/**
 * What is left of a description when only words are kept that are known to identify nobody, measures (`5mm`, `b1000`,
 * `L4`) among them (PS3.15 Section E.3.5). Each of several values is cleaned on its own; empty ones go.
 *
 * @param identifying words that go in any case, as `wordsOf()` gives them
 */
export function cleanText(text: string, identifying: ReadonlySet<string>): string {
  const values = text.split("\\").map((value) =>
    (value.match(WORD) ?? []).filter((word) => isHarmless(plainWord(word), identifying)).join(" ")
  );
  return values.filter((value) => value !== "").join("\\");
}

/** Letters and digits; a number with its fraction is one word. */
const WORD = /\p{N}+\.\p{N}+\p{L}*|[\p{L}\p{M}\p{N}]+/gu;

function plainWord(word: string): string {
  return word.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function isHarmless(word: string, identifying: ReadonlySet<string>): boolean {
  return !identifying.has(word) &&
    (DESCRIPTOR_WORDS.has(word) || MEASURES.some((form) => form.test(word)));
}

const MEASURES: readonly RegExp[] = [
  /^\d{1,3}(\.\d{1,2})?(mm|cm|ml|mg|sec|s|min|deg|kv|kvp|mas|ma|kev|mev|mgy|cgy|gy|t|mhz|fps|hu)$/,
  /^\d{1,4}ms$/,
  /^b\d{1,4}$/, // weight of diffusion
  /^(c[1-7]|th?([1-9]|1[0-2])|l[1-5]|s[1-5])$/, // vertebrae
];
