import { DICTIONARY } from "./dictionary_table.ts";
import {
  elementOf,
  groupOf,
  isPrivate,
  isPrivateCreator,
  parseTag,
  type Tag,
  tagOf,
} from "./tag.ts";
import type { Vr } from "./vr.ts";

/** What is known of an attribute. */
export interface DictionaryEntry {
  readonly tag: Tag;
  /** As Orthanc shows it: `RETIRED_` and the keyword if the standard has retired the attribute. */
  readonly name: string;
  /** The keyword of the standard (PS3.6 Section 6), or the name of a registered entry. */
  readonly keyword: string;
  /** `US` where the standard leaves US or SS; `OW` for OB or OW, and for US, SS or OW; `UN` for items. */
  readonly vr: Vr;
}

/** An entry of the configuration's own dictionary. */
export interface PrivateEntry {
  /** Of the low byte only, where there is a private creator: its block may be any (PS3.5 Section 7.8.1). */
  readonly tag: Tag;
  readonly vr: Vr;
  readonly name: string;
  /** Empty for a public attribute that the standard lacks. */
  readonly privateCreator: string;
}

/** Tags that stand for many: those that `applies` to have the entry at `tag & mask` (PS3.5 Section 7.6). */
interface Repeating {
  readonly from: Tag;
  readonly to: Tag;
  readonly mask: number;
}

const REPEATING: readonly Repeating[] = [
  { from: 0x00203100, to: 0x002031ff, mask: 0xffffff00 },
  { from: 0x50000000, to: 0x50ffffff, mask: 0xff00ffff },
  { from: 0x60000000, to: 0x60ffffff, mask: 0xff00ffff },
  { from: 0x7f000000, to: 0x7fffffff, mask: 0xff00ffff },
];

const UNKNOWN_NAME = "Unknown Tag & Data";
const RETIRED = "RETIRED_";

/** The one name that Orthanc does not take from DCMTK's dictionary. */
const OTHER_PATIENT_IDS: Tag = 0x00101000;

const registered = new Map<string, DictionaryEntry>();

/** The standard's entries by group and element; a group is parsed when first asked for. */
const groups = new Map<number, ReadonlyMap<number, DictionaryEntry>>();
const NONE: ReadonlyMap<number, DictionaryEntry> = new Map();
let byKeyword: ReadonlyMap<string, DictionaryEntry> | undefined;
let byFoldedKeyword: ReadonlyMap<string, DictionaryEntry> | undefined;

/**
 * The entry of `tag`: the registered one, else the standard's. Repeating groups, group lengths and private
 * creators are known too; a private attribute is, if its `privateCreator` is registered.
 */
export function findByTag(tag: Tag, privateCreator = ""): DictionaryEntry | undefined {
  const own = registered.size > 0 && registered.get(keyOf(tag, privateCreator));
  if (own) return own.tag === tag ? own : { ...own, tag };
  if (isPrivate(tag)) return reserved(tag);
  return standardEntry(tag) ?? repeated(tag) ?? groupLength(tag, "GenericGroupLength");
}

/** The entry with this keyword or Orthanc name; in any case of letters, if none has it exactly. */
export function findByName(name: string): DictionaryEntry | undefined {
  const keyword = name.replace(/^RETIRED_/i, "");
  byKeyword ??= new Map(allEntries().map((entry) => [entry.keyword, entry]));
  const exact = byKeyword.get(name) ?? byKeyword.get(keyword);
  if (exact) return exact;
  byFoldedKeyword ??= new Map(allEntries().map((entry) => [entry.keyword.toLowerCase(), entry]));
  return byFoldedKeyword.get(keyword.toLowerCase());
}

/** The tag written as `gggg,eeee`, `gggg-eeee`, `ggggeeee` or a name; undefined if it is none of them. */
export function parseTagOrName(text: string): Tag | undefined {
  return parseTag(text) ?? findByName(text)?.tag;
}

/** The name of `tag` in Orthanc's JSON; `Unknown Tag & Data` if it has none. */
export function tagName(tag: Tag, privateCreator = ""): string {
  return findByTag(tag, privateCreator)?.name ?? UNKNOWN_NAME;
}

/** Adds entries of the user's own (Orthanc's option `Dictionary`); they go before the standard's. */
export function registerPrivateEntries(entries: readonly PrivateEntry[]): void {
  for (const { tag, vr, name, privateCreator } of entries) {
    registered.set(keyOf(tag, privateCreator), { tag, name, keyword: name, vr });
  }
  byKeyword = byFoldedKeyword = undefined;
}

/** A private tag is known by group, low byte and creator, wherever its block lies. */
function keyOf(tag: Tag, privateCreator: string): string {
  if (privateCreator === "" || !isPrivate(tag)) return String(tag);
  return `${groupOf(tag)} ${tag & 0xff} ${privateCreator}`;
}

function reserved(tag: Tag): DictionaryEntry | undefined {
  if (!isPrivateCreator(tag)) return groupLength(tag, "PrivateGroupLength");
  return { tag, name: "PrivateCreator", keyword: "PrivateCreator", vr: "LO" };
}

function groupLength(tag: Tag, name: string): DictionaryEntry | undefined {
  return elementOf(tag) === 0 ? { tag, name, keyword: name, vr: "UL" } : undefined;
}

/** DCMTK's dictionary, and so Orthanc, takes only even tags of a range. */
function repeated(tag: Tag): DictionaryEntry | undefined {
  const range = REPEATING.find(({ from, to }) => tag >= from && tag <= to);
  if (!range || (tag & ~range.mask & 0x010001) !== 0) return undefined;
  const entry = standardEntry((tag & range.mask) >>> 0);
  return entry && { ...entry, tag };
}

function standardEntry(tag: Tag): DictionaryEntry | undefined {
  return groupEntries(groupOf(tag)).get(elementOf(tag));
}

function groupEntries(group: number): ReadonlyMap<number, DictionaryEntry> {
  const known = groups.get(group);
  const text = DICTIONARY[group];
  if (known || text === undefined) return known ?? NONE;
  const entries = parseGroup(group, text);
  groups.set(group, entries);
  return entries;
}

function parseGroup(group: number, text: string): ReadonlyMap<number, DictionaryEntry> {
  const entries = new Map<number, DictionaryEntry>();
  for (const line of text.split("\n")) {
    const element = parseInt(line.slice(0, 4), 16);
    entries.set(element, parseLine(tagOf(group, element), line));
  }
  return entries;
}

function parseLine(tag: Tag, line: string): DictionaryEntry {
  const retired = line[6] === "!";
  const keyword = line.slice(retired ? 7 : 6);
  const name = retired && tag !== OTHER_PATIENT_IDS ? RETIRED + keyword : keyword;
  return { tag, name, keyword, vr: line.slice(4, 6) as Vr }; // the generator has checked the VR
}

function allEntries(): DictionaryEntry[] {
  const standard = Object.keys(DICTIONARY).flatMap((
    group,
  ) => [...groupEntries(Number(group)).values()]);
  return [...standard, ...registered.values()];
}
