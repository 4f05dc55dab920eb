import { tagHex } from "../dicom/tag.ts";
import type { Tag } from "../dicom/tag.ts";
import type { Level, MainTags } from "./resource.ts";

/** How entries of archives are named. */
export interface NameOptions {
  /** Letters of all alphabets, not those of ASCII alone (option `ZipUseUtf8`). */
  readonly utf8: boolean;
}

/** A level that has folders of its own. */
export type FolderLevel = Exclude<Level, "Instance">;

const MODALITY: Tag = 0x00080060;

/** PatientID and PatientName; AccessionNumber and StudyDescription; SeriesNumber, Modality and SeriesDescription. */
const FOLDER_TAGS: Readonly<Record<FolderLevel, readonly Tag[]>> = {
  Patient: [0x00100020, 0x00100010],
  Study: [0x00080050, 0x00081030],
  Series: [0x00200011, MODALITY, 0x0008103e],
};

/** Characters of the name of a file, without its extension. */
const NAME_LENGTH = 8;

/** The name of a resource's folder: what its main tags say, joined with ` - `, as Orthanc's newest version does. */
export function folderName(level: FolderLevel, tags: MainTags, options: NameOptions): string {
  const parts = FOLDER_TAGS[level].map((tag) => cleanName(textOf(tags, tag), options));
  return parts.filter((part) => part !== "").join(" - ") || `Unknown ${level}`;
}

/** The name of an instance's file: the modality's first letters, and digits up to eight characters. */
export function fileName(series: MainTags, number: number): string {
  const letters = cleanName(textOf(series, MODALITY).slice(0, 2), { utf8: false }).toUpperCase();
  return `${letters}${String(number).padStart(NAME_LENGTH - letters.length, "0")}.dcm`;
}

/** The names of one folder, each of which is there once; as in Orthanc, the second `a` is `a-2`. */
export class UniqueNames {
  readonly #taken = new Set<string>();
  readonly #counts = new Map<string, number>();

  /** `name`, or what stands for it when it is taken. */
  add(name: string): string {
    let unique = name;
    while (this.#taken.has(unique)) {
      const count = (this.#counts.get(name) ?? 1) + 1;
      this.#counts.set(name, count);
      unique = `${name}-${count}`;
    }
    this.#taken.add(unique);
    return unique;
  }
}

/**
 * The numbers of a series' files: the index of each instance in the series where all have one of their own, else
 * their positions.
 */
export function fileNumbers(indexes: readonly (number | undefined)[]): readonly number[] {
  const known = new Set(indexes);
  const areUnique = known.size === indexes.length && !known.has(undefined);
  return indexes.map((index, position) => areUnique ? index! : position);
}

/** What of `text` may be in a name: nothing that leads elsewhere, and no control characters. */
function cleanName(text: string, { utf8 }: NameOptions): string {
  const spaced = text.toWellFormed().replace(/[\s^]+/g, " ");
  const kept = spaced.replace(utf8 ? /[^\p{L}\p{M}\p{N}._ -]+/gu : /[^A-Za-z0-9._ -]+/g, "").trim();
  return /^\.+$/.test(kept) ? "" : kept;
}

function textOf(tags: MainTags, tag: Tag): string {
  const value = tags[tagHex(tag)];
  return typeof value === "string" ? value : "";
}
