import * as z from "zod";
import { parseWindow, type TimeWindow } from "../relay/windows.ts";
import { LEVELS } from "../archive/resource.ts";
import { flag, integer, list, oneOf, seconds } from "./schemas.ts";

/** Orthanc's names of days, and those of the windows. */
const DAYS = {
  Monday: "Mon",
  Tuesday: "Tue",
  Wednesday: "Wed",
  Thursday: "Thu",
  Friday: "Fri",
  Saturday: "Sat",
  Sunday: "Sun",
} as const;

/** Hours of a day, as "20-24". */
const hours = z.string().regex(/^([01]?\d|2[0-3])-([01]?\d|2[0-4])$/, 'expected hours as "20-24"')
  .transform((written) => written.split("-").map((hour) => hour.padStart(2, "0")))
  .refine(([from, to]) => from! < to!, "expected an end after the start")
  .describe('hours as "20-24"');

const schedule = z.partialRecord(z.enum(Object.keys(DAYS) as (keyof typeof DAYS)[]), list(hours))
  .transform((days): readonly TimeWindow[] =>
    Object.entries(days).flatMap(([day, spans]) =>
      spans.map(([from, to]) =>
        parseWindow(`${DAYS[day as keyof typeof DAYS]} ${from}:00-${to}:00`)! // checked above
      )
    )
  );

/** What has stored instances looked at anew, by what has changed; the last two cannot happen here. */
const triggers = z.strictObject({
  StorageCompressionChange: flag.default(true),
  MainDicomTagsChange: flag.default(true),
  IngestTranscodingChange: flag.default(true),
  UnnecessaryDicomAsJsonFiles: flag.default(true),
  DicomWebCacheChange: flag.default(true),
}).transform((written) => ({
  compression: written.StorageCompressionChange,
  mainTags: written.MainDicomTagsChange,
  transcoding: written.IngestTranscodingChange,
}));

/** The section of Orthanc's plugin for housekeeping, with what is checked beside it. */
export const housekeeper = z.strictObject({
  Enable: flag.default(false),
  GlobalPropertyId: integer(1025, 65_535).default(1025),
  Force: flag.default(false),
  ThrottleDelay: seconds().default(5),
  Schedule: schedule.optional(),
  Triggers: triggers.prefault({}),
  LimitMainDicomTagsReconstructLevel: oneOf(LEVELS).optional(),
  ScrubDays: integer(0, 3650).default(30),
}).transform((written) => ({
  enable: written.Enable,
  force: written.Force,
  throttleSeconds: written.ThrottleDelay,
  schedule: written.Schedule,
  triggers: written.Triggers,
  onlyLevel: written.LimitMainDicomTagsReconstructLevel,
  scrubDays: written.ScrubDays,
})).describe('object as of Orthanc\'s plugin, and "ScrubDays"; see OPERATIONS.md');

/**
 * When and how stored instances are cared for: `enable` and `force` are of what options of today ask for, without
 * `schedule` at any time, `onlyLevel` is the one whose main tags are read anew, `scrubDays` is how long it may take until each file was read once, 0 for never.
 */
export type HousekeeperOptions = z.output<typeof housekeeper>;
