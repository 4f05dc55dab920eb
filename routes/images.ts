import { type Context, Hono } from "hono";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { App } from "../core/app.ts";
import type { FrameRef, FramesRef, WantedPicture } from "../core/archive/images.ts";
import { npz } from "../core/archive/npz.ts";
import { everyResource, ROW_ONLY } from "../core/archive/query.ts";
import { orderSlices } from "../core/archive/slice_order.ts";
import { DicomError, type ErrorCode } from "../core/errors.ts";
import { ENCODERS, type ImageMediaType } from "../core/image/encoders.ts";
import { negotiate } from "./accept.ts";
import { empty } from "./errors.ts";
import { requireResource, unknownResource } from "./resources.ts";
import { bytes, flag, json } from "./respond.ts";
import { unsupportedImage } from "./unsupported_image.ts";

/** Each route of pictures, and what it gives. */
const PICTURES = {
  "preview": "preview",
  "rendered": "rendered",
  "image-uint8": "uint8",
  "image-uint16": "uint16",
  "image-int16": "int16",
} as const satisfies Record<string, WantedPicture["kind"]>;

/** What there is under `/frames/{n}`, as Orthanc lists it. */
const OPERATIONS = [
  "image-int16",
  "image-uint16",
  "image-uint8",
  "matlab",
  "numpy",
  "preview",
  "raw",
  "raw.gz",
  "rendered",
] as const;

const MEDIA_TYPES = Object.keys(ENCODERS) as ImageMediaType[];
const DEFAULT_QUALITY = 90;
/** Media types of frames as they are stored; all others are plain bytes (as Orthanc has them). */
const FRAME_TYPES: Readonly<Record<string, string>> = {
  "1.2.840.10008.1.2.4.50": "image/jpeg",
  "1.2.840.10008.1.2.4.90": "image/jp2",
  "1.2.840.10008.1.2.4.91": "image/jp2",
};
/** What Orthanc answers with status 415: there is no picture. */
const NO_PICTURE: readonly ErrorCode[] = [
  "bad-file",
  "out-of-range",
  "not-implemented",
  "not-enough-memory",
  "timeout",
];

/** Pictures, samples and stored bytes of the frames of an instance. */
export function imageRoutes(app: App): Hono {
  const routes = new Hono();
  for (const prefix of ["/:id", "/:id/frames/:frame"]) {
    for (const [name, kind] of Object.entries(PICTURES)) {
      routes.get(`${prefix}/${name}`, (c) => picture(c, app, kind));
    }
    routes.get(`${prefix}/matlab`, async (c) => {
      const ref = await frameOf(c, app);
      return ref ? whole(c, await app.images.matlab(ref), "text/plain") : empty(c, 404);
    });
  }
  return routes
    .get("/:id/frames", async (c) => {
      const count = await app.images.countFrames(await fileOf(c, app));
      return json(c, Array.from({ length: count }, (_, frame) => frame));
    })
    .get("/:id/frames/:frame", async (c) => {
      return await frameOf(c, app) ? json(c, OPERATIONS) : empty(c, 404);
    })
    .get("/:id/frames/:frame/raw", async (c) => {
      const ref = await frameOf(c, app);
      if (!ref) return empty(c, 404);
      const { bytes, transferSyntaxUid } = await app.images.rawFrame(ref);
      return whole(c, bytes, FRAME_TYPES[transferSyntaxUid] ?? "application/octet-stream");
    })
    .get("/:id/frames/:frame/raw.gz", async (c) => {
      const ref = await frameOf(c, app);
      if (!ref) return empty(c, 404);
      const { bytes } = await app.images.rawFrame(ref);
      return whole(c, await promisify(gzip)(bytes), "application/gzip");
    })
    .get("/:id/frames/:frame/numpy", async (c) => {
      const ref = await frameOf(c, app);
      if (!ref) return empty(c, 404);
      return await array(c, app, [{ uuid: ref.uuid, from: ref.frame, count: 1 }], true);
    })
    .get("/:id/numpy", async (c) => {
      const uuid = await fileOf(c, app);
      return await array(c, app, [await app.images.framesOf(uuid)], false);
    });
}

/** All frames of a series in one array. */
export function seriesImageRoutes(app: App): Hono {
  return new Hono().get("/:id/numpy", async (c) => {
    const ref = { level: "Series", id: c.req.param("id") } as const;
    await requireResource(app, ref);
    const instances = await app.index.find({ ...everyResource("Instance"), parent: ref }, ROW_ONLY);
    const list = [];
    for (const { file } of orderSlices(instances)) list.push(await app.images.framesOf(file!.uuid));
    return await array(c, app, list, false);
  });
}

