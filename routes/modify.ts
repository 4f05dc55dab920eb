import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import {
  PROFILE_EDITIONS,
  PROFILE_OPTIONS,
  type ProfileOption,
} from "../core/archive/confidentiality_profile.ts";
import { createApply } from "../core/archive/modify/apply.ts";
import {
  checkIdentifiers,
  type Modification,
  readModification,
  replaces,
} from "../core/archive/modify/modification.ts";
import { ROW_ONLY } from "../core/archive/query.ts";
import { type Level, LEVELS } from "../core/archive/resource.ts";
import { sendable } from "../core/archive/sendable.ts";
import { createUidMap, newSecret } from "../core/archive/uid_map.ts";
import type { JsonValue } from "../core/dicom/edit/new_value.ts";
import { TAG } from "../core/dicom/tag.ts";
import { DicomError } from "../core/errors.ts";
import type { ResourceRef } from "../core/ports.ts";
import { noteTargets } from "./access/audit_requests.ts";
import { remoteAddress, username } from "./access.ts";
import { answerJob, JobOptions } from "./jobs.ts";
import { requireResource } from "./resources.ts";
import { bytes } from "./respond.ts";
import { level, names, readObject } from "./schemas.ts";

/** A value of an attribute: text, a number, null for none, or the items of a sequence. */
export const Value: z.ZodType<JsonValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.null(), z.array(z.record(z.string(), Value))])
);

const Edits = JobOptions.extend({
  Replace: z.record(z.string(), Value).default({}),
  Remove: names.default([]),
  Keep: names.default([]),
  Force: z.boolean().default(false),
  KeepSource: z.boolean().default(true),
  KeepLabels: z.boolean().default(false),
  PrivateCreator: z.string().max(64).optional(),
  Transcode: z.string().optional(),
  LossyQuality: z.int().min(1).max(100).optional(),
});

/** Body of a modification. */
export const Modify = Edits.extend({ RemovePrivateTags: z.boolean().default(false) });

const edition = z.string().refine(isEdition, { params: { outOfRange: true } });

/** Body of an anonymisation; the last six options are ours. */
export const Anonymize = Edits.extend({
  KeepPrivateTags: z.boolean().default(false),
  DicomVersion: edition.default("2023b"),
  RetainDates: z.boolean().default(false),
  RetainUIDs: z.boolean().default(false),
  RetainDeviceIdentity: z.boolean().default(false),
  RetainInstitutionIdentity: z.boolean().default(false),
  RetainPatientCharacteristics: z.boolean().default(false),
  CleanDescriptors: z.boolean().default(false),
});

/** The same for several resources. */
export const BulkModify = Modify.extend({ Resources: names, Level: level.optional() });
export const BulkAnonymize = Anonymize.extend({ Resources: names });

type Edits = z.infer<typeof Edits>;

/** Modification and anonymisation at one level. */
export function modifyRoutes(app: App, level: Level): Hono {
  const routes = new Hono();
  const ref = (c: Context): ResourceRef => ({ level, id: c.req.param("id")! });
  const bodies = {
    modify: async (c: Context) => modify(app, await readObject(c, Modify), level),
    anonymize: async (c: Context) => await anonymize(app, await readObject(c, Anonymize)),
  };
  for (const [verb, read] of Object.entries(bodies)) {
    routes.post(`/:id/${verb}`, async (c) => {
      const request = await read(c);
      await requireResource(app, ref(c));
      return level === "Instance"
        ? await answerFile(c, app, request)
        : await answerModification(c, app, { ...request, ids: [ref(c).id], isBulk: false });
    });
  }
  return routes;
}

/** Modification and anonymisation of any resources. */
export function bulkModifyRoutes(app: App): Hono {
  return new Hono()
    .post("/bulk-modify", async (c) => {
      const body = await readObject(c, BulkModify);
      const of = body.Level ?? await levelOf(app, body.Resources[0]);
      const request = modify(app, body, of);
      return await answerModification(c, app, { ...request, ids: body.Resources, isBulk: true });
    })
    .post("/bulk-anonymize", async (c) => {
      const body = await readObject(c, BulkAnonymize);
      const request = await anonymize(app, body);
      return await answerModification(c, app, { ...request, ids: body.Resources, isBulk: true });
    });
}

/** What a body asks for. */
interface Request {
  readonly modification: Modification;
  readonly body: Edits;
}

