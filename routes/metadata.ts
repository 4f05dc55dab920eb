import { type Context, Hono } from "hono";
import type { App } from "../core/app.ts";
import { metadataNumber } from "../core/archive/find.ts";
import { allMetadata, metadataOf, type Target } from "../core/archive/metadata.ts";
import { ROW_ONLY } from "../core/archive/query.ts";
import type { Level, Resource } from "../core/archive/resource.ts";
import { DicomError } from "../core/errors.ts";
import type { ResourceRef } from "../core/ports.ts";
import { readText } from "./body.ts";
import { empty } from "./errors.ts";
import { expectedOf, isKnown, setEtag } from "./etag.ts";
import { metadataJson, metadataNames } from "./resource_json.ts";
import { unknownResource } from "./resources.ts";
import { flag, json, text } from "./respond.ts";

/** Metadata of the resources of one level. */
export function metadataRoutes(app: App, level: Level): Hono {
  const names = metadataNames(app.config.userMetadata);
  const ref = (c: Context): ResourceRef => ({ level, id: c.req.param("id")! });
  const keyOf = (c: Context) => metadataNumber(c.req.param("name")!, app.config.userMetadata);
  const target = (c: Context): Target => ({ ref: ref(c), key: keyOf(c), expected: expectedOf(c) });

  const resourceOf = async (c: Context): Promise<Resource> => {
    const resource = await app.index.get(ref(c), ROW_ONLY);
    if (!resource) throw unknownResource(ref(c));
    return resource;
  };

  return new Hono()
    .get("/:id/metadata", async (c) => {
      const resource = await resourceOf(c);
      const shown = flag(c, "numeric") ? NO_NAMES : names;
      if (flag(c, "expand")) return json(c, metadataJson(resource, shown));
      const keys = Object.keys(allMetadata(resource)).map(Number);
      return json(c, keys.map((key) => shown.get(key) ?? (shown === NO_NAMES ? key : String(key))));
    })
    .get("/:id/metadata/:name", async (c) => {
      const found = metadataOf(await resourceOf(c), keyOf(c));
      if (!found) return empty(c, 404);
      setEtag(c, found);
      return isKnown(c, found) ? empty(c, 304) : text(c, found.value);
    })
    .put("/:id/metadata/:name", async (c) => {
      const value = await readText(c);
      return changed(c, async () => setEtag(c, await app.metadata.set(target(c), value)));
    })
    .delete("/:id/metadata/:name", (c) => {
      return changed(c, () => app.metadata.remove(target(c)));
    });
}

const NO_NAMES: ReadonlyMap<number, string> = new Map();

/** The answer to a change, empty by default; Orthanc says nothing to who may not make it. */
export async function changed(
  c: Context,
  change: () => Promise<void>,
  answer: (c: Context) => Response = (c) => text(c, ""),
): Promise<Response> {
  try {
    await change();
  } catch (error) {
    if (error instanceof DicomError && error.code === "forbidden") return empty(c, 403);
    throw error;
  }
  return answer(c);
}
