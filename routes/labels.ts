import { type Context, Hono } from "hono";
import type { App } from "../core/app.ts";
import type { Level } from "../core/archive/resource.ts";
import { DicomError } from "../core/errors.ts";
import type { ResourceRef } from "../core/ports.ts";
import { empty } from "./errors.ts";
import { json, text } from "./respond.ts";

/** Labels of the resources of one level. */
export function labelRoutes(app: App, level: Level): Hono {
  const ref = (c: Context): ResourceRef => ({ level, id: c.req.param("id")! });
  const labelsOf = async (c: Context) => {
    const wanted = { children: false, labels: true, status: false };
    return (await app.index.get(ref(c), wanted))?.labels;
  };

  return new Hono()
    .get("/:id/labels", async (c) => {
      const labels = await labelsOf(c);
      return labels ? json(c, labels) : empty(c, 404);
    })
    .get("/:id/labels/:label", async (c) => {
      const labels = await labelsOf(c);
      return labels?.includes(c.req.param("label")) ? text(c, "") : empty(c, 404);
    })
    .put("/:id/labels/:label", async (c) => {
      const added = await app.index.addLabel(ref(c), checkLabel(c.req.param("label")));
      return added ? text(c, "") : empty(c, 404);
    })
    .delete("/:id/labels/:label", async (c) => {
      const removed = await app.index.removeLabel(ref(c), checkLabel(c.req.param("label")));
      return removed ? text(c, "") : empty(c, 404);
    });
}

/** @throws DicomError `bad-request` unless it is a label as Orthanc allows them */
function checkLabel(label: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(label)) return label;
  const fact = "a label is 1 to 64 letters, digits, _ or -";
  throw new DicomError("bad-request", `Cannot use label: ${fact}`);
}
