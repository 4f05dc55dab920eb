import { type Context, Hono } from "hono";
import type { App } from "../core/app.ts";
import { orthancDate } from "../core/archive/resource.ts";
import type { Export } from "../core/ports/export_log.ts";
import { pathOf } from "./levels.ts";
import { pageArguments } from "./page_arguments.ts";
import { flag, json, text } from "./respond.ts";

/** The log of what was sent. */
export function exportRoutes({ exports: log }: App): Hono {
  return new Hono()
    .get("/", async (c) => json(c, await pageJson(c, log)))
    .delete("/", async (c) => {
      await log.clearExports();
      return text(c, "");
    });
}

async function pageJson(c: Context, log: App["exports"]) {
  const wanted = pageArguments(c);
  const { exports, done } = await log.exports(flag(c, "last") ? "last" : wanted);
  const first = exports[0];
  return {
    Done: done,
    Exports: exports.map(exportJson),
    ...(first && { First: first.seq }),
    Last: exports.at(-1)?.seq ?? (flag(c, "last") ? 0 : wanted.since),
  };
}

function exportJson({ seq, level, id, remote, identifiers, at }: Export) {
  const { Patient, Study, Series, Instance } = identifiers;
  return {
    Date: orthancDate(at),
    ID: id,
    Path: pathOf(level, id),
    PatientID: Patient,
    RemoteModality: remote,
    ResourceType: level,
    ...(Instance !== undefined && { SOPInstanceUID: Instance }),
    Seq: seq,
    ...(Series !== undefined && { SeriesInstanceUID: Series }),
    ...(Study !== undefined && { StudyInstanceUID: Study }),
  };
}
