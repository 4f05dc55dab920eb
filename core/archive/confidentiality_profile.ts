import { elementOf, groupOf, type Tag } from "../dicom/tag.ts";
import { CONFIDENTIALITY_PROFILE } from "./confidentiality_profile_table.ts";

/** Editions of PS3.15 of which the profile is known, the newest first; the order is that of the table. */
export const PROFILE_EDITIONS = ["2023b", "2021b", "2017c", "2008"] as const;
export type ProfileEdition = (typeof PROFILE_EDITIONS)[number];

/** What the profile has done to an attribute. */
export type ProfileAction = "remove" | "clear" | "uid";

/** Options that keep attributes (PS3.15 Table E.1-1a), each with its letter in the table and its code (PS3.16 CID 7050). */
export const RETAIN_OPTIONS = {
  RetainDates: {
    letter: "d",
    code: "113106",
    meaning: "Retain Longitudinal Temporal Information Full Dates Option",
  },
  RetainUIDs: { letter: "u", code: "113110", meaning: "Retain UIDs Option" },
  RetainDeviceIdentity: { letter: "v", code: "113109", meaning: "Retain Device Identity Option" },
  RetainInstitutionIdentity: {
    letter: "i",
    code: "113112",
    meaning: "Retain Institution Identity Option",
  },
  RetainPatientCharacteristics: {
    letter: "p",
    code: "113108",
    meaning: "Retain Patient Characteristics Option",
  },
} as const satisfies Record<string, { letter: string; code: string; meaning: string }>;
export type RetainOption = keyof typeof RETAIN_OPTIONS;

/** What a profile says about each attribute; nothing about most. */
export type Profile = (tag: Tag) => ProfileAction | undefined;

/** The Basic Application Level Confidentiality Profile of an edition, with options. */
export function confidentialityProfile(
  edition: ProfileEdition,
  retained: readonly RetainOption[],
): Profile {
  const letters = retained.map((option) => RETAIN_OPTIONS[option].letter);
  const column = PROFILE_EDITIONS.indexOf(edition);
  const actions = new Map<Tag, ProfileAction>();
  for (const line of CONFIDENTIALITY_PROFILE.trim().split("\n")) {
    const [tag = "", codes = "", options = ""] = line.split(" ");
    const action = ACTIONS[codes[column]!];
    if (action && !letters.some((letter) => options.includes(letter))) {
      actions.set(parseInt(tag, 16), action);
    }
  }
  return (tag) => actions.get(tag) ?? (isRepeated(tag) ? "remove" : undefined);
}

const ACTIONS: Readonly<Record<string, ProfileAction>> = { X: "remove", Z: "clear", U: "uid" };

/** Curve Data (50xx,xxxx), Overlay Data (60xx,3000) and Overlay Comments (60xx,4000). */
function isRepeated(tag: Tag): boolean {
  const repeated = groupOf(tag) & 0xff00;
  if (repeated === 0x5000) return true;
  return repeated === 0x6000 && (elementOf(tag) === 0x3000 || elementOf(tag) === 0x4000);
}
