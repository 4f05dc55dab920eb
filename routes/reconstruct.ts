import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import { reconstruct } from "../core/archive/modify/reconstruct.ts";
import type { Level } from "../core/archive/resource.ts";
import { DicomError } from "../core/errors.ts";
import { parseJson, readText } from "./body.ts";
import { requireResource } from "./resources.ts";
import { text } from "./respond.ts";
import { checkedFile } from "./schemas.ts";

/** Body of a reconstruction; it may be empty. */
export const Reconstruct = z.object({
  ReconstructFiles: z.boolean().default(false),
  LimitToThisLevelMainDicomTags: z.boolean().default(false),
});

/** Has the index know resources as their files describe them. */
export function reconstructRoutes(app: App, level: Level): Hono {
  return new Hono().post("/:id/reconstruct", async (c) => {
    const ref = { level, id: c.req.param("id") };
    const { LimitToThisLevelMainDicomTags: isLimited } = await readOptions(c);
    await requireResource(app, ref);
    await reconstruct(app, ref, { isLimited });
    return text(c, "");
  });
}

/** @throws DicomError `not-implemented` where files are to be written anew */
async function readOptions(c: Context): Promise<z.infer<typeof Reconstruct>> {
  const written = (await readText(c)).trim();
  const options = checkedFile(written === "" ? {} : parseJson(written), Reconstruct);
  if (!options.ReconstructFiles) return options;
  throw new DicomError("not-implemented", "Cannot reconstruct files: only what is known of them");
}