/** @throws DicomError `bad-request` or `unknown-tag` */
function modify(app: App, body: z.infer<typeof Modify>, of: Level): Request {
  const modification: Modification = {
    ...commonOf(app, body),
    kind: "modify",
    level: of,
    removePrivateTags: body.RemovePrivateTags,
    profile: null,
  };
  const settled = of === "Instance" ? withParents(modification) : modification;
  checkIdentifiers(readModification(settled), { force: body.Force });
  return { modification: settled, body };
}

/** An instance that goes to another parent makes that one new, and all below (as Orthanc). */
function withParents(modification: Modification): Modification {
  const read = readModification(modification);
  const given = ([tag]: readonly [number, Level]) => replaces(read, tag);
  const parent = PARENT_IDENTIFIERS.find(given);
  return parent ? { ...modification, level: parent[1] } : modification;
}

const PARENT_IDENTIFIERS = [
  [TAG.patientId, "Patient"],
  [TAG.studyInstanceUid, "Study"],
  [TAG.seriesInstanceUid, "Series"],
] as const;

/** @throws DicomError `bad-request` or `unknown-tag` */
async function anonymize(app: App, body: z.infer<typeof Anonymize>): Promise<Request> {
  const options = (Object.keys(PROFILE_OPTIONS) as ProfileOption[]).filter((one) => body[one]);
  const modification: Modification = {
    ...commonOf(app, body),
    kind: "anonymize",
    level: "Patient",
    removePrivateTags: !body.KeepPrivateTags,
    profile: { edition: body.DicomVersion, options },
  };
  const read = readModification(modification);
  checkIdentifiers(read, { force: body.Force });
  const isNamed = [...read.replace.map(({ path }) => path), ...read.keep]
    .some(({ steps, tag }) => steps.length === 0 && tag === TAG.patientName);
  const replace = isNamed
    ? modification.replace
    : { ...modification.replace, PatientName: `Anonymized${await app.anonymizations.next()}` };
  return { modification: { ...modification, replace }, body };
}

function commonOf(
  { config }: App,
  body: Edits,
): Pick<Modification, "replace" | "remove" | "keep" | "privateCreator"> {
  return {
    replace: body.Replace,
    remove: body.Remove,
    keep: body.Keep,
    privateCreator: body.PrivateCreator ?? config.defaultPrivateCreator,
  };
}

/** The file that an instance becomes; nothing is stored. */
async function answerFile(c: Context, app: App, request: Request): Promise<Response> {
  const id = c.req.param("id")!;
  const own = await app.modifier.uidsOf([id], request.modification.level);
  const apply = createApply(request.modification, {
    uids: createUidMap(newSecret()),
    isModified: (uid) => own.has(uid),
  });
  const file = await app.modifier.file(id, { apply, transcode: wantedSyntax(app, request.body) });
  const { length } = file;
  if (length !== undefined) return bytes(c, { length, bytes: file.bytes }, DICOM);
  return c.body(ReadableStream.from(file.bytes) as ReadableStream, 200, { "Content-Type": DICOM });
}

const DICOM = "application/dicom";

async function answerModification(
  c: Context,
  app: App,
  request: Request & { readonly ids: readonly string[]; readonly isBulk: boolean },
): Promise<Response> {
  const { modification, body, ids, isBulk } = request;
  noteTargets(c, ids);
  const { resources, instances } = await sendable(app.index, ids);
  const input = {
    modification,
    resources,
    instances,
    isBulk,
    keepSource: body.KeepSource,
    keepLabels: body.KeepLabels,
    permissive: body.Permissive,
    transcode: wantedSyntax(app, body),
    author: { remoteIp: remoteAddress(c), username: username(c) },
    secret: newSecret(),
  };
  return await answerJob(c, app, { type: "ResourceModification", input, options: body });
}

function wantedSyntax({ config }: App, { Transcode, LossyQuality }: Edits) {
  const quality = LossyQuality ?? config.dicomLossyTranscodingQuality;
  return Transcode === undefined ? null : { to: Transcode, quality };
}

/** @throws DicomError `unknown-resource`, `bad-request` without a resource */
async function levelOf({ index }: App, id: string | undefined): Promise<Level> {
  for (const of of LEVELS) {
    if (id !== undefined && await index.get({ level: of, id }, ROW_ONLY)) return of;
  }
  throw new DicomError("unknown-resource", "Cannot modify: there is no such resource");
}

function isEdition(text: string): text is (typeof PROFILE_EDITIONS)[number] {
  return PROFILE_EDITIONS.some((known) => known === text);
}
