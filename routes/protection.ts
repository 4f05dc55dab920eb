import { Hono } from "hono";
import type { App } from "../core/app.ts";
import { DicomError } from "../core/errors.ts";
import { readText } from "./body.ts";
import { text } from "./respond.ts";

/** Protection of patients from being removed to make room. */
export function protectionRoutes({ protection }: App): Hono {
  return new Hono()
    .get("/:id/protected", async (c) => {
      return text(c, await protection.get(c.req.param("id")) ? "1" : "0");
    })
    .put("/:id/protected", async (c) => {
      await protection.set(c.req.param("id"), readBoolean(await readText(c)));
      return text(c, "");
    });
}

/** @throws DicomError `bad-file` unless it is one of Orthanc's words */
function readBoolean(written: string): boolean {
  const word = written.trim();
  if (word === "1" || word === "true") return true;
  if (word === "0" || word === "false") return false;
  throw new DicomError("bad-file", "Boolean value expected");
}
