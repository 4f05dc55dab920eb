import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../../core/app.ts";
import { aeTitle } from "../../core/config/schemas.ts";
import type { Dialect } from "../../core/dicom/json/tags.ts";
import { parseTagOrName } from "../../core/dicom/dictionary.ts";
import type { Tag } from "../../core/dicom/tag.ts";
import { DicomError } from "../../core/errors.ts";
import type { RemoteModality } from "../../core/remote/queries.ts";
import { retrieveKeys } from "../../core/remote/retrieve_keys.ts";
import { readJson } from "../body.ts";
import { answerJob, JobOptions } from "../jobs.ts";
import { checkedFile, level } from "../schemas.ts";
import { remoteModality } from "./target.ts";

/** Body of /modalities/…/get. */
export const Get = JobOptions.extend({
  Level: level,
  Resources: z.array(z.record(z.string(), z.string())),
  LocalAet: aeTitle.optional(),
  Timeout: z.int().min(0).optional(),
});
type Get = z.infer<typeof Get>;

/** Body of /modalities/…/move. */
export const Move = Get.extend({ TargetAet: aeTitle.optional() });

/** How to retrieve: by C-MOVE to an AE title, or by C-GET. */
export type RetrieveMethod = { readonly kind: "C-MOVE"; readonly targetAet: string } | {
  readonly kind: "C-GET";
};

/** What to retrieve. */
export interface RetrieveRequest {
  readonly target: RemoteModality;
  readonly method: RetrieveMethod;
  /** As `retrieveKeys()` makes them. */
  readonly queries: readonly Readonly<Record<string, string>>[];
  readonly dialect: Dialect;
  readonly options: JobOptions;
}

/** Retrieving what is named, without a query before. */
export function retrieveRoutes(app: App): Hono {
  return new Hono()
    .post("/:name/move", async (c) => {
      const { name } = remoteModality(app, c.req.param("name"));
      const body = checkedFile(await readJson(c), Move);
      const targetAet = body.TargetAet ?? app.config.dicomAet;
      return answerNamed(c, app, { name, body, method: { kind: "C-MOVE", targetAet } });
    })
    .post("/:name/get", async (c) => {
      const { name } = remoteModality(app, c.req.param("name"));
      const body = checkedFile(await readJson(c), Get);
      return answerNamed(c, app, { name, body, method: { kind: "C-GET" } });
    });
}

/** Retrieves by a job. */
export function answerRetrieve(c: Context, app: App, request: RetrieveRequest): Promise<Response> {
  const { target: { remote }, method, queries, dialect, options } = request;
  const input = { remote, queries, dialect, permissive: options.Permissive };
  if (method.kind === "C-GET") return answerJob(c, app, { type: "DicomGetScu", input, options });
  const { targetAet } = method;
  return answerJob(c, app, { type: "DicomMoveScu", input: { ...input, targetAet }, options });
}

function answerNamed(
  c: Context,
  app: App,
  { name, body, method }: {
    readonly name: string;
    readonly body: Get;
    readonly method: RetrieveMethod;
  },
): Promise<Response> {
  const queries = body.Resources.map((resource) => retrieveKeys(body.Level, textsByTag(resource)));
  const target = remoteModality(app, name, body);
  return answerRetrieve(c, app, { target, method, queries, dialect: "short", options: body });
}

function textsByTag(resource: Readonly<Record<string, string>>): ReadonlyMap<Tag, string> {
  return new Map(
    Object.entries(resource).map(([name, text]) => {
      const tag = parseTagOrName(name);
      if (tag !== undefined) return [tag, text];
      throw new DicomError("unknown-tag", "Cannot retrieve: a name in Resources is no attribute");
    }),
  );
}
