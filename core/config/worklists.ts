import * as z from "zod";
import { count, flag, path } from "./schemas.ts";

/** The section of Orthanc's plugin for modality worklists. */
export const worklists = z.strictObject({
  Enable: flag.default(false),
  Database: path.default("WorklistsDatabase"),
  FilterIssuerAet: flag.default(false),
  LimitAnswers: count.default(0),
}).transform((written) => ({
  enable: written.Enable,
  folder: written.Database,
  filterIssuerAet: written.FilterIssuerAet,
  limitAnswers: written.LimitAnswers,
})).describe('{"Enable", "Database": folder, "FilterIssuerAet", "LimitAnswers"}');

/** How worklists are served: `filterIssuerAet` shows each caller its own steps only; a limit of 0 is none. */
export type WorklistOptions = z.output<typeof worklists>;
