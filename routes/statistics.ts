import { depthOf, type Level, LEVELS } from "../core/archive/resource.ts";
import type { Statistics, TreeStatistics } from "../core/ports.ts";
import { LEVEL_NAMES } from "./levels.ts";

const BYTES_PER_MB = 1048576;

/** Orthanc's `/statistics`. */
export function statisticsJson({ count, size }: Statistics) {
  return {
    ...countsJson(LEVELS, count),
    ...sizesJson(["TotalDiskSize", "TotalUncompressedSize"], size),
  };
}

/** Orthanc's `/{level}/{id}/statistics`. */
export function statisticsOfJson(level: Level, { count, size, dicomSize }: TreeStatistics) {
  return {
    ...countsJson(LEVELS.slice(depthOf(level) + 1), count),
    ...sizesJson(["DiskSize", "UncompressedSize"], size),
    ...sizesJson(["DicomDiskSize", "DicomUncompressedSize"], dicomSize),
  };
}

function countsJson(levels: readonly Level[], count: Statistics["count"]) {
  return Object.fromEntries(levels.map((level) => {
    const plural = LEVEL_NAMES[level].segment;
    return [`Count${plural[0]!.toUpperCase()}${plural.slice(1)}`, count[level]];
  }));
}

/** Sizes as Orthanc gives them: bytes as text, and whole megabytes. */
function sizesJson(names: readonly string[], size: number) {
  return Object.fromEntries(
    names.flatMap((name): [string, unknown][] => [
      [name, String(size)],
      [`${name}MB`, Math.floor(size / BYTES_PER_MB)],
    ]),
  );
}
