import { Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import { everyResource, ROW_ONLY } from "../core/archive/query.ts";
import { depthOf, type Level, LEVELS } from "../core/archive/resource.ts";
import type { ResourceRef } from "../core/ports.ts";
import { noteTargets } from "./access/audit_requests.ts";
import { dialectOf } from "./find.ts";
import { pathOf } from "./levels.ts";
import { DEFAULT_BLOCKS, metadataNames, wantedFor } from "./resource_json.ts";
import { parentOf, showResource } from "./resources.ts";
import { readText } from "./body.ts";
import { json, jsonStream, text } from "./respond.ts";
import { level, names, readObject } from "./schemas.ts";

export const BulkContent = z.object({
  Resources: names,
  Level: level.optional(),
  Metadata: z.boolean().default(true),
  Short: z.boolean().default(false),
  Full: z.boolean().default(false),
});
export type BulkContent = z.infer<typeof BulkContent>;

export const BulkDelete = z.object({
  Resources: z.array(z.union([z.string(), z.object({ Level: level, ID: z.string() })])),
});

/** Many resources in one call. */
export function bulkRoutes(app: App): Hono {
  return new Hono()
    .post("/bulk-content", async (c) => {
      const body = await readObject(c, BulkContent);
      noteTargets(c, body.Resources);
      return jsonStream(c, contents(app, body));
    })
    .post("/bulk-delete", async (c) => {
      const { Resources } = await readObject(c, BulkDelete);
      noteTargets(c, Resources.map((named) => typeof named === "string" ? named : named.ID));
      for (const named of Resources) {
        const refs = typeof named === "string"
          ? await locate(app, named)
          : [{ level: named.Level, id: named.ID }];
        for (const ref of refs) await app.remove(ref);
      }
      return text(c, "");
    })
    .post("/lookup", async (c) => {
      const found = await app.index.lookup(await readText(c));
      return json(
        c,
        found.map((ref) => ({ ID: ref.id, Path: pathOf(ref.level, ref.id), Type: ref.level })),
      );
    });
}

/** The resources that bear this identifier: one, but for contrived names. */
async function locate(app: App, id: string): Promise<ResourceRef[]> {
  const found: ResourceRef[] = [];
  for (const level of LEVELS) {
    if (await app.index.get({ level, id }, ROW_ONLY)) found.push({ level, id });
  }
  return found;
}

async function* contents(app: App, body: BulkContent) {
  const shape = {
    dialect: dialectOf(body),
    blocks: body.Metadata ? new Set([...DEFAULT_BLOCKS, "Metadata" as const]) : DEFAULT_BLOCKS,
    metadataNames: metadataNames(app.config.userMetadata),
  };
  const shown = new Set<string>();
  for (const id of body.Resources) {
    for (const ref of await locate(app, id)) {
      for (const target of await atLevel(app, ref, body.Level ?? ref.level)) {
        const resource = await app.index.get(target, wantedFor(shape));
        if (!resource || shown.has(target.id)) continue;
        shown.add(target.id);
        yield showResource(app, resource, shape, []);
      }
    }
  }
}

/** What stands for a resource at another level: its parent there, or all that is below it. */
async function atLevel(app: App, ref: ResourceRef, level: Level): Promise<ResourceRef[]> {
  if (level === ref.level) return [ref];
  if (depthOf(level) < depthOf(ref.level)) {
    const parent = await parentOf(app, ref, level);
    return parent ? [parent] : [];
  }
  const ids = await app.index.findIds({ ...everyResource(level), parent: ref });
  return ids.map((id) => ({ level, id }));
}
