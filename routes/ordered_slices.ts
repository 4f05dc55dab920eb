import { Hono } from "hono";
import type { App } from "../core/app.ts";
import { everyResource, ROW_ONLY } from "../core/archive/query.ts";
import type { Resource } from "../core/archive/resource.ts";
import { isVolume, orderSlices } from "../core/archive/slice_order.ts";
import { pathOf } from "./levels.ts";
import { requireResource } from "./resources.ts";
import { json } from "./respond.ts";

const NUMBER_OF_FRAMES = "00280008";

/** The slices of a series in order (deprecated by Orthanc). */
export function orderedSliceRoutes(app: App): Hono {
  return new Hono().get("/:id/ordered-slices", async (c) => {
    const ref = { level: "Series", id: c.req.param("id") } as const;
    await requireResource(app, ref);
    const query = { ...everyResource("Instance"), parent: ref };
    const instances = await app.index.find(query, ROW_ONLY);
    const ordered = orderSlices(instances);
    const counted = ordered.map((instance) => ({ instance, frames: framesOf(instance) }));
    return json(c, {
      Dicom: ordered.map(({ id }) => `${pathOf("Instance", id)}/file`),
      Slices: counted.flatMap(({ instance: { id }, frames }) =>
        Array.from({ length: frames }, (_, frame) => `${pathOf("Instance", id)}/frames/${frame}`)
      ),
      SlicesShort: counted.map(({ instance: { id }, frames }) => [id, 0, frames]),
      Type: isVolume(instances) ? "Volume" : "Sequence",
    });
  });
}

/** Frames beyond this are not listed: there is no such image. */
const MOST_FRAMES = 100_000;

function framesOf({ tags }: Resource): number {
  const text = tags[NUMBER_OF_FRAMES];
  const count = typeof text === "string" ? Number(text) : 1;
  return Number.isInteger(count) && count >= 1 ? Math.min(count, MOST_FRAMES) : 1;
}
