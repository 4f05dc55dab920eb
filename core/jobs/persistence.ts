import * as z from "zod";
import { DicomError, type ErrorCode, ERRORS } from "../errors.ts";
import type { Log } from "../ports.ts";
import type { JobStore, StoredJob } from "../ports/job_store.ts";
import type { JobType } from "./job.ts";
import { freshRun, type JobRecord as Job } from "./job_record.ts";

/** Keeps jobs, so that they go on after the end of the process. */
export interface JobKeeper {
  /** Keeps all of a job; resolves when it is durable, or cannot be. */
  keep(job: Job): Promise<void>;
  /** Keeps its checkpoint, some time later. */
  checkpoint(job: Job): void;
  forget(ids: readonly string[]): void;
}

/** Keeps nothing (option `SaveJobs`). */
export const NO_KEEPER: JobKeeper = {
  keep: () => Promise.resolve(),
  checkpoint() {},
  forget() {},
};

/** Makes a keeper. A job goes on although it cannot be kept; that is logged. */
export function createJobKeeper(store: JobStore, log: Log): JobKeeper {
  /** Jobs whose checkpoint is being written, and whether there is a newer one. */
  const writing = new Map<string, { again: boolean }>();
  const failed = (error: unknown) => log("error", "cannot keep job", { error: String(error) });

  async function write(job: Job): Promise<void> {
    const entry = { again: false };
    writing.set(job.id, entry);
    await store.saveJobState({ id: job.id, state: JSON.stringify(job.state) }).catch(failed);
    writing.delete(job.id);
    if (entry.again) await write(job);
  }

  return {
    keep: (job) => store.saveJob(storedJob(job)).catch(failed),
    checkpoint(job) {
      const entry = writing.get(job.id);
      if (entry) entry.again = true;
      else write(job);
    },
    forget(ids) {
      if (ids.length > 0) store.dropJobs(ids).catch(failed);
    },
  };
}

const Record = z.object({
  name: z.string(),
  input: z.unknown(),
  priority: z.int(),
  userData: z.unknown().optional(), // most jobs have none, and JSON has no undefined
  createdAt: z.number(),
  status: z.enum(["Pending", "Running", "Success", "Failure", "Paused", "Retry"]),
  runtimeMs: z.number(),
  completedAt: z.number().optional(),
  failure: z.object({
    code: z.custom<ErrorCode>((code) => typeof code === "string" && Object.hasOwn(ERRORS, code)),
    message: z.string(),
    dimseStatus: z.number().optional(),
    payload: z.object({ type: z.string(), content: z.unknown() }).optional(),
  }).optional(),
});

function storedJob(job: Job): StoredJob {
  const { id, name, input, priority, userData, createdAt, status, runtimeMs, completedAt } = job;
  const { failure } = job;
  const record: z.input<typeof Record> = {
    ...{ name, input, priority, userData, createdAt, status, runtimeMs, completedAt },
    failure: failure && {
      code: failure.code,
      message: failure.message,
      dimseStatus: failure.dimseStatus,
      payload: failure.payload && { ...failure.payload },
    },
  };
  return { id, record: JSON.stringify(record), state: JSON.stringify(job.state) };
}

/**
 * A job as it was kept; what was running or to be tried again when the process ended is to go on.
 *
 * @returns undefined for one that this version of the server does not understand
 */
export function restoreJob(
  { id, record, state }: StoredJob,
  types: Readonly<Record<string, JobType>>,
): Job | undefined {
  const known = Record.safeParse(JSON.parse(record));
  const type = known.success && Object.hasOwn(types, known.data.name)
    ? types[known.data.name]
    : undefined;
  if (!known.success || !type) return undefined;
  const { failure, status, ...about } = known.data;
  const isUnderWay = status === "Running" || status === "Retry";
  const job: Job = {
    ...freshRun(type, about.input),
    ...about,
    id,
    type,
    state: JSON.parse(state),
    status: isUnderWay ? "Pending" : status,
    userData: about.userData,
    completedAt: about.completedAt,
    failure: failure && !isUnderWay ? failureOf(failure) : undefined,
  };
  return isReadable(job) ? job : undefined;
}

function failureOf(
  { code, message, dimseStatus, payload }: NonNullable<z.infer<typeof Record>["failure"]>,
): DicomError {
  return new DicomError(code, message, {
    ...(dimseStatus !== undefined && { dimseStatus }),
    ...(payload && { payload }),
  });
}

/** Whether its type can still make something of it. */
function isReadable(job: Job): boolean {
  try {
    job.type.progress(job);
    job.type.content(job);
    return true;
  } catch {
    return false;
  }
}
