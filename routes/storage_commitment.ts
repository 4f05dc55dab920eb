import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import { kindOf, sendable } from "../core/archive/sendable.ts";
import { ROW_ONLY } from "../core/archive/query.ts";
import { type CommitmentReport, describeFailure } from "../core/commitment.ts";
import { uid } from "../core/config/schemas.ts";
import { TAG, tagHex } from "../core/dicom/tag.ts";
import { generateUid } from "../core/dicom/uid.ts";
import { DicomError } from "../core/errors.ts";
import type { SopReference } from "../core/ports/dicom_client.ts";
import { readJson } from "./body.ts";
import { remoteModality } from "./modalities/target.ts";
import { emptyJson, json } from "./respond.ts";
import { checkedFile, names } from "./schemas.ts";

/** Body of /modalities/…/storage-commitment. */
export const StorageCommitment = z.object({
  Resources: names.optional(),
  DicomInstances: z.array(z.union([
    z.tuple([uid, uid]).transform(([sopClassUid, sopInstanceUid]) => ({
      sopClassUid,
      sopInstanceUid,
    })),
    z.object({ SOPClassUID: uid, SOPInstanceUID: uid }).transform((written) => ({
      sopClassUid: written.SOPClassUID,
      sopInstanceUid: written.SOPInstanceUID,
    })),
  ])).optional(),
  Timeout: z.int().min(0).optional(),
});

/** Reports of storage commitment. */
export function storageCommitmentRoutes(app: App): Hono {
  return new Hono()
    .get("/:id", (c) => json(c, reportJson(reportOf(app, c.req.param("id")))))
    .post("/:id/remove", async (c) => {
      const id = c.req.param("id");
      const { status, stored } = reportOf(app, id);
      if (status !== "Success") {
        const fact = `storage commitment ${id} is ${
          status === "Pending" ? "pending" : "a failure"
        }`;
        throw new DicomError("bad-sequence-of-calls", `Cannot remove DICOM instances: ${fact}`);
      }
      for (const { sopInstanceUid } of stored) await removeInstances(app, sopInstanceUid);
      return emptyJson(c);
    });
}

/** Asks a modality for storage commitment (PS3.4 Annex J); it reports by itself, later. */
export async function answerCommitment(c: Context, app: App): Promise<Response> {
  const { name } = remoteModality(app, c.req.param("name")!);
  const body = checkedFile(await readJson(c), StorageCommitment);
  const references = await referencesOf(app, body);
  const { remote } = remoteModality(app, name, body);
  const transactionUid = generateUid();
  app.commitment.expect(transactionUid, remote.calledAet); // the report may come before the answer
  try {
    const request = { transactionUid, references };
    await app.client.requestCommitment(remote, request, c.req.raw.signal);
  } catch (error) {
    app.commitment.forget(transactionUid);
    throw error;
  }
  return json(c, { ID: transactionUid, Path: `/storage-commitment/${transactionUid}` });
}

async function referencesOf(
  app: App,
  { Resources, DicomInstances }: z.infer<typeof StorageCommitment>,
): Promise<SopReference[]> {
  if (!Resources && !DicomInstances) {
    const fact = "the body must have Resources or DicomInstances";
    throw new DicomError("bad-file", `Cannot ask for storage commitment: ${fact}`);
  }
  const references = [...DicomInstances ?? []];
  for (const id of (await sendable(app.index, Resources ?? [])).instances) {
    const instance = await app.index.get({ level: "Instance", id }, ROW_ONLY);
    const sopInstanceUid = instance?.tags[tagHex(TAG.sopInstanceUid)];
    const kind = instance && kindOf(instance);
    if (kind && typeof sopInstanceUid === "string") {
      references.push({ sopClassUid: kind.sopClassUid, sopInstanceUid });
    }
  }
  return references;
}

/** @throws DicomError `not-found` */
function reportOf({ commitment }: App, transactionUid: string): CommitmentReport {
  const report = commitment.report(transactionUid);
  if (report) return report;
  const fact = `No storage commitment transaction with UID: ${transactionUid}`;
  throw new DicomError("not-found", fact);
}

async function removeInstances(app: App, sopInstanceUid: string): Promise<void> {
  for (const ref of await app.index.lookup(sopInstanceUid)) {
    if (ref.level === "Instance") await app.remove(ref);
  }
}

function reportJson({ remoteAet, status, stored, failed }: CommitmentReport) {
  return {
    Failures: failed.map((reference) => ({
      Description: describeFailure(reference.reason),
      FailureReason: reference.reason,
      ...referenceJson(reference),
    })),
    RemoteAET: remoteAet,
    Status: status,
    Success: stored.map(referenceJson),
  };
}

function referenceJson({ sopClassUid, sopInstanceUid }: SopReference) {
  return { SOPClassUID: sopClassUid, SOPInstanceUID: sopInstanceUid };
}
