import { Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import type { AssociationRecord } from "../core/associations.ts";
import { orthancDate } from "../core/archive/resource.ts";
import { DicomError } from "../core/errors.ts";
import { json } from "./respond.ts";

const MAXIMUM_LIMIT = 1000;
const Limit = z.coerce.number().int().min(0).max(MAXIMUM_LIMIT).default(100);

/** Who called by DICOM, what came of it, and what to configure where it was refused. */
export function associationRoutes({ associations }: App): Hono {
  return new Hono().get("/", (c) => {
    const limit = Limit.safeParse(c.req.query("limit"));
    if (!limit.success) {
      const fact = `"limit" must be a whole number, 0 to ${MAXIMUM_LIMIT}`;
      throw new DicomError("bad-request", `Cannot list associations: ${fact}`);
    }
    return json(c, associations.list(limit.data).map(associationJson));
  });
}

function associationJson(record: AssociationRecord) {
  const { end, endedAt } = record;
  return {
    ID: record.id,
    CallingAet: record.callingAet,
    CalledAet: record.calledAet,
    RemoteIP: record.remoteIp,
    Start: orthancDate(record.startedAt),
    ...(endedAt !== undefined && { End: orthancDate(endedAt) }),
    State: STATES[end?.kind ?? "open"],
    ...(end && { EndedBy: end.by === "local" ? "Local" : "Remote", Reason: end.reason }),
    ...(record.remedy && { Remedy: record.remedy }),
    Commands: record.commands,
    Refused: record.refused.map(({ command, count, reason, remedy }) => ({
      Command: command,
      Count: count,
      Reason: reason,
      ...(remedy && { Remedy: remedy }),
    })),
  };
}

const STATES = {
  open: "Open",
  released: "Released",
  rejected: "Rejected",
  aborted: "Aborted",
  lost: "Lost",
  timeout: "Timeout",
} as const;
