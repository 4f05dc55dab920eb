import { Hono } from "hono";
import type { App } from "../core/app.ts";
import { DicomError } from "../core/errors.ts";
import { json } from "./respond.ts";

const DEFAULT_LIMIT = 100;
const MAXIMUM_LIMIT = 1000;

/** Reading the audit log; nobody writes it over HTTP. */
export function auditRoutes({ audit }: Pick<App, "audit">): Hono {
  return new Hono().get("/", async (c) => {
    const since = wholeNumber("since", c.req.query("since") ?? "0");
    const limit = wholeNumber("limit", c.req.query("limit") ?? String(DEFAULT_LIMIT));
    const page = await audit.page({ since, limit: Math.min(limit, MAXIMUM_LIMIT) });
    return json(c, {
      Done: page.done,
      Enabled: audit.enabled,
      Entries: page.entries,
      Head: { Hash: page.head.hash, Seq: page.head.seq },
    });
  });
}

function wholeNumber(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new DicomError("bad-type", `Cannot read argument "${name}": it is not a whole number`);
}
