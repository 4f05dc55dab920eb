import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import { modality, modalityJson } from "../core/config/modality.ts";
import { DicomError } from "../core/errors.ts";
import { parseJson, readJson, readText } from "./body.ts";
import { empty } from "./errors.ts";
import { modalityFindRoutes } from "./modalities/find.ts";
import { retrieveRoutes } from "./modalities/retrieve.ts";
import { storeRoutes } from "./modalities/store.ts";
import { remoteModality } from "./modalities/target.ts";
import { emptyJson, flag, json, text } from "./respond.ts";
import { answerCommitment } from "./storage_commitment.ts";
import { checkedFile } from "./schemas.ts";

/** Options of a test by C-ECHO. */
export const Echo = z.object({
  CheckFind: z.boolean().optional(),
  Timeout: z.int().min(0).optional(),
});

/** Body of /tools/dicom-echo: a modality that need not be known. */
export const DicomEcho = z.looseObject({
  AET: z.string(),
  Host: z.string(),
  Port: z.union([z.int(), z.string()]),
  LocalAet: z.string().optional(),
  CheckFind: z.boolean().optional(),
  Timeout: z.int().min(0).optional(),
});

/** What can be done with a modality. */
const OPERATIONS = [
  "configuration",
  "echo",
  "find",
  "find-instance",
  "find-patient",
  "find-series",
  "find-study",
  "find-worklist",
  "get",
  "move",
  "query",
  "storage-commitment",
  "store",
  "store-straight",
];

/** The remote modalities, and what they can be asked for. */
export function modalityRoutes(app: App): Hono {
  const { modalities } = app;
  return new Hono()
    .get("/", (c) => {
      const all = modalities.list();
      if (!flag(c, "expand")) return json(c, all.map(({ name }) => name));
      const shown = all.map(({ name, modality }) => [name, modalityJson(modality)]);
      return json(c, Object.fromEntries(shown));
    })
    .get("/:name", (c) => {
      return modalities.get(c.req.param("name")) ? json(c, OPERATIONS) : empty(c, 404);
    })
    .get("/:name/configuration", (c) => {
      return json(c, modalityJson(remoteModality(app, c.req.param("name")).modality));
    })
    .put("/:name", async (c) => {
      await modalities.set(c.req.param("name"), checkedFile(await readJson(c), modality));
      return text(c, "");
    })
    .delete("/:name", async (c) => {
      const name = c.req.param("name");
      if (await modalities.remove(name)) return text(c, "");
      throw new DicomError("not-found", `Unknown DICOM modality with symbolic name: ${name}`);
    })
    .post("/:name/echo", async (c) => {
      const body = checkedFile(await optionalJson(c), Echo);
      const { remote } = remoteModality(app, c.req.param("name"), body);
      const alsoFind = body.CheckFind ?? app.config.dicomEchoChecksFind;
      await app.client.echo(remote, { alsoFind }, c.req.raw.signal);
      return emptyJson(c);
    })
    .post("/:name/storage-commitment", (c) => answerCommitment(c, app))
    .route("/", storeRoutes(app))
    .route("/", retrieveRoutes(app))
    .route("/", modalityFindRoutes(app));
}

/** Tests a modality that need not be known. */
export async function answerDicomEcho(c: Context, app: App): Promise<Response> {
  const { CheckFind, ...written } = checkedFile(await readJson(c), DicomEcho);
  const { remote } = remoteModality(app, checkedFile(written, modality));
  const alsoFind = CheckFind ?? app.config.dicomEchoChecksFind;
  await app.client.echo(remote, { alsoFind }, c.req.raw.signal);
  return emptyJson(c);
}

/** The body as JSON; an empty one is an empty object. */
async function optionalJson(c: Context): Promise<unknown> {
  const written = await readText(c);
  return written.trim() === "" ? {} : parseJson(written);
}
