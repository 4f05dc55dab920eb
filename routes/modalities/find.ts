import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../../core/app.ts";
import { DEFAULT_MAIN_TAGS, type Level } from "../../core/archive/resource.ts";
import type { DataSet } from "../../core/dicom/data_set.ts";
import { parseTagOrName } from "../../core/dicom/dictionary.ts";
import { newDataSetOf } from "../../core/dicom/json/new_data_set.ts";
import { tagsJson } from "../../core/dicom/json/tags.ts";
import { TAG, type Tag } from "../../core/dicom/tag.ts";
import { DicomError } from "../../core/errors.ts";
import type { RemoteModality } from "../../core/remote/queries.ts";
import { readJson } from "../body.ts";
import { empty } from "../errors.ts";
import { dialectOf } from "../find.ts";
import { answerQuery, Query } from "../queries.ts";
import { json } from "../respond.ts";
import { checkedFile } from "../schemas.ts";
import { remoteModality } from "./target.ts";

/** Body of find-worklist; Orthanc up to 1.11.2 had the query alone. */
export const FindWorklist = z.object({
  Query: z.record(z.string(), z.unknown()),
  Short: z.boolean().default(false),
  Full: z.boolean().default(false),
});

/** Body of the finds that `query` replaced: texts by name. */
export const Keys = z.record(z.string(), z.string());
type Keys = z.infer<typeof Keys>;

/** What each of the old finds must be given; shorter values would match too much. */
const OLD_FINDS: readonly { readonly level: Level; readonly needed: readonly Tag[] }[] = [
  { level: "Patient", needed: [] },
  { level: "Study", needed: [TAG.patientId] },
  { level: "Series", needed: [TAG.patientId, TAG.studyInstanceUid] },
  { level: "Instance", needed: [TAG.patientId, TAG.studyInstanceUid, TAG.seriesInstanceUid] },
];
const SHORTEST_KEY = 3;

/** Asking a modality. */
export function modalityFindRoutes(app: App): Hono {
  const routes = new Hono()
    .post("/:name/query", async (c) => {
      const { name } = remoteModality(app, c.req.param("name"));
      const body = checkedFile(await readJson(c), Query);
      const target = remoteModality(app, name, body);
      const { Level: level, Query: keys, Normalize: normalize } = body;
      return answerQuery(c, app, { target, query: { level, keys, normalize } });
    })
    .post("/:name/find-worklist", async (c) => {
      const target = remoteModality(app, c.req.param("name"));
      const body = checkedFile(withQuery(await readJson(c)), FindWorklist);
      const identifier = newDataSetOf(body.Query);
      const found = await app.queries.findWorklist(target, identifier, c.req.raw.signal);
      const dialect = dialectOf(body);
      return json(c, found.map((answer) => tagsJson(answer, { dialect })));
    })
    .post("/:name/find", async (c) => {
      const target = remoteModality(app, c.req.param("name"));
      const keys = keysOf(checkedFile(await readJson(c), Keys));
      return json(c, await findTree(c, app, { target, keys }));
    });
  for (const { level, needed } of OLD_FINDS) {
    routes.post(`/:name/find-${level.toLowerCase()}`, async (c) => {
      const target = remoteModality(app, c.req.param("name"));
      const keys = keysOf(checkedFile(await readJson(c), Keys));
      const isLong = (tag: Tag) => (keys.get(tag) ?? "").length >= SHORTEST_KEY;
      const byAccession = level === "Study" && isLong(TAG.accessionNumber);
      if (!byAccession && !needed.every(isLong)) return empty(c, 400);
      const found = await findAll(c, app, { target, level, keys });
      return json(c, found.map(simplified));
    });
  }
  return routes;
}

/** The levels of the tree that the oldest find gives. */
const TREE = [
  { level: "Patient", unique: TAG.patientId, children: "Studies" },
  { level: "Study", unique: TAG.studyInstanceUid, children: "Series" },
  { level: "Series", unique: TAG.seriesInstanceUid, children: undefined },
] as const;

/** Patients with their studies and the series of these. */
async function findTree(
  c: Context,
  app: App,
  { target, keys, depth = 0 }: {
    readonly target: RemoteModality;
    readonly keys: ReadonlyMap<Tag, string>;
    readonly depth?: number;
  },
): Promise<unknown[]> {
  const { level, unique, children } = TREE[depth]!;
  const shown: unknown[] = [];
  for (const answer of await findAll(c, app, { target, level, keys })) {
    const one = simplified(answer);
    const key = answer.get(unique);
    const below = key?.bytes && children
      ? new Map([...keys, [unique, answer.decode(key.bytes, key.vr)] as const])
      : undefined;
    shown.push(
      below
        ? { ...one, [children!]: await findTree(c, app, { target, keys: below, depth: depth + 1 }) }
        : one,
    );
  }
  return shown;
}

/** Asks for all main tags of a level. */
function findAll(
  c: Context,
  app: App,
  { target, level, keys }: {
    readonly target: RemoteModality;
    readonly level: Level;
    readonly keys: ReadonlyMap<Tag, string>;
  },
): Promise<readonly DataSet[]> {
  const wanted = DEFAULT_MAIN_TAGS[level].map((tag) => [tag, ""] as const);
  const query = { level, keys: new Map([...wanted, ...keys]), normalize: true };
  return app.queries.find(target, query, c.req.raw.signal);
}

function simplified(answer: DataSet) {
  return tagsJson(answer, { dialect: "simplified" });
}

/** @throws DicomError `unknown-tag` */
function keysOf(body: Keys): ReadonlyMap<Tag, string> {
  return new Map(
    Object.entries(body).map(([name, text]) => {
      const tag = parseTagOrName(name);
      if (tag !== undefined) return [tag, text];
      throw new DicomError("unknown-tag", "Cannot find: a name is no attribute");
    }),
  );
}

function withQuery(body: unknown): unknown {
  const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
  return isObject && !("Query" in body) ? { Query: body } : body;
}
