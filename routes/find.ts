import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import type { FindRequest } from "../core/archive/find.ts";
import type { Query } from "../core/archive/query.ts";
import type { Level } from "../core/archive/resource.ts";
import type { Dialect } from "../core/dicom/json/tags.ts";
import { DEFAULT_BLOCKS, metadataNames, parseBlocks, wantedFor } from "./resource_json.ts";
import { requestedTag } from "./requests.ts";
import { showResource } from "./resources.ts";
import { json, jsonStream } from "./respond.ts";
import { level, names, readObject } from "./schemas.ts";

const ORDER_TYPES = {
  DicomTag: { kind: "tag", as: "text" },
  DicomTagAsInt: { kind: "tag", as: "integer" },
  DicomTagAsFloat: { kind: "tag", as: "float" },
  Metadata: { kind: "metadata", as: "text" },
  MetadataAsInt: { kind: "metadata", as: "integer" },
  MetadataAsFloat: { kind: "metadata", as: "float" },
} as const;

const OrderBy = z.object({
  Type: z.enum(Object.keys(ORDER_TYPES) as (keyof typeof ORDER_TYPES)[]),
  Key: z.string(),
  Direction: z.enum(["ASC", "DESC"]).default("ASC"),
});

const texts = z.record(z.string(), z.string());

/** Body of /tools/find; /tools/count-resources takes the same filter. */
export const Find = z.object({
  Level: level,
  Query: texts,
  Expand: z.boolean().default(false),
  Limit: z.int().min(0).default(0),
  Since: z.int().min(0).default(0),
  CaseSensitive: z.boolean().default(false),
  Short: z.boolean().default(false),
  Full: z.boolean().default(false),
  RequestedTags: names.default([]),
  ResponseContent: names.optional(),
  Labels: names.default([]),
  LabelsConstraint: z.enum(["All", "Any", "None"]).default("All"),
  ParentPatient: z.string().optional(),
  ParentStudy: z.string().optional(),
  ParentSeries: z.string().optional(),
  MetadataQuery: texts.default({}),
  OrderBy: z.array(OrderBy).default([]),
});
export type Find = z.infer<typeof Find>;

/** Searching in the local store. */
export function findRoutes(app: App): Hono {
  return new Hono()
    .post("/find", async (c) => answerFind(c, app, await readObject(c, Find)))
    .post("/count-resources", async (c) => {
      const body = await readObject(c, Find);
      return json(c, { Count: await app.search.count(requestOf(body)) });
    });
}

async function answerFind(c: Context, app: App, body: Find): Promise<Response> {
  const blocks = body.ResponseContent ? parseBlocks(body.ResponseContent) : DEFAULT_BLOCKS;
  const tags = body.RequestedTags.map(requestedTag);
  const request = requestOf(body);
  if (!body.Expand && !body.ResponseContent) return json(c, await app.search.findIds(request));
  const shape = {
    dialect: dialectOf(body),
    blocks,
    metadataNames: metadataNames(app.config.userMetadata),
  };
  const found = app.search.find(request, wantedFor(shape));
  return jsonStream(c, eachOf(found, (resource) => showResource(app, resource, shape, tags)));
}

/** The dialect that a body chooses. */
export function dialectOf({ Short, Full }: { Short: boolean; Full: boolean }): Dialect {
  return Short ? "short" : Full ? "full" : "simplified";
}

/** The search that a body asks for. */
export function requestOf(body: Find): FindRequest {
  return {
    level: body.Level,
    query: body.Query,
    metadata: body.MetadataQuery,
    caseSensitive: body.CaseSensitive,
    labels: body.Labels.length > 0
      ? { labels: body.Labels, constraint: body.LabelsConstraint }
      : undefined,
    parent: parentOf(body),
    orderBy: body.OrderBy.map(({ Type, Key, Direction }) => ({
      ...ORDER_TYPES[Type],
      key: Key,
      descending: Direction === "DESC",
    })),
    since: body.Since,
    limit: body.Limit,
  };
}

/** The lowest parent that the body names. */
function parentOf({ ParentPatient, ParentStudy, ParentSeries }: Find): Query["parent"] {
  const given: [Level, string | undefined][] = [
    ["Series", ParentSeries],
    ["Study", ParentStudy],
    ["Patient", ParentPatient],
  ];
  for (const [parentLevel, id] of given) if (id !== undefined) return { level: parentLevel, id };
  return undefined;
}

async function* eachOf<T, U>(items: AsyncIterable<T>, show: (item: T) => Promise<U>) {
  for await (const item of items) yield await show(item);
}
