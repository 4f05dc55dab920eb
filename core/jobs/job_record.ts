import type { DicomError } from "../errors.ts";
import type { JobType } from "./job.ts";

/** Where a job is. */
export type JobState = "Pending" | "Running" | "Success" | "Failure" | "Paused" | "Retry";

/** A job as it is now; times are in milliseconds since 1970. */
export interface JobInfo {
  readonly id: string;
  readonly type: string;
  readonly state: JobState;
  readonly priority: number;
  readonly userData: unknown;
  /** 0 to 1. */
  readonly progress: number;
  readonly content: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  /** Time of this report. */
  readonly reportedAt: number;
  /** How long it has been running, without pauses, in milliseconds. */
  readonly runtimeMs: number;
  readonly completedAt: number | undefined;
  /** When it may end, judging from its progress so far. */
  readonly expectedAt: number | undefined;
  readonly failure: DicomError | undefined;
  /** Name of the archive that it has made. */
  readonly output: string | undefined;
}

/** A job as the engine has it. */
export interface JobRecord {
  readonly id: string;
  readonly name: string;
  readonly type: JobType;
  readonly input: unknown;
  readonly priority: number;
  readonly userData: unknown;
  readonly createdAt: number;
  /** The last checkpoint. */
  state: unknown;
  /** Uptime when it was given to be kept. */
  checkpointAt: number;
  status: JobState;
  /** Of the runs before the present one. */
  runtimeMs: number;
  startedAt: number;
  completedAt: number | undefined;
  failure: DicomError | undefined;
  isToPause: boolean;
  stop: AbortController;
  end: PromiseWithResolvers<JobInfo>;
}

/** What a job is before it runs. */
export function freshRun(type: JobType, input: unknown) {
  return {
    state: type.start(input),
    checkpointAt: -Infinity,
    status: "Pending" as const,
    runtimeMs: 0,
    startedAt: 0,
    completedAt: undefined,
    failure: undefined,
    isToPause: false,
    stop: new AbortController(),
    end: Promise.withResolvers<JobInfo>(),
  };
}

/** The one of highest priority; a `Map` has them in the order they came. */
export function nextOf(jobs: Iterable<JobRecord>): JobRecord | undefined {
  let next: JobRecord | undefined;
  for (const job of jobs) {
    if (job.status === "Pending" && (!next || job.priority > next.priority)) next = job;
  }
  return next;
}

/** Whether it has ended, well or not. */
export function isOver({ status }: JobRecord): boolean {
  return status === "Success" || status === "Failure";
}

/** Those that ended first come first. */
export function byCompletion(a: JobRecord, b: JobRecord): number {
  return a.completedAt! - b.completedAt!;
}

/** What there is to say about a job at time `now`. */
export function infoOf(job: JobRecord, now: number): JobInfo {
  const { id, name, status, priority, userData, createdAt, completedAt, failure } = job;
  const isRunning = status === "Running";
  const runtimeMs = job.runtimeMs + (isRunning ? now - job.startedAt : 0);
  const progress = status === "Success" ? 1 : job.type.progress(job);
  return {
    id,
    type: name,
    state: status,
    priority,
    userData,
    progress,
    content: job.type.content(job),
    createdAt,
    reportedAt: now,
    runtimeMs,
    completedAt,
    expectedAt: isRunning ? expectedEnd(progress, { runtimeMs, now }) : undefined,
    failure,
    output: job.type.output?.(job),
  };
}

/** As Orthanc, from the pace so far, once there is one. */
function expectedEnd(
  progress: number,
  { runtimeMs, now }: { readonly runtimeMs: number; readonly now: number },
): number | undefined {
  return progress > 0.01 ? now + Math.round(runtimeMs * (1 - progress) / progress) : undefined;
}
