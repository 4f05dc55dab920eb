import { type Context, Hono } from "hono";
import type { App } from "../core/app.ts";
import { eachResource } from "../core/archive/each_resource.ts";
import { everyResource, type Query, ROW_ONLY } from "../core/archive/query.ts";
import { depthOf, type Level, LEVELS, type Resource } from "../core/archive/resource.ts";
import type { Tag } from "../core/dicom/tag.ts";
import { DicomError } from "../core/errors.ts";
import type { ResourceRef } from "../core/ports.ts";
import { empty } from "./errors.ts";
import { LEVEL_NAMES, pathOf } from "./levels.ts";
import { chosenBlocks, pageOf, requestedTagsOf, shapeOf } from "./requests.ts";
import { resourceJson, type Shape, wantedFor } from "./resource_json.ts";
import { flag, json, jsonStream } from "./respond.ts";
import { statisticsOfJson } from "./statistics.ts";

/** Lists, single resources, the way up and down, and deletion, for one level. */
export function resourceRoutes(app: App, level: Level): Hono {
  const routes = new Hono();
  const ref = (c: Context): ResourceRef => ({ level, id: c.req.param("id")! });

  routes.get("/", async (c) => {
    const page = pageOf(c);
    const query = { ...everyResource(level), ...page };
    if (flag(c, "expand") || chosenBlocks(c)) {
      return jsonStream(c, expanded(app, query, shapeOf(c, app), requestedTagsOf(c)));
    }
    return json(c, await app.index.findIds(query));
  });

  routes.get("/:id", async (c) => {
    const resource = await getResource(c, app, ref(c));
    return resource ? json(c, resource) : empty(c, 404);
  });

  routes.delete("/:id", async (c) => {
    const removal = await app.remove(ref(c));
    if (!removal) return empty(c, 404);
    const { remainingAncestor: left } = removal;
    return json(c, {
      RemainingAncestor: left &&
        { ID: left.id, Path: pathOf(left.level, left.id), Type: left.level },
    });
  });

  routes.get("/:id/statistics", async (c) => {
    const statistics = await app.index.statisticsOf(ref(c));
    if (!statistics) throw unknownResource(ref(c));
    return json(c, statisticsOfJson(level, statistics));
  });

  for (const below of LEVELS.slice(depthOf(level) + 1)) {
    routes.get(`/:id/${LEVEL_NAMES[below].segment}`, (c) => listBelow(c, app, ref(c), below));
  }
  for (const above of LEVELS.slice(0, depthOf(level))) {
    routes.get(`/:id/${PARENT_SEGMENTS[above]}`, async (c) => {
      const parent = await parentOf(app, ref(c), above);
      const resource = parent && await getResource(c, app, parent);
      if (!resource) throw unknownResource(ref(c));
      return json(c, resource);
    });
  }
  return routes;
}

/** The word for a parent in a path. */
const PARENT_SEGMENTS: Readonly<Record<Level, string>> = {
  Patient: "patient",
  Study: "study",
  Series: "series",
  Instance: "instance",
};

/** Children are shown whole unless `?expand=false`. */
async function listBelow(c: Context, app: App, parent: ResourceRef, below: Level) {
  await requireResource(app, parent);
  const query = { ...everyResource(below), parent };
  const wantsIds = c.req.query("expand") !== undefined && !flag(c, "expand");
  if (wantsIds) return json(c, await app.index.findIds(query));
  return jsonStream(c, expanded(app, query, shapeOf(c, app), requestedTagsOf(c)));
}

async function getResource(c: Context, app: App, ref: ResourceRef) {
  const shape = shapeOf(c, app);
  const tags = requestedTagsOf(c);
  const resource = await app.index.get(ref, wantedFor(shape));
  return resource && await showResource(app, resource, shape, tags);
}

/** The object of a resource, with `RequestedTags` if any are wanted. */
export async function showResource(
  app: App,
  resource: Resource,
  shape: Shape,
  tags: readonly Tag[],
) {
  const requested = tags.length > 0 ? await app.requestedTags(resource, tags) : undefined;
  return resourceJson(resource, shape, requested);
}

/** Objects of all resources that a query finds. */
async function* expanded(app: App, query: Query, shape: Shape, tags: readonly Tag[]) {
  for await (const resource of eachResource(app.index, query, wantedFor(shape))) {
    yield await showResource(app, resource, shape, tags);
  }
}

/** @throws DicomError `unknown-resource` if there is no such resource */
export async function requireResource(app: App, ref: ResourceRef): Promise<void> {
  if (await app.index.get(ref, ROW_ONLY) === undefined) throw unknownResource(ref);
}

/** The failure of whatever is asked about a resource that is not there. */
export function unknownResource({ level, id }: ResourceRef): DicomError {
  return new DicomError("unknown-resource", `There is no ${level} ${id}`);
}

/** The parent of a resource at a level above; undefined if it is not there. */
export async function parentOf(
  app: App,
  ref: ResourceRef,
  above: Level,
): Promise<ResourceRef | undefined> {
  let current: ResourceRef = ref;
  while (current.level !== above) {
    const resource = await app.index.get(current, ROW_ONLY);
    if (!resource?.parent) return undefined;
    current = { level: LEVELS[depthOf(current.level) - 1]!, id: resource.parent };
  }
  return current;
}
