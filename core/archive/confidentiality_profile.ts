import { elementOf, groupOf, type Tag } from "../dicom/tag.ts";
import { CONFIDENTIALITY_PROFILE } from "./confidentiality_profile_table.ts";

/** Editions of PS3.15 of which the profile is known, the newest first; the order is that of the table. */
export const PROFILE_EDITIONS = ["2023b", "2021b", "2017c", "2008"] as const;
export type ProfileEdition = (typeof PROFILE_EDITIONS)[number];

/** What the profile has done to an attribute. */
export type ProfileAction = "remove" | "clear" | "uid";

/** What the profile says about an attribute. */
export interface ProfileRule {
  readonly action: ProfileAction;
  /** Whether an option leaves what is known to identify nobody; the action is for what has nothing of that kind. */
  readonly isCleaned: boolean;
}

/**
 * Options (PS3.15 Table E.1-1): the columns of the table that keep and that clean attributes, and how they are declared
 * (PS3.16 CID 7050).
 */
export const PROFILE_OPTIONS = {
  RetainDates: {
    keeps: "d",
    cleans: "",
    code: "113106",
    meaning: "Retain Longitudinal Temporal Information Full Dates Option",
  },
  RetainUIDs: { keeps: "u", cleans: "", code: "113110", meaning: "Retain UIDs Option" },
  RetainDeviceIdentity: {
    keeps: "v",
    cleans: "V",
    code: "113109",
    meaning: "Retain Device Identity Option",
  },
  RetainInstitutionIdentity: {
    keeps: "i",
    cleans: "",
    code: "113112",
    meaning: "Retain Institution Identity Option",
  },
  RetainPatientCharacteristics: {
    keeps: "p",
    cleans: "P",
    code: "113108",
    meaning: "Retain Patient Characteristics Option",
  },
  CleanDescriptors: {
    keeps: "",
    cleans: "c",
    code: "113105",
    meaning: "Clean Descriptors Option",
  },
} as const satisfies Record<string, ProfileColumns>;
export type ProfileOption = keyof typeof PROFILE_OPTIONS;

interface ProfileColumns {
  readonly keeps: string;
  readonly cleans: string;
  readonly code: string;
  readonly meaning: string;
}

/** What a profile says about each attribute; nothing about most. */
export type Profile = (tag: Tag) => ProfileRule | undefined;

/** The Basic Application Level Confidentiality Profile of an edition, with options. What one of them keeps stays. */
export function confidentialityProfile(
  edition: ProfileEdition,
  options: readonly ProfileOption[],
): Profile {
  const wanted: readonly ProfileColumns[] = options.map((option) => PROFILE_OPTIONS[option]);
  const kept = wanted.map(({ keeps }) => keeps).join("");
  const cleaned = wanted.map(({ cleans }) => cleans).join("");
  const at = PROFILE_EDITIONS.indexOf(edition);
  const rules = new Map<Tag, ProfileRule>();
  for (const line of CONFIDENTIALITY_PROFILE.trim().split("\n")) {
    const [tag = "", actions = "", columns = ""] = line.split(" ");
    const action = ACTIONS[actions[at]!];
    if (!action || haveCommon(columns, kept)) continue;
    rules.set(parseInt(tag, 16), { action, isCleaned: haveCommon(columns, cleaned) });
  }
  return (tag) => rules.get(tag) ?? (isRepeated(tag) ? REMOVED : undefined);
}

function haveCommon(columns: string, wanted: string): boolean {
  return [...columns].some((column) => wanted.includes(column));
}

const ACTIONS: Readonly<Record<string, ProfileAction>> = { X: "remove", Z: "clear", U: "uid" };
const REMOVED: ProfileRule = { action: "remove", isCleaned: false };

/** Curve Data (50xx,xxxx), Overlay Data (60xx,3000) and Overlay Comments (60xx,4000). */
function isRepeated(tag: Tag): boolean {
  const repeated = groupOf(tag) & 0xff00;
  if (repeated === 0x5000) return true;
  return repeated === 0x6000 && (elementOf(tag) === 0x3000 || elementOf(tag) === 0x4000);
}
