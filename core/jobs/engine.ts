import { DicomError, type ErrorPayload } from "../errors.ts";
import type { Clock, Log } from "../ports.ts";
import {
  byCompletion,
  freshRun,
  infoOf,
  isOver,
  type JobInfo,
  type JobRecord as Job,
  nextOf,
} from "./job_record.ts";
import type { JobPorts, JobType } from "./job.ts";
import { unlessAborted } from "./unless_aborted.ts";

/** Job types by Orthanc's names. */
export type JobTypes = Readonly<Record<string, JobType>>;

/** What a job of this type is told. */
type InputOf<Type> = Type extends JobType<infer Input, infer _State> ? Input : never;

/** A job to be done. */
export interface JobRequest<Types extends JobTypes, Name extends keyof Types> {
  readonly type: Name;
  readonly input: InputOf<Types[Name]>;
  /** Higher ones go first. */
  readonly priority: number;
  /** Whatever the client wants to find again; undefined for nothing. */
  readonly userData: unknown;
}

/** A job that was taken in. */
export interface SubmittedJob {
  readonly id: string;
  /** Resolves when it has ended, well or not. */
  readonly finished: Promise<JobInfo>;
}

/** The jobs of the server: those that wait, run or are paused, and the last that ended. */
export interface Jobs<Types extends JobTypes> extends AsyncDisposable {
  submit<Name extends keyof Types & string>(request: JobRequest<Types, Name>): SubmittedJob;
  /** Sorted by identifier. */
  list(): readonly JobInfo[];
  get(id: string): JobInfo | undefined;
  /** Does something to a job. @returns whether there is such a job in a state that allows it */
  act(id: string, action: JobAction): boolean;
}

/** What can be done to a job. */
export type JobAction = keyof typeof ACTIONS;

/** What the engine needs. */
export interface EngineOptions<Types extends JobTypes> {
  readonly types: Types;
  readonly ports: JobPorts;
  readonly clock: Clock;
  readonly log: Log;
  /** Jobs that run at a time (option `ConcurrentJobs`). */
  readonly concurrency: number;
  /** Ended jobs to keep (option `JobsHistorySize`). */
  readonly historySize: number;
}

/** Each action: whether it can be done, and does it. */
const ACTIONS = {
  /** Ends it at once. What has ended stays as it is. */
  cancel(job: Job, engine: Engine): boolean {
    const reason = new DicomError("canceled-job", "Cannot finish job: it was canceled");
    if (job.status === "Running") job.stop.abort(reason);
    else if (!isOver(job)) engine.complete(job, reason);
    return true;
  },
  /** Stops it at its next checkpoint. What has ended stays as it is. */
  pause(job: Job): boolean {
    if (job.status === "Running") job.isToPause = true;
    else if (job.status === "Pending") job.status = "Paused";
    return true;
  },
  resume(job: Job, engine: Engine): boolean {
    if (job.status !== "Paused") return false;
    job.status = "Pending";
    engine.startNext();
    return true;
  },
  /** Starts what failed all over again. */
  resubmit(job: Job, engine: Engine): boolean {
    if (job.status !== "Failure") return false;
    Object.assign(job, freshRun(job.type, job.input));
    engine.startNext();
    return true;
  },
  /** Forgets what has ended. */
  remove(job: Job, engine: Engine): boolean {
    return isOver(job) && engine.forget(job);
  },
} as const;

/** What actions need of the engine. */
interface Engine {
  startNext(): void;
  /** Notes how a job ended; without failure, it did what it was to do. */
  complete(job: Job, failure: DicomError | undefined): void;
  forget(job: Job): boolean;
}

/**
 * Makes the engine. Jobs of higher priority go first, then those that came first.
 */
export function createJobs<Types extends JobTypes>(options: EngineOptions<Types>): Jobs<Types> {
  const { types, clock, concurrency, historySize } = options;
  const jobs = new Map<string, Job>();
  const running = new Map<Job, Promise<void>>();
  let isClosed = false;

  const engine: Engine = {
    startNext() {
      while (!isClosed && running.size < concurrency) {
        const next = nextOf(jobs.values());
        if (!next) return;
        running.set(next, runToEnd(next));
      }
    },
    complete(job, failure) {
      job.status = failure ? "Failure" : "Success";
      job.failure = failure;
      job.completedAt = clock.now();
      job.end.resolve(infoOf(job, clock.now()));
      const over = [...jobs.values()].filter(isOver).sort(byCompletion);
      over.slice(0, Math.max(0, over.length - historySize)).forEach(({ id }) => jobs.delete(id));
    },
    forget: ({ id }) => jobs.delete(id),
  };

  async function runToEnd(job: Job): Promise<void> {
    job.status = "Running";
    job.startedAt = clock.now();
    const outcome = await perform(job, options);
    job.runtimeMs += clock.now() - job.startedAt;
    running.delete(job);
    if (outcome === "paused") job.status = "Paused";
    else engine.complete(job, outcome === "done" ? undefined : outcome);
    engine.startNext();
  }

  return {
    submit({ type: name, input, priority, userData }) {
      const type = types[name]!;
      const id = crypto.randomUUID();
      const about = { id, name, type, input, priority, userData, createdAt: clock.now() };
      const job: Job = { ...about, ...freshRun(type, input) };
      jobs.set(id, job);
      engine.startNext();
      return { id, finished: job.end.promise };
    },
    list: () => [...jobs.keys()].sort().map((id) => infoOf(jobs.get(id)!, clock.now())),
    get(id) {
      const job = jobs.get(id);
      return job && infoOf(job, clock.now());
    },
    act(id, action) {
      const job = jobs.get(id);
      return job !== undefined && ACTIONS[action](job, engine);
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      const reason = new DicomError("unavailable", "Cannot finish job: the server stops");
      for (const job of running.keys()) job.stop.abort(reason);
      await Promise.all(running.values());
    },
  };
}

/** Runs a job until it ends, fails, or reaches the checkpoint where it is to pause. */
async function perform(
  job: Job,
  { ports, log }: Pick<EngineOptions<JobTypes>, "ports" | "log">,
): Promise<"done" | "paused" | DicomError> {
  const { signal } = job.stop;
  const steps = job.type.run(job, { ...ports, signal, log });
  try {
    for (;;) {
      const step = await unlessAborted(steps.next(), signal);
      if (step.done) return "done";
      job.state = step.value;
      if (!job.isToPause) continue;
      job.isToPause = false;
      await steps.return(undefined);
      return "paused";
    }
  } catch (error) {
    steps.return(undefined).catch(() => {}); // a step that does not heed the signal holds nobody up
    return failureOf(job, error, log);
  }
}

function failureOf(job: Job, error: unknown, log: Log): DicomError {
  if (!(error instanceof DicomError)) {
    log("error", "unexpected failure of a job", { id: job.id, stack: stackOf(error) });
    return new DicomError("internal", "Unexpected failure: see the log of the server");
  }
  log("warning", "job failed", { id: job.id, type: job.name, reason: error.message });
  const payload: ErrorPayload | undefined = job.type.failurePayload?.(job);
  return payload ? new DicomError(error.code, error.message, { cause: error, payload }) : error;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? String(error.stack) : String(error);
}
