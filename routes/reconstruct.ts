import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import { reconstruct, reconstructAll } from "../core/archive/modify/reconstruct.ts";
import type { Level } from "../core/archive/resource.ts";
import { parseJson, readText } from "./body.ts";
import { requireResource } from "./resources.ts";
import { text } from "./respond.ts";
import { checkedFile } from "./schemas.ts";

/** Body of a reconstruction; it may be empty. */
export const Reconstruct = z.object({
  ReconstructFiles: z.boolean().default(false),
  LimitToThisLevelMainDicomTags: z.boolean().default(false),
});

/** Body of the reconstruction of all that is stored; it may be empty. */
export const ReconstructAll = Reconstruct.pick({ ReconstructFiles: true });

/** Has the index know resources as their files describe them. */
export function reconstructRoutes(app: App, level: Level): Hono {
  return new Hono().post("/:id/reconstruct", async (c) => {
    const ref = { level, id: c.req.param("id") };
    const { ReconstructFiles: files, LimitToThisLevelMainDicomTags: isLimited } = await readOptions(
      c,
      Reconstruct,
    );
    await requireResource(app, ref);
    await reconstruct(app, ref, { isLimited, files });
    return text(c, "");
  });
}

/** The same of everything. Summaries of files are not kept, so those that are to be forgotten are none. */
export function reconstructToolRoutes(app: App): Hono {
  return new Hono()
    .post("/reconstruct", async (c) => {
      const { ReconstructFiles: files } = await readOptions(c, ReconstructAll);
      await reconstructAll(app, { isLimited: false, files });
      return text(c, "");
    })
    .post("/invalidate-tags", (c) => text(c, ""));
}

async function readOptions<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  const written = (await readText(c)).trim();
  return checkedFile(written === "" ? {} : parseJson(written), schema);
}
