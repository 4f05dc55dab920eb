import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../../core/app.ts";
import { DicomError } from "../../core/errors.ts";
import {
  type Duty,
  DUTY_STATES,
  type DutyAction,
  type DutyFilter,
  PRIORITIES,
} from "../../core/ports/duties.ts";
import { empty } from "../errors.ts";
import { emptyJson, json } from "../respond.ts";
import { readObject } from "../schemas.ts";

/** Arguments of a list of duties: newest first, the next page with the smallest number as `before`. */
const DutyQuery = z.object({
  state: z.enum(DUTY_STATES).optional(),
  destination: z.string().optional(),
  study: z.string().optional(),
  rule: z.string().optional(),
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
});

/** Body of a change of priority. */
export const PriorityBody = z.object({ priority: z.enum(PRIORITIES) });

/** `/relay/duties`: what is owed, where each duty is, and every try. */
export function dutyRoutes({ relay, clock }: App): Hono {
  const { duties, engine } = relay;
  const act = async (c: Context, action: DutyAction) => {
    const id = numberOf(c.req.param("id"));
    if (!await duties.duty(id)) return empty(c, 404);
    const destinations = await duties.actOnDuties({ id }, action, clock.now());
    if (destinations.length === 0) {
      const fact = "its state or its instance does not allow it";
      throw new DicomError("bad-request", `Cannot ${action.kind} duty ${id}: ${fact}`);
    }
    engine.wake(destinations);
    return emptyJson(c);
  };

  return new Hono()
    .get("/", async (c) => {
      const page = await duties.duties(filterOf(c));
      return c.req.query("format") === "csv" ? csv(c, page) : json(c, page);
    })
    .get("/:id", async (c) => {
      const duty = await duties.duty(numberOf(c.req.param("id")));
      return duty ? json(c, duty) : empty(c, 404);
    })
    .post("/:id/retry", (c) => act(c, { kind: "retry" }))
    .post("/:id/cancel", (c) => act(c, { kind: "cancel" }))
    .post("/:id/priority", async (c) => {
      const { priority } = await readObject(c, PriorityBody);
      return await act(c, { kind: "priority", priority });
    });
}

/** @throws DicomError `bad-request` */
function filterOf(c: Context): DutyFilter {
  const result = DutyQuery.safeParse(c.req.query());
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw new DicomError("bad-request", `Argument "${path.join(".")}" is wrong: ${message}`);
  }
  const given = Object.entries(result.data).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as unknown as DutyFilter; // the schema has the same members
}

function numberOf(text: string | undefined): number {
  return /^\d{1,15}$/.test(text ?? "") ? Number(text) : -1;
}

const COLUMNS = [
  "id",
  "state",
  "destination",
  "rule",
  "ruleVersion",
  "priority",
  "confirm",
  "study",
  "series",
  "instance",
  "size",
  "sha256",
  "sentSha256",
  "tries",
  "createdAt",
  "sentAt",
  "endedAt",
  "reason",
] as const satisfies readonly (keyof Duty)[];

/** The same as a table (RFC 4180), times in ISO 8601. */
function csv(c: Context, page: readonly Duty[]): Response {
  const rows = page.map((duty) => COLUMNS.map((column) => cell(column, duty[column])).join(","));
  const text = [COLUMNS.join(","), ...rows].join("\r\n") + "\r\n";
  return c.body(text, 200, {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": 'attachment; filename="duties.csv"',
  });
}

/** Spreadsheets take what begins with =, +, - or @ for a formula. */
function cell(column: string, value: unknown): string {
  if (value === null) return "";
  const text = column.endsWith("At") ? new Date(Number(value)).toISOString() : String(value);
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
