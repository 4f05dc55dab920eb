import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import type { ArchiveRequest } from "../core/archive/archive_stream.ts";
import { resourcesNamed } from "../core/archive/archive_stream/plan.ts";
import type { Level } from "../core/archive/resource.ts";
import type { Wanted } from "../core/archive/transcoding.ts";
import { readRange } from "../core/dicom/decode.ts";
import { findTransferSyntax } from "../core/dicom/transfer_syntax.ts";
import { DicomError } from "../core/errors.ts";
import type { OpenFile, ResourceRef } from "../core/ports.ts";
import { noteTargets } from "./access/audit_requests.ts";
import { contentDisposition } from "./access.ts";
import { parseJson, readText } from "./body.ts";
import { answerJob, JobOptions } from "./jobs.ts";
import { requireResource } from "./resources.ts";
import { flag, pulledBytes, text } from "./respond.ts";
import { checkedFile, names } from "./schemas.ts";
import { wantedSyntax } from "./transcoding.ts";

/** Body of a request for an archive. */
export const Archive = JobOptions.extend({
  Transcode: z.string().optional(),
  LossyQuality: z.int().min(1).max(100).optional(),
  Filename: z.string().optional(),
  Utf8: z.boolean().optional(),
  /** Of media only. */
  Extended: z.boolean().default(false),
});
type Archive = z.infer<typeof Archive>;

/** Body of a request for an archive of any resources. */
export const ArchiveOfResources = Archive.extend({ Resources: names });

/** What kind of archive a route makes. */
interface Kind {
  readonly layout: ArchiveRequest["layout"];
  /** Whether media have type 3 attributes where the request does not say. */
  readonly extended: boolean;
}

const ARCHIVE: Kind = { layout: "archive", extended: false };
const MEDIA: Kind = { layout: "media", extended: false };
const EXTENDED_MEDIA: Kind = { layout: "media", extended: true };

const JOB_OF = { archive: "Archive", media: "Media" } as const satisfies Record<
  ArchiveRequest["layout"],
  string
>;

const ZIP = "application/zip";

/** Archives of one resource. */
export function archiveRoutes(app: App, level: Level): Hono {
  const routes = new Hono();
  if (level === "Instance") return routes;
  const refOf = async (c: Context): Promise<ResourceRef> => {
    const ref = { level, id: c.req.param("id")! };
    await requireResource(app, ref);
    return ref;
  };
  for (const [name, kind] of [["archive", ARCHIVE], ["media", MEDIA]] as const) {
    routes
      .get(`/:id/${name}`, async (c) => {
        const ref = await refOf(c);
        return send(c, app, requestOf(c, app, kind, [ref]), `${ref.id}.zip`);
      })
      .post(`/:id/${name}`, async (c) => {
        const ref = await refOf(c);
        const body = checkedFile(bodyOf(await readText(c)), Archive);
        return answer(c, app, { kind, body, resources: [ref], filename: `${ref.id}.zip` });
      });
  }
  return routes;
}

/** Archives of any resources. */
export function archiveToolRoutes(app: App): Hono {
  const routes = new Hono();
  const tools = [
    ["create-archive", ARCHIVE],
    ["create-media", MEDIA],
    ["create-media-extended", EXTENDED_MEDIA],
  ] as const;
  for (const [name, kind] of tools) {
    routes
      .get(`/${name}`, async (c) => {
        const ids = (c.req.query("resources") ?? "").split(",").filter((id) => id !== "");
        noteTargets(c, ids);
        const resources = await resourcesNamed(app.index, ids);
        return send(c, app, requestOf(c, app, kind, resources), "Archive.zip");
      })
      .post(`/${name}`, async (c) => {
        const written = bodyOf(await readText(c));
        const value = Array.isArray(written) ? { Resources: written } : written;
        const { Resources, ...body } = checkedFile(value, ArchiveOfResources);
        noteTargets(c, Resources);
        const resources = await resourcesNamed(app.index, Resources);
        return answer(c, app, { kind, body, resources, filename: "Archive.zip" });
      });
  }
  return routes;
}

