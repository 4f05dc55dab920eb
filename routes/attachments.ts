import { type Context, Hono } from "hono";
import type { App } from "../core/app.ts";
import { ATTACHMENT } from "../core/archive/attachments.ts";
import type { Target } from "../core/archive/metadata.ts";
import type { Level } from "../core/archive/resource.ts";
import type { Config } from "../core/config.ts";
import { DicomError } from "../core/errors.ts";
import type { ResourceRef } from "../core/ports.ts";
import type { Attachment } from "../core/ports/annotations.ts";
import { contentDisposition } from "./access.ts";
import { lentBodyOf } from "./body.ts";
import { ranged, rangeOf } from "./byte_range.ts";
import { empty } from "./errors.ts";
import { expectedOf, isKnown, setEtag } from "./etag.ts";
import { changed } from "./metadata.ts";
import { unknownResource } from "./resources.ts";
import { emptyJson, flag, json, text } from "./respond.ts";

type Types = Config["userContentType"];
/** Answers with something about an attachment. */
type Show = (c: Context, attachment: Attachment) => Response | Promise<Response>;

const OCTETS = "application/octet-stream";

/** What can be asked of an attachment (Orthanc's list). */
const OPERATIONS = [
  ...["compress", "compressed-data", "compressed-md5", "compressed-size", "data", "info"],
  ...["is-compressed", "md5", "size", "uncompress", "verify-md5"],
];

/** Attachments of the resources of one level. */
export function attachmentRoutes(app: App, level: Level): Hono {
  const { attachments, config } = app;
  const types = config.userContentType;
  const names = namesOf(types);
  const ref = (c: Context): ResourceRef => ({ level, id: c.req.param("id")! });
  const typeOf = (c: Context) => typeNamed(c.req.param("name")!, types);
  const target = (c: Context): Target => ({ ref: ref(c), key: typeOf(c), expected: expectedOf(c) });

  const routes = new Hono()
    .get("/:id/attachments", async (c) => {
      const present = await attachments.types(ref(c));
      if (!present) throw unknownResource(ref(c));
      const named = present.map((type) => [names.get(type) ?? String(type), type] as const);
      return json(c, flag(c, "full") ? Object.fromEntries(named) : named.map(([name]) => name));
    })
    .put("/:id/attachments/:name", (c) => {
      return changed(c, async () => {
        setEtag(c, await attachments.set(target(c), lentBodyOf(c)));
      }, emptyJson);
    })
    .delete("/:id/attachments/:name", (c) => changed(c, () => attachments.remove(target(c))));

  for (const [path, show] of Object.entries(shows(app))) {
    routes.get(`/:id/attachments/:name${path}`, async (c) => {
      const attachment = await attachments.get(ref(c), typeOf(c));
      setEtag(c, attachment);
      return isKnown(c, attachment) ? empty(c, 304) : await show(c, attachment);
    });
  }
  for (const [path, act] of Object.entries(actions(app))) {
    routes.post(`/:id/attachments/:name${path}`, async (c) => {
      await act(await attachments.get(ref(c), typeOf(c)));
      return emptyJson(c);
    });
  }
  return routes;
}

/** What is shown of an attachment, by the end of the path. */
function shows({ attachments, config }: App): Readonly<Record<string, Show>> {
  const mediaTypes = mediaTypesOf(config.userContentType);
  return {
    "": (c) => json(c, OPERATIONS),
    "/data": async (c, attachment) => {
      const { type, uuid, size } = attachment;
      const range = rangeOf(c, size);
      const content = await attachments.content(attachment, range);
      c.header("Content-Disposition", contentDisposition(c.req.query("filename") ?? uuid));
      return ranged(c, content, { range, size, mediaType: mediaTypes.get(type) ?? OCTETS });
    },
    "/compressed-data": async (c, attachment) => {
      const { size } = await attachments.form(attachment);
      const range = rangeOf(c, size);
      const content = await attachments.rawContent(attachment, range);
      const name = c.req.query("filename");
      if (name !== undefined) c.header("Content-Disposition", contentDisposition(name));
      return ranged(c, content, { range, size, mediaType: OCTETS });
    },
    "/info": async (c, attachment) => {
      const form = await attachments.form(attachment);
      return json(c, {
        CompressedMD5: form.md5,
        CompressedSize: form.size,
        ContentType: attachment.type,
        UncompressedMD5: attachment.md5,
        UncompressedSize: attachment.size,
        Uuid: attachment.uuid,
      });
    },
    "/size": (c, { size }) => text(c, String(size)),
    "/md5": (c, { md5 }) => text(c, md5),
    "/compressed-size": async (c, attachment) =>
      text(c, String((await attachments.form(attachment)).size)),
    "/compressed-md5": async (c, attachment) => text(c, (await attachments.form(attachment)).md5),
    "/is-compressed": async (c, attachment) =>
      text(c, await attachments.isCompressed(attachment) ? "1" : "0"),
  };
}

/** What is done to an attachment, by the end of the path. */
function actions(
  { attachments }: App,
): Readonly<Record<string, (it: Attachment) => Promise<void>>> {
  return {
    "/verify-md5": attachments.verify,
    "/compress": attachments.compress,
    "/uncompress": attachments.uncompress,
  };
}

/** The number of an attachment by name or number. @throws DicomError `not-found` */
function typeNamed(name: string, user: Types): number {
  const known: Readonly<Record<string, number>> = ATTACHMENT;
  if (Object.hasOwn(known, name)) return known[name]!;
  if (Object.hasOwn(user, name)) return user[name]!.number;
  if (/^\d{1,5}$/.test(name)) return Number(name);
  throw new DicomError("not-found", `Cannot use attachment ${name}: it is not registered`);
}

function namesOf(user: Types): ReadonlyMap<number, string> {
  return new Map([
    ...Object.entries(ATTACHMENT).map(([name, number]) => [number, name] as const),
    ...Object.entries(user).map(([name, { number }]) => [number, name] as const),
  ]);
}

function mediaTypesOf(user: Types): ReadonlyMap<number, string> {
  return new Map([
    [ATTACHMENT.dicom, "application/dicom"],
    [ATTACHMENT["dicom-until-pixel-data"], "application/dicom"],
    ...Object.values(user).map(({ number, mediaType }) => [number, mediaType] as const),
  ]);
}
