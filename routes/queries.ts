import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import { depthOf, type Level, LEVELS } from "../core/archive/resource.ts";
import { aeTitle } from "../core/config/schemas.ts";
import type { DataSet } from "../core/dicom/data_set.ts";
import { parseTagOrName } from "../core/dicom/dictionary.ts";
import { showTags } from "../core/dicom/json/show.ts";
import { tagsJson } from "../core/dicom/json/tags.ts";
import type { Tag } from "../core/dicom/tag.ts";
import { DicomError } from "../core/errors.ts";
import type { FindQuery } from "../core/remote/find_identifier.ts";
import type { AnsweredQuery, RemoteModality } from "../core/remote/queries.ts";
import { keysOf, retrieveKeys } from "../core/remote/retrieve_keys.ts";
import { parseJson, readJson, readText } from "./body.ts";
import { JobOptions } from "./jobs.ts";
import { LEVEL_NAMES } from "./levels.ts";
import { answerRetrieve, type RetrieveMethod } from "./modalities/retrieve.ts";
import { remoteModality } from "./modalities/target.ts";
import { dialectOf } from "./requests.ts";
import { flag, json, text } from "./respond.ts";
import { checkedFile, level } from "./schemas.ts";

/** Texts by names of attributes, as a map by tag. */
const keys = z.record(z.string(), z.string()).transform((texts, context) => {
  const byTag = new Map<Tag, string>();
  for (const [name, value] of Object.entries(texts)) {
    const tag = parseTagOrName(name);
    if (tag === undefined) context.addIssue({ code: "custom", message: "a name is no attribute" });
    else byTag.set(tag, value);
  }
  return byTag;
});

/** Body of a query that starts from an answer. */
export const ChildQuery = z.object({
  Query: keys.prefault({}),
  Timeout: z.int().min(0).optional(),
});

/** Body of /modalities/…/query. */
export const Query = ChildQuery.extend({
  Level: level,
  Normalize: z.boolean().default(true),
  LocalAet: aeTitle.optional(),
});

/** Body of retrieve in its long form. */
export const RetrieveAnswers = JobOptions.extend({
  TargetAet: aeTitle.optional(),
  Timeout: z.int().min(0).optional(),
  RetrieveMethod: z.enum(["C-MOVE", "C-GET", "SystemDefault"]).default("SystemDefault"),
  Full: z.boolean().default(false),
  Simplify: z.boolean().default(false),
});
type RetrieveAnswers = z.infer<typeof RetrieveAnswers>;

const QUERY_OPERATIONS = ["answers", "level", "modality", "query", "retrieve"];

/** Queries of modalities, their answers, and retrieving these. */
export function queryRoutes(app: App): Hono {
  const queryOf = (c: Context) => find(app, c.req.param("id")!);
  const routes = new Hono()
    .get("/", (c) => json(c, app.queries.ids()))
    .get("/:id", (c) => {
      queryOf(c);
      return json(c, QUERY_OPERATIONS);
    })
    .delete("/:id", (c) => {
      app.queries.remove(c.req.param("id"));
      return text(c, "");
    })
    .get("/:id/level", (c) => text(c, queryOf(c).level))
    .get("/:id/modality", (c) => text(c, queryOf(c).target.name))
    .get("/:id/query", (c) => json(c, showTags(queryOf(c).keys, dialectOf(c, "full"))))
    .get("/:id/answers", (c) => {
      const { answers } = queryOf(c);
      return json(c, flag(c, "expand") ? answers.map(shownBy(c)) : answers.map((_, n) => `${n}`));
    })
    .post("/:id/retrieve", (c) => {
      const query = queryOf(c);
      return retrieve(c, app, { query, answers: query.answers });
    })
    .get("/:id/answers/:index", (c) => {
      const { query } = answerOf(c, app);
      return json(c, ["content", "retrieve", ...childrenOf(query).map(childOperation)]);
    })
    .get("/:id/answers/:index/content", (c) => json(c, shownBy(c)(answerOf(c, app).answer)))
    .post("/:id/answers/:index/retrieve", (c) => {
      const { query, answer } = answerOf(c, app);
      return retrieve(c, app, { query, answers: [answer] });
    });
  for (const below of LEVELS.slice(1)) {
    routes.post(`/:id/answers/:index/${childOperation(below)}`, async (c) => {
      const { query, answer } = answerOf(c, app);
      if (!childrenOf(query).includes(below)) {
        throw new DicomError("unknown-resource", `Cannot query: no ${below} is below an answer`);
      }
      const body = checkedFile(await readJson(c), ChildQuery);
      const target = withTimeout(app, query.target, body.Timeout);
      const wanted = new Map([...keysOf(answer), ...body.Query]);
      return answerQuery(c, app, {
        target,
        query: { level: below, keys: wanted, normalize: true },
      });
    });
  }
  return routes;
}

