import { type Context, Hono } from "hono";
import type { App } from "../core/app.ts";
import type { IngestOutcome, Origin } from "../core/archive/ingest.ts";
import type { UploadResult } from "../core/archive/upload.ts";
import { remoteAddress, username } from "./access.ts";
import { noteTargets } from "./access/audit_requests.ts";
import { bodyOf, lentBodyOf } from "./body.ts";
import { pathOf } from "./levels.ts";
import { fileParts } from "../core/bytes/multipart.ts";
import { HOPS_FIELD, readHops } from "../core/relay/hops.ts";
import { json, text } from "./respond.ts";

/** Orthanc's word for each outcome of an upload. */
const STATUS = {
  stored: "Success",
  replaced: "Success",
  duplicate: "AlreadyStored",
  conflict: "AlreadyStored",
} as const satisfies Record<IngestOutcome["kind"], string>;

/** Storing instances over HTTP. */
export function instanceRoutes(app: App): Hono {
  return new Hono().post("/", async (c) => {
    const contentType = c.req.header("Content-Type") ?? "";
    if (/^multipart\/form-data\b/i.test(contentType)) {
      for await (const part of fileParts(bodyOf(c), contentType)) {
        noteTargets(c, idsOf(await app.upload(part, originOf(c))));
      }
      return text(c, "");
    }
    const result = await app.upload(lentBodyOf(c), originOf(c));
    noteTargets(c, idsOf(result));
    return json(c, resultJson(result));
  });
}

function originOf(c: Context): Origin {
  const hops = readHops(c.req.header(HOPS_FIELD));
  return { kind: "http", remoteIp: remoteAddress(c), username: username(c), hops };
}

function idsOf(result: UploadResult): string[] {
  if (result.kind === "single") return [result.outcome.ids.Instance];
  return result.members.flatMap((member) =>
    member.kind === "stored" ? member.outcome.ids.Instance : []
  );
}

function resultJson(result: UploadResult) {
  if (result.kind === "single") return outcomeJson(result.outcome);
  return result.members.map((member) =>
    member.kind === "stored"
      ? outcomeJson(member.outcome)
      : { Status: "Failure", Details: member.reason }
  );
}

/** Orthanc's answer to what was stored. */
export function outcomeJson({ kind, ids }: IngestOutcome) {
  return {
    ID: ids.Instance,
    ParentPatient: ids.Patient,
    ParentSeries: ids.Series,
    ParentStudy: ids.Study,
    Path: pathOf("Instance", ids.Instance),
    Status: STATUS[kind],
  };
}
