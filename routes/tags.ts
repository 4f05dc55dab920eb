import { type Context, Hono } from "hono";
import type { App } from "../core/app.ts";
import { readOptions } from "../core/archive/instance_tags.ts";
import { ROW_ONLY } from "../core/archive/query.ts";
import type { Level, StoredFile } from "../core/archive/resource.ts";
import { type DicomJson, dicomJson } from "../core/dicom/json/dicom_json.ts";
import { type Dialect, tagsJson, type TagsOptions } from "../core/dicom/json/tags.ts";
import type { ModuleName } from "../core/dicom/modules.ts";
import { nativeModel } from "../core/dicom/xml/native_model.ts";
import { DicomError } from "../core/errors.ts";
import type { ResourceRef } from "../core/ports.ts";
import { negotiate } from "./accept.ts";
import { contentDisposition } from "./access.ts";
import { empty } from "./errors.ts";
import { pathOf } from "./levels.ts";
import { dialectOf, ignoreLengthOf } from "./requests.ts";
import { requireResource, unknownResource } from "./resources.ts";
import { bytes, flag, json, jsonObjectStream, streamed, whole } from "./respond.ts";
import { wantedSyntax } from "./transcoding.ts";

/** EncapsulatedDocument (PS3.3 Section C.24.2). */
const ENCAPSULATED_DOCUMENT = "0042-0011";

const DICOM_JSON = "application/dicom+json";
const DICOM_XML = "application/dicom+xml";
/** What a file can be sent as; the first one unless another is named. */
const FILE_TYPES = ["application/dicom", DICOM_JSON, DICOM_XML] as const;

/** Tags, raw content and file of one instance. */
export function instanceTagRoutes(app: App): Hono {
  const fileOf = async (c: Context): Promise<StoredFile> => {
    const ref = { level: "Instance", id: c.req.param("id")! } as const;
    const instance = await app.index.get(ref, ROW_ONLY);
    if (!instance) throw unknownResource(ref);
    return instance.file!;
  };

  const showTags = async (c: Context, fallback: Dialect) => {
    const file = await fileOf(c);
    const options = tagsOptions(c, fallback);
    const dataSet = await app.reader.dataSet(file.uuid, {
      ...readOptions(options),
      whole: flag(c, "whole"),
    });
    return json(c, tagsJson(dataSet, options));
  };

  const showContent = async (c: Context, path: readonly string[]) => {
    const file = await fileOf(c);
    const content = await app.reader.content(file.uuid, path);
    if (!content) return empty(c, 404);
    if (content.kind === "list") return json(c, content.names);
    return bytes(c, content, "application/octet-stream");
  };

  return new Hono()
    .get("/:id/tags", (c) => showTags(c, "full"))
    .get("/:id/simplified-tags", (c) => showTags(c, "simplified"))
    .get("/:id/header", async (c) => {
      const file = await fileOf(c);
      return json(c, tagsJson(await app.reader.header(file.uuid), tagsOptions(c, "full")));
    })
    .get("/:id/content", (c) => showContent(c, []))
    .get("/:id/content/:path{.+}", (c) => {
      return showContent(c, c.req.param("path").split("/").filter((part) => part !== ""));
    })
    .get("/:id/file", async (c) => {
      const file = await fileOf(c);
      const type = negotiate(c.req.header("Accept"), FILE_TYPES) ?? FILE_TYPES[0];
      if (type !== "application/dicom") return showModel(c, app, { file, type });
      const name = c.req.query("filename") ?? `${c.req.param("id")}.dcm`;
      c.header("Content-Disposition", contentDisposition(name));
      const wanted = wantedSyntax(c, app);
      if (!wanted) return bytes(c, await app.reader.bytes(file.uuid), "application/dicom");
      return streamed(c, await app.transcodedFile(file.uuid, wanted), "application/dicom");
    })
    .get("/:id/pdf", async (c) => {
      const content = await app.reader.content((await fileOf(c)).uuid, [ENCAPSULATED_DOCUMENT]);
      return content?.kind === "bytes" ? bytes(c, content, "application/pdf") : empty(c, 404);
    })
    .post("/:id/export", () => {
      throw new DicomError("forbidden", "Cannot write a file that the client names");
    });
}

/** How the models of a file are written. */
const MODELS = {
  [DICOM_JSON]: (model) => JSON.stringify(model),
  [DICOM_XML]: nativeModel,
} as const satisfies Record<string, (model: DicomJson) => string>;

/** The file as one of them; what is too long for that is referred to. */
async function showModel(
  c: Context,
  app: App,
  { file, type }: { readonly file: StoredFile; readonly type: keyof typeof MODELS },
): Promise<Response> {
  const dataSet = await app.reader.dataSet(file.uuid, { whole: true, longTexts: true });
  const content = `${pathOf("Instance", c.req.param("id")!)}/content`;
  const model = dicomJson(dataSet, (path) => `${content}/${path.join("/")}`);
  return whole(c, MODELS[type](model), type);
}

/** Tags of all instances below a resource, together and apart. */
export function resourceTagRoutes(app: App, level: Level): Hono {
  const ref = (c: Context): ResourceRef => ({ level, id: c.req.param("id")! });
  const showModule = async (c: Context, name: ModuleName) => {
    await requireResource(app, ref(c));
    return json(c, await app.tags.module(ref(c), name, tagsOptions(c, "full")));
  };

  const routes = new Hono().get("/:id/module", (c) => showModule(c, MODULE_OF[level]));
  if (level === "Study") routes.get("/:id/module-patient", (c) => showModule(c, "patient"));
  if (level === "Instance") return routes;
  return routes
    .get("/:id/instances-tags", async (c) => {
      await requireResource(app, ref(c));
      return jsonObjectStream(c, app.tags.each(ref(c), tagsOptions(c, "full")));
    })
    .get("/:id/shared-tags", async (c) => {
      await requireResource(app, ref(c));
      return json(c, await app.tags.shared(ref(c), tagsOptions(c, "full")));
    });
}

const MODULE_OF: Readonly<Record<Level, ModuleName>> = {
  Patient: "patient",
  Study: "study",
  Series: "series",
  Instance: "instance",
};

function tagsOptions(c: Context, fallback: Dialect): TagsOptions {
  return { dialect: dialectOf(c, fallback), ignoreLength: ignoreLengthOf(c) };
}