/** Asks a modality and answers with the name under which its answers are kept. */
export async function answerQuery(
  c: Context,
  app: App,
  { target, query }: { readonly target: RemoteModality; readonly query: FindQuery },
): Promise<Response> {
  const { id } = await app.queries.run(target, query, c.req.raw.signal);
  return json(c, { ID: id, Path: `/queries/${id}` });
}

/** @throws DicomError `unknown-resource` */
function find(app: App, id: string): AnsweredQuery {
  const query = app.queries.get(id);
  if (query) return query;
  throw new DicomError("unknown-resource", `Cannot find query ${id}: it is unknown or too old`);
}

/** @throws DicomError `unknown-resource`, `bad-type`, `out-of-range` */
function answerOf(c: Context, app: App): { query: AnsweredQuery; answer: DataSet } {
  const query = find(app, c.req.param("id")!);
  const index = c.req.param("index")!;
  if (!/^\d{1,9}$/.test(index)) {
    throw new DicomError("bad-type", "Cannot find answer: its index is not a whole number");
  }
  const answer = query.answers[Number(index)];
  if (answer) return { query, answer };
  throw new DicomError("out-of-range", `Cannot find answer ${index}: there are fewer`);
}

function childrenOf({ level }: AnsweredQuery): readonly Level[] {
  return LEVELS.slice(depthOf(level) + 1);
}

function childOperation(level: Level): string {
  return `query-${LEVEL_NAMES[level].segment}`;
}

function shownBy(c: Context): (answer: DataSet) => unknown {
  const dialect = dialectOf(c, "full");
  return (answer) => tagsJson(answer, { dialect });
}

async function retrieve(
  c: Context,
  app: App,
  { query, answers }: { readonly query: AnsweredQuery; readonly answers: readonly DataSet[] },
): Promise<Response> {
  const body = await readRetrieve(c);
  return await answerRetrieve(c, app, {
    target: withTimeout(app, query.target, body.Timeout),
    method: methodOf(app, query.target, body),
    queries: answers.map((answer) => retrieveKeys(query.level, keysOf(answer))),
    dialect: body.Simplify ? "simplified" : body.Full ? "full" : "short",
    options: body,
  });
}

/** The forms of the body: nothing, an AE title as it is or in JSON, or an object. */
async function readRetrieve(c: Context): Promise<RetrieveAnswers> {
  const written = (await readText(c)).trim();
  const value = written === "" ? {} : parseJson(written) ?? written;
  const isTitle = typeof value === "string" || typeof value === "number";
  return checkedFile(isTitle ? { TargetAet: `${value}` } : value, RetrieveAnswers);
}

/** What the request says, else the modality, else the configuration. */
function methodOf(
  app: App,
  { modality }: RemoteModality,
  { RetrieveMethod, TargetAet }: RetrieveAnswers,
): RetrieveMethod {
  const chosen = [RetrieveMethod, modality.retrieveMethod].find((one) => one !== "SystemDefault");
  const kind = chosen ?? app.config.dicomDefaultRetrieveMethod;
  return kind === "C-GET"
    ? { kind: "C-GET" }
    : { kind: "C-MOVE", targetAet: TargetAet ?? app.config.dicomAet };
}

function withTimeout(app: App, target: RemoteModality, timeout?: number): RemoteModality {
  if (!timeout) return target;
  const { callingAet: LocalAet } = target.remote;
  const { remote } = remoteModality(app, target.modality, { LocalAet, Timeout: timeout });
  return { ...target, remote };
}
