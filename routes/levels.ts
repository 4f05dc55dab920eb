import type { Level } from "../core/archive/resource.ts";

/** Segments of the paths of each level, and its names in Orthanc's JSON. */
export const LEVEL_NAMES = {
  Patient: { segment: "patients", parentKey: undefined, childrenKey: "Studies" },
  Study: { segment: "studies", parentKey: "ParentPatient", childrenKey: "Series" },
  Series: { segment: "series", parentKey: "ParentStudy", childrenKey: "Instances" },
  Instance: { segment: "instances", parentKey: "ParentSeries", childrenKey: undefined },
} as const satisfies Record<
  Level,
  { segment: string; parentKey: string | undefined; childrenKey: string | undefined }
>;

/** Path of a resource, as in `Path` of Orthanc's answers. */
export function pathOf(level: Level, id: string): string {
  return `/${LEVEL_NAMES[level].segment}/${id}`;
}

/** Reads a level in any case, with the names that Orthanc accepts; undefined for anything else. */
export function parseLevel(text: string): Level | undefined {
  return LEVELS_BY_NAME.get(text.toLowerCase());
}

const LEVELS_BY_NAME: ReadonlyMap<string, Level> = new Map([
  ["patient", "Patient"],
  ["patients", "Patient"],
  ["study", "Study"],
  ["studies", "Study"],
  ["series", "Series"],
  ["instance", "Instance"],
  ["instances", "Instance"],
  ["image", "Instance"],
]);
