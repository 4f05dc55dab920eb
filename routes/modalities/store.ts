import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../../core/app.ts";
import { sendable } from "../../core/archive/sendable.ts";
import { aeTitle, host } from "../../core/config/schemas.ts";
import { generateUid } from "../../core/dicom/uid.ts";
import { DicomError } from "../../core/errors.ts";
import { noteTargets } from "../access/audit_requests.ts";
import { bodyOf, parseJson, readText } from "../body.ts";
import { answerJob, JobOptions } from "../jobs.ts";
import { json } from "../respond.ts";
import { checkedFile, names } from "../schemas.ts";
import { remoteModality } from "./target.ts";

const timeout = z.int().min(0).optional();

/** Body of a store in its long form. */
export const Store = JobOptions.extend({
  Resources: names,
  LocalAet: aeTitle.optional(),
  CalledAet: aeTitle.optional(),
  Host: host.optional(),
  Port: z.int().min(1).max(65_535).optional(),
  Timeout: timeout,
  MoveOriginatorAet: aeTitle.optional(),
  MoveOriginatorID: z.int().min(0).max(65_535).default(0),
  StorageCommitment: z.boolean().default(false),
});

/** A public identifier. */
const ID = /^[0-9a-f]{8}(-[0-9a-f]{8}){4}$/;

/** Sending to a modality. */
export function storeRoutes(app: App): Hono {
  return new Hono()
    .post("/:name/store", async (c) => {
      const known = remoteModality(app, c.req.param("name"));
      const body = checkedFile(await readStore(c), Store);
      const { remote } = remoteModality(app, known.name, body);
      const { MoveOriginatorAet: aet, MoveOriginatorID: messageId } = body;
      const input = {
        ...await sendable(app.index, body.Resources),
        remote,
        allowTranscoding: known.modality.allowTranscoding,
        permissive: body.Permissive,
        moveOriginator: aet === undefined ? null : { aet, messageId },
        commitmentUid: body.StorageCommitment ? generateUid() : null,
      };
      noteTargets(c, body.Resources);
      await app.exports.log(input.resources, known.name);
      return answerJob(c, app, { type: "DicomModalityStore", input, options: body });
    })
    .post("/:name/store-straight", async (c) => {
      const { remote } = remoteModality(app, c.req.param("name"));
      const sent = await app.sendStraight(bodyOf(c), remote, c.req.raw.signal);
      return json(c, { SOPClassUID: sent.sopClassUid, SOPInstanceUID: sent.sopInstanceUid });
    });
}

/** The four forms of the body, in the long one: an identifier as it is or in JSON, a list of them, or an object. */
export async function readStore(c: Context): Promise<unknown> {
  const written = await readText(c);
  const bare = written.trim();
  const value = ID.test(bare) ? bare : parseJson(written);
  if (value === undefined) throw new DicomError("bad-file", "Must provide a JSON value");
  if (typeof value === "string") return { Resources: [value] };
  return Array.isArray(value) ? { Resources: value } : value;
}