/** The picture that says that there is none. */
export function unsupportedImageRoutes(): Hono {
  return new Hono().get("/unsupported.png", (c) => whole(c, unsupportedImage(), "image/png"));
}

async function picture(c: Context, app: App, kind: WantedPicture["kind"]): Promise<Response> {
  const ref = await frameOf(c, app);
  const mediaType = negotiate(c.req.header("Accept"), MEDIA_TYPES);
  const wanted = pictureArguments(c);
  if (!ref || !mediaType || !wanted) return empty(c, 404);
  const { quality, smooth } = wanted;
  if (!(quality >= 1 && quality <= 100) || smooth === undefined) return unsupported(c);
  try {
    return whole(
      c,
      await app.images.picture(ref, { kind, mediaType, ...wanted, smooth }),
      mediaType,
    );
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    if (error.code === "not-acceptable") return empty(c, 404);
    if (NO_PICTURE.includes(error.code)) return unsupported(c);
    throw error;
  }
}

/** There is no picture: a redirection to one that says so, for clients that want it. */
function unsupported(c: Context): Response {
  if (!flag(c, "returnUnsupportedImage")) return empty(c, 415);
  const up = "../".repeat(c.req.path.split("/").length - 2);
  c.header("Content-Length", "0");
  return c.redirect(`${up}app/images/unsupported.png`, 307);
}

async function array(
  c: Context,
  app: App,
  list: readonly FramesRef[],
  isFlat: boolean,
): Promise<Response> {
  const rescale = c.req.query("rescale") === undefined || flag(c, "rescale");
  const file = await app.images.array(list, { rescale, isFlat });
  const type = "application/octet-stream";
  if (!flag(c, "compress")) return bytes(c, file, type);
  return c.body(ReadableStream.from(npz(file)) as ReadableStream, 200, { "Content-Type": type });
}

/** The file of the instance. @throws DicomError `unknown-resource` */
async function fileOf(c: Context, app: App): Promise<string> {
  const ref = { level: "Instance", id: c.req.param("id")! } as const;
  const instance = await app.index.get(ref, ROW_ONLY);
  if (!instance) throw unknownResource(ref);
  return instance.file!.uuid;
}

/** The frame that the path names, the first by default; undefined if it is no number. */
async function frameOf(c: Context, app: App): Promise<FrameRef | undefined> {
  const uuid = await fileOf(c, app);
  const frame = c.req.param("frame") ?? "0";
  return /^-?\d{1,10}$/.test(frame) ? { uuid, frame: Number(frame) } : undefined;
}

/** Arguments of pictures; the quality is NaN, and smoothing undefined, if they cannot be read. */
interface PictureArguments extends Pick<WantedPicture, "quality" | "window" | "size"> {
  readonly smooth: boolean | undefined;
}

/** Words for yes and no. */
const BOOLEANS: Readonly<Record<string, boolean>> = { 1: true, true: true, 0: false, false: false };
const REAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const WHOLE = /^\d{1,9}$/;

/** Arguments of pictures; undefined if a window or size cannot be read. */
function pictureArguments(c: Context): PictureArguments | undefined {
  const center = numberOf(c, "window-center", REAL);
  const width = numberOf(c, "window-width", REAL);
  const size = {
    width: numberOf(c, "width", WHOLE) ?? 0,
    height: numberOf(c, "height", WHOLE) ?? 0,
  };
  if ([center, width, size.width, size.height].some(Number.isNaN)) return undefined;
  return {
    quality: numberOf(c, "quality", WHOLE) ?? DEFAULT_QUALITY,
    window: { ...(center !== undefined && { center }), ...(width !== undefined && { width }) },
    size,
    smooth: BOOLEANS[c.req.query("smooth") ?? "true"],
  };
}

/** A number among the arguments: undefined if it is not there, NaN if it is not written as one. */
function numberOf(c: Context, name: string, form: RegExp): number | undefined {
  const text = c.req.query(name);
  if (text === undefined) return undefined;
  return form.test(text) ? Number(text) : NaN;
}

function whole(c: Context, bytes: Uint8Array, mediaType: string): Response {
  const headers = { "Content-Type": mediaType, "Content-Length": String(bytes.length) };
  return c.body(bytes as Uint8Array<ArrayBuffer>, 200, headers);
}
