import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import { orthancDate } from "../core/archive/resource.ts";
import { DicomError, ERRORS } from "../core/errors.ts";
import type { JobRequest, SubmittedJob } from "../core/jobs/engine.ts";
import type { JobInfo } from "../core/jobs/job_record.ts";
import type { JOB_TYPES } from "../core/jobs/types.ts";
import { empty } from "./errors.ts";
import { numberOr } from "./page_arguments.ts";
import { emptyJson, flag, json, text } from "./respond.ts";

/** What bodies of requests that become jobs say about the job. */
export const JobOptions = z.object({
  Synchronous: z.boolean().optional(),
  Asynchronous: z.boolean().optional(),
  Permissive: z.boolean().default(false),
  Priority: z.int().default(0),
  UserData: z.unknown().optional(),
});
export type JobOptions = z.infer<typeof JobOptions>;

type Types = typeof JOB_TYPES;

/** Actions that answer `{}`. */
const ACTIONS = ["cancel", "pause", "resume", "resubmit"] as const;

/** The jobs of the server. */
export function jobRoutes({ jobs }: App): Hono {
  const routes = new Hono()
    .get("/", (c) => {
      const all = chosen(c, jobs.list());
      return json(c, flag(c, "expand") ? all.map(jobJson) : all.map(({ id }) => id));
    })
    .get("/:id", (c) => {
      const job = jobs.get(c.req.param("id"));
      return job ? json(c, jobJson(job)) : empty(c, 404);
    })
    .delete("/:id", (c) => {
      const id = c.req.param("id");
      if (jobs.act(id, "remove")) return text(c, "");
      throw new DicomError("not-found", `Cannot remove job ${id}: no ended job has this name`);
    });
  for (const action of ACTIONS) {
    routes.post(`/:id/${action}`, (c) => {
      return jobs.act(c.req.param("id"), action) ? emptyJson(c) : empty(c, 400);
    });
  }
  return routes;
}

/** Those of the states and types that are asked for (`?state=A;B&type=…`), and a page of them. */
function chosen(c: Context, all: readonly JobInfo[]): readonly JobInfo[] {
  const wanted = (name: string) => c.req.query(name)?.split(/[;,]/).filter((word) => word !== "");
  const [states, types] = [wanted("state"), wanted("type")];
  const found = all.filter(({ state, type }) =>
    (states?.includes(state) ?? true) && (types?.includes(type) ?? true)
  );
  const since = numberOr(c.req.query("since"), 0);
  return found.slice(since, since + numberOr(c.req.query("limit"), found.length));
}

/**
 * Has a job done and answers with what came of it, or at once with its name, as the client likes; clients wait unless
 * they say otherwise.
 *
 * @throws DicomError the failure of the job
 */
export async function answerJob<Name extends keyof Types & string>(
  c: Context,
  { jobs }: App,
  request: Pick<JobRequest<Types, Name>, "type" | "input"> & { readonly options: JobOptions },
): Promise<Response> {
  const { type, input, options } = request;
  const { Priority: priority, UserData: userData, Synchronous, Asynchronous } = options;
  const job: SubmittedJob = jobs.submit({ type, input, priority, userData });
  const waits = Synchronous ?? !Asynchronous;
  if (!waits) {
    await job.kept;
    return json(c, { ID: job.id, Path: `/jobs/${job.id}` });
  }
  const { content, failure } = await job.finished;
  if (failure) throw failure;
  return json(c, content);
}

/** Orthanc's object of a job. */
function jobJson(job: JobInfo) {
  const { failure, completedAt, expectedAt, userData } = job;
  const { number, text: description } = failure ? ERRORS[failure.code] : SUCCESS;
  return {
    ...(completedAt !== undefined && { CompletionTime: jobDate(completedAt) }),
    Content: job.content,
    CreationTime: jobDate(job.createdAt),
    EffectiveRuntime: job.runtimeMs / MS_PER_SECOND,
    ErrorCode: number,
    ErrorDescription: description,
    ErrorDetails: failure?.message ?? "",
    ...(failure?.payload && {
      ErrorPayload: { Content: failure.payload.content, Type: failure.payload.type },
    }),
    ...(expectedAt !== undefined && { EstimatedTimeOfArrival: jobDate(expectedAt) }),
    ID: job.id,
    Priority: job.priority,
    Progress: Math.floor(job.progress * 100),
    State: job.state,
    Timestamp: jobDate(job.reportedAt),
    Type: job.type,
    ...(userData !== undefined && { UserData: userData }),
  };
}

const MS_PER_SECOND = 1000;
const SUCCESS = { number: 0, text: "Success" };

/** `ms` since 1970 in UTC with microseconds, as Orthanc has the dates of jobs. */
function jobDate(ms: number): string {
  return `${orthancDate(ms)}.${String(ms % MS_PER_SECOND).padStart(3, "0")}000`;
}
