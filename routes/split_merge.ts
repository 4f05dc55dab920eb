import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import { mergeModification, splitModification } from "../core/archive/modify/split_merge.ts";
import { eachResource } from "../core/archive/each_resource.ts";
import { everyResource, ROW_ONLY } from "../core/archive/query.ts";
import type { Level } from "../core/archive/resource.ts";
import { sendable } from "../core/archive/sendable.ts";
import { newSecret } from "../core/archive/uid_map.ts";
import { generateUid } from "../core/dicom/uid.ts";
import { DicomError } from "../core/errors.ts";
import type { ResourceRef } from "../core/ports.ts";
import { noteTargets } from "./access/audit_requests.ts";
import { remoteAddress, username } from "./access.ts";
import { answerJob, JobOptions } from "./jobs.ts";
import { Value } from "./modify.ts";
import { parentOf, requireResource, unknownResource } from "./resources.ts";
import { names, readObject } from "./schemas.ts";

/** Body of a split; the sources go unless they are to be kept. */
export const Split = JobOptions.extend({
  Series: names.optional(),
  Instances: names.optional(),
  Replace: z.record(z.string(), Value).default({}),
  Remove: names.default([]),
  KeepSource: z.boolean().default(false),
  KeepLabels: z.boolean().default(false),
});

/** Body of a merge; the sources go unless they are to be kept. */
export const Merge = JobOptions.extend({
  Resources: names,
  KeepSource: z.boolean().default(false),
  KeepLabels: z.boolean().default(false),
});

/** Parts of studies that become another study, or part of one. */
export function splitMergeRoutes(app: App): Hono {
  return new Hono()
    .post("/:id/split", async (c) => {
      const study: ResourceRef = { level: "Study", id: c.req.param("id") };
      const body = await readObject(c, Split);
      await requireResource(app, study);
      const { instances } = await sendable(app.index, await partsOf(app, study, body));
      const targetStudyUid = generateUid();
      const wishes = { replace: body.Replace, remove: body.Remove };
      const input = {
        ...commonOf(c, body),
        modification: splitModification(wishes, targetStudyUid),
        instances,
        study: study.id,
        targetStudyUid,
      };
      return await answerJob(c, app, { type: "SplitStudy", input, options: body });
    })
    .post("/:id/merge", async (c) => {
      const study: ResourceRef = { level: "Study", id: c.req.param("id") };
      const body = await readObject(c, Merge);
      const target = await firstFile(app, study);
      noteTargets(c, body.Resources);
      const { resources, instances } = await sendable(app.index, body.Resources);
      for (const ref of resources) await requireOther(app, ref, study);
      const input = {
        ...commonOf(c, body),
        modification: mergeModification(await app.reader.dataSet(target, { longTexts: true })),
        resources,
        instances,
        targetStudy: study.id,
      };
      return await answerJob(c, app, { type: "MergeStudy", input, options: body });
    });
}

function commonOf(c: Context, body: Omit<z.infer<typeof Merge>, "Resources">) {
  return {
    keepSource: body.KeepSource,
    keepLabels: body.KeepLabels,
    permissive: body.Permissive,
    transcode: null,
    author: { remoteIp: remoteAddress(c), username: username(c) },
    secret: newSecret(),
  };
}

/** @throws DicomError `bad-request` without any, `unknown-resource` for what is not in the study */
async function partsOf(
  app: App,
  study: ResourceRef,
  { Series, Instances }: z.infer<typeof Split>,
): Promise<string[]> {
  if (!Series && !Instances) {
    const fact = 'Both the "Series" and the "Instances" fields are missing';
    throw new DicomError("bad-request", fact);
  }
  const refs: ResourceRef[] = [
    ...(Series ?? []).map((id) => ({ level: "Series" as Level, id })),
    ...(Instances ?? []).map((id) => ({ level: "Instance" as Level, id })),
  ];
  for (const ref of refs) {
    const parent = await parentOf(app, ref, "Study");
    if (parent?.id !== study.id) {
      throw new DicomError("unknown-resource", `Study ${study.id} has no ${ref.level} ${ref.id}`);
    }
  }
  return refs.map(({ id }) => id);
}

/** The file of any instance of a study. @throws DicomError `unknown-resource` */
async function firstFile(app: App, study: ResourceRef): Promise<string> {
  const query = { ...everyResource("Instance"), parent: study, limit: 1 };
  for await (const { file } of eachResource(app.index, query, ROW_ONLY)) {
    if (file) return file.uuid;
  }
  throw unknownResource(study);
}

/** @throws DicomError `bad-request` for what would be merged into itself */
async function requireOther(app: App, ref: ResourceRef, study: ResourceRef): Promise<void> {
  if (ref.level === "Patient") {
    throw new DicomError("bad-request", `Cannot merge patient ${ref.id}: name studies or below`);
  }
  const parent = ref.level === "Study" ? ref : await parentOf(app, ref, "Study");
  if (parent?.id !== study.id) return;
  const what = `${ref.level.toLowerCase()} ${ref.id}`;
  throw new DicomError("bad-request", `Cannot merge ${what} into its parent study ${study.id}`);
}
