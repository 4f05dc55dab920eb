import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import type { NewDicom } from "../core/archive/create_dicom.ts";
import { eachResource } from "../core/archive/each_resource.ts";
import type { IngestOutcome } from "../core/archive/ingest.ts";
import { everyResource, ROW_ONLY } from "../core/archive/query.ts";
import { depthOf, LEVELS } from "../core/archive/resource.ts";
import { MODULES } from "../core/dicom/modules.ts";
import { parseTagOrName } from "../core/dicom/dictionary.ts";
import type { Tag } from "../core/dicom/tag.ts";
import { valueText } from "../core/dicom/values.ts";
import { DicomError } from "../core/errors.ts";
import type { ResourceRef } from "../core/ports.ts";
import { remoteAddress, username } from "./access.ts";
import { outcomeJson } from "./instances.ts";
import { pathOf } from "./levels.ts";
import { Value } from "./modify.ts";
import { json } from "./respond.ts";
import { readObject } from "./schemas.ts";

const Tags = z.record(z.string(), Value);
const Member = z.union([z.string(), z.object({ Content: z.string(), Tags: Tags.default({}) })]);

/** Body of a request for a new instance, or a new series. */
export const CreateDicom = z.object({
  Tags,
  Content: z.union([z.string(), z.array(Member)]).optional(),
  Parent: z.string().optional(),
  PrivateCreator: z.string().max(64).optional(),
  InterpretBinaryTags: z.boolean().default(true),
  Encapsulate: z.boolean().default(false),
  Force: z.boolean().default(false),
});
type CreateDicom = z.infer<typeof CreateDicom>;

/** New instances from values and content. */
export function createDicomRoutes(app: App): Hono {
  return new Hono().post("/create-dicom", async (c) => {
    const body = inNewForm(await readObject(c, z.record(z.string(), z.unknown())));
    const inherited = await inheritedFrom(app, body.Parent);
    if (!Array.isArray(body.Content)) {
      const wanted = wantedOf(app, body, { inherited, content: body.Content });
      return json(c, outcomeJson(await store(c, app, wanted)));
    }
    return json(c, await storeSeries(c, app, body, inherited));
  });
}

/** The old form has the tags themselves, and the content as PixelData. */
function inNewForm(body: Readonly<Record<string, unknown>>): CreateDicom {
  const { PixelData, ...tags } = body;
  const written = "Tags" in body ? body : { Tags: tags, Content: PixelData, Force: true };
  const result = CreateDicom.safeParse(written);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const fact = `Field "${issue.path.join(".")}" is wrong: ${issue.message}`;
  throw new DicomError("bad-request", fact);
}

type Inherited = ReadonlyMap<Tag, string>;

function wantedOf(
  { config, clock }: App,
  body: CreateDicom,
  { inherited, content }: { readonly inherited: Inherited; readonly content: string | undefined },
): NewDicom {
  return {
    tags: body.Tags,
    inherited,
    content,
    encapsulate: body.Encapsulate,
    privateCreator: body.PrivateCreator ?? config.defaultPrivateCreator,
    dataUris: body.InterpretBinaryTags,
    force: body.Force,
    now: clock.now(),
  };
}

async function store(c: Context, app: App, wanted: NewDicom): Promise<IngestOutcome> {
  const author = { remoteIp: remoteAddress(c), username: username(c) };
  return await app.receive(app.createDicom(wanted), { kind: "http", ...author });
}

/** One instance for each content; the first makes the series that the others join. */
async function storeSeries(c: Context, app: App, body: CreateDicom, inherited: Inherited) {
  const members = body.Content as readonly z.infer<typeof Member>[]; // the caller has looked
  if (members.length === 0) throw new DicomError("bad-request", "Content is empty");
  let series = "";
  for (const [index, member] of members.entries()) {
    const own = typeof member === "string" ? { Content: member, Tags: {} } : member;
    const number = String(index + 1);
    const numbered = {
      ImagesInAcquisition: String(members.length),
      InstanceNumber: number,
      ImageIndex: number,
    };
    const tags = index === 0 ? body.Tags : withoutInherited(body.Tags, inherited);
    const all = { ...body, Tags: { ...numbered, ...tags, ...own.Tags } };
    const { ids } = await store(c, app, wantedOf(app, all, { inherited, content: own.Content }));
    series = ids.Series;
    inherited = await inheritedFrom(app, series);
  }
  return { ID: series, Path: pathOf("Series", series), Status: "Success" };
}

/** What the first instance of the series has said, the others have from it. */
function withoutInherited(tags: CreateDicom["Tags"], inherited: Inherited): CreateDicom["Tags"] {
  const entries = Object.entries(tags).filter(([name]) => {
    const tag = parseTagOrName(name);
    return tag === undefined || !inherited.has(tag);
  });
  return Object.fromEntries(entries);
}

/** The modules that an instance shares with its siblings below a parent of each level. */
const SHARED = {
  Patient: [...MODULES.patient],
  Study: [...MODULES.patient, ...MODULES.study],
  Series: [...MODULES.patient, ...MODULES.study, ...MODULES.series],
} as const;

/** @throws DicomError `bad-parent`, `parent-is-instance` */
async function inheritedFrom(app: App, id: string | undefined): Promise<Inherited> {
  if (id === undefined) return new Map();
  const parent = await parentNamed(app, id);
  if (parent.level === "Instance") throw new DicomError("parent-is-instance", "");
  const query = { ...everyResource("Instance"), parent, limit: 1 };
  const texts = new Map<Tag, string>();
  for await (const { file } of eachResource(app.index, query, ROW_ONLY)) {
    const dataSet = await app.reader.dataSet(file!.uuid, { longTexts: true });
    for (const tag of SHARED[parent.level]) {
      const element = dataSet.get(tag);
      const text = element && valueText(element, dataSet);
      if (text !== undefined) texts.set(tag, text);
    }
  }
  return texts;
}

async function parentNamed({ index }: App, id: string): Promise<ResourceRef> {
  for (const level of LEVELS.slice(0, depthOf("Instance") + 1)) {
    if (await index.get({ level, id }, ROW_ONLY)) return { level, id };
  }
  throw new DicomError("bad-parent", id);
}