/** What jobs have made. */
export function archiveOutputRoutes({ jobs, archiveShelf }: App): Hono {
  const outputOf = (c: Context): string => {
    const key = c.req.param("key")!;
    const output = key === "archive" ? jobs.get(c.req.param("id")!)?.output : undefined;
    if (output !== undefined) return output;
    throw noOutput(key);
  };
  return new Hono()
    .get("/:id/:key", async (c) => {
      const file = await archiveShelf.open(outputOf(c));
      if (!file) throw noOutput("archive");
      return sendFile(c, file, "archive.zip");
    })
    .delete("/:id/:key", async (c) => {
      if (await archiveShelf.remove(outputOf(c))) return text(c, "");
      throw noOutput("archive");
    });
}

function noOutput(key: string): DicomError {
  return new DicomError("not-found", `Job has no such output: ${key}`);
}

/** What the arguments of a GET ask for. */
function requestOf(
  c: Context,
  app: App,
  kind: Kind,
  resources: readonly ResourceRef[],
): ArchiveRequest {
  const { layout, extended } = kind;
  return {
    resources,
    layout,
    utf8: app.config.zipUseUtf8,
    extended: c.req.query("extended") === undefined ? extended : flag(c, "extended"),
    transcode: wantedSyntax(c, app) ?? null,
  };
}

/** Has a job done in the background, or sends the archive at once, as the body likes. */
function answer(
  c: Context,
  app: App,
  { kind, body, resources, filename }: {
    readonly kind: Kind;
    readonly body: Archive;
    readonly resources: readonly ResourceRef[];
    readonly filename: string;
  },
): Promise<Response> {
  const { layout, extended } = kind;
  const input: ArchiveRequest = {
    resources,
    layout,
    utf8: body.Utf8 ?? app.config.zipUseUtf8,
    extended: extended || body.Extended,
    transcode: wantedOf(body, app),
  };
  const waits = body.Synchronous ?? !body.Asynchronous;
  if (waits) return send(c, app, input, body.Filename ?? filename);
  return answerJob(c, app, { type: JOB_OF[layout], input, options: body });
}

function wantedOf({ Transcode: to, LossyQuality }: Archive, { config }: App): Wanted | null {
  if (to === undefined) return null;
  if (!findTransferSyntax(to)) {
    throw new DicomError("out-of-range", "Cannot transcode: unknown transfer syntax");
  }
  return { to, quality: LossyQuality ?? config.dicomLossyTranscodingQuality };
}

/** The archive, made while it is sent. */
async function send(
  c: Context,
  app: App,
  request: ArchiveRequest,
  filename: string,
): Promise<Response> {
  const name = c.req.query("filename") ?? filename;
  if (!app.config.synchronousZipStream) return await sendWhenMade(c, app, request, name);
  const archive = await app.archives.prepare(request);
  c.header("Content-Disposition", contentDisposition(name));
  const isOverNetwork = c.env?.body !== undefined; // the listener is done with a piece before it asks for the next
  return pulledBytes(c, { length: archive.length, bytes: archive.read(isOverNetwork) }, ZIP);
}

/** The archive, sent when a job has made it (option `SynchronousZipStream`). */
async function sendWhenMade(
  c: Context,
  { jobs, archiveShelf }: App,
  input: ArchiveRequest,
  filename: string,
): Promise<Response> {
  const type = JOB_OF[input.layout];
  const { finished } = jobs.submit({ type, input, priority: 0, userData: undefined });
  const { failure, output } = await finished;
  if (failure) throw failure;
  const file = output === undefined ? undefined : await archiveShelf.open(output);
  if (!file) throw noOutput("archive");
  return sendFile(c, file, filename);
}

/** An empty body asks for nothing in particular. */
function bodyOf(written: string): unknown {
  return written.trim() === "" ? {} : parseJson(written);
}

function sendFile(c: Context, file: OpenFile, filename: string): Promise<Response> {
  c.header("Content-Disposition", contentDisposition(filename));
  return pulledBytes(c, { length: file.size, bytes: closing(file) }, ZIP);
}

async function* closing(file: OpenFile) {
  await using open = file;
  yield* readRange(open, 0, open.size);
}
