import { DicomError, type ErrorPayload } from "../errors.ts";
import type { Clock, Log } from "../ports.ts";
import type { StoredJob } from "../ports/job_store.ts";
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
import { type JobKeeper, NO_KEEPER, restoreJob } from "./persistence.ts";
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
  /** Resolves when it is kept, so that it goes on after the end of the process. */
  readonly kept: Promise<void>;
  /** Resolves when it has ended, well or not. */
  readonly finished: Promise<JobInfo>;
}

/** The jobs of the server: those that wait, run or are paused, and the last that ended. */
export interface Jobs<Types extends JobTypes> extends AsyncDisposable {
  /** Takes in the jobs that the last process left, before any other; those that had not ended go on. */
  restore(stored: readonly StoredJob[]): void;
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
  /** Keeps jobs over the end of the process; absent if nobody does (option `SaveJobs`). */
  readonly keeper?: JobKeeper;
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
  pause(job: Job, engine: Engine): boolean {
    if (job.status === "Running") job.isToPause = true;
    else if (job.status === "Pending" || job.status === "Retry") engine.put(job, "Paused");
    return true;
  },
  resume(job: Job, engine: Engine): boolean {
    if (job.status !== "Paused") return false;
    engine.put(job, "Pending");
    engine.startNext();
    return true;
  },
  /** Starts what failed all over again. */
  resubmit(job: Job, engine: Engine): boolean {
    if (job.status !== "Failure") return false;
    Object.assign(job, freshRun(job.type, job.input));
    engine.put(job, "Pending");
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
  put(job: Job, status: "Pending" | "Paused" | "Retry"): void;
  startNext(): void;
  /** Notes how a job ended; without failure, it did what it was to do. */
  complete(job: Job, failure: DicomError | undefined): void;
  forget(job: Job): boolean;
}

/**
 * Makes the engine. Jobs of higher priority go first, then those that came first.
 */
export function createJobs<Types extends JobTypes>(options: EngineOptions<Types>): Jobs<Types> {
  const { types, clock, log, concurrency, historySize, keeper = NO_KEEPER } = options;
  const jobs = new Map<string, Job>();
  const running = new Map<Job, Promise<void>>();
  const timers = new Set<Disposable>();
  let isClosed = false;

  const engine: Engine = {
    startNext() {
      while (!isClosed && running.size < concurrency) {
        const next = nextOf(jobs.values());
        if (!next) return;
        running.set(next, runToEnd(next));
      }
    },
    put(job, status) {
      job.status = status;
      keeper.keep(job);
    },
    complete(job, failure) {
      job.status = failure ? "Failure" : "Success";
      job.failure = failure;
      job.completedAt = clock.now();
      job.end.resolve(infoOf(job, clock.now()));
      if (!isClosed || !failure) keeper.keep(job);
      else keeper.checkpoint(job); // what the end of the process interrupts goes on with the next
      const over = [...jobs.values()].filter(isOver).sort(byCompletion);
      over.slice(0, Math.max(0, over.length - historySize)).forEach(engine.forget);
    },
    forget({ id }) {
      keeper.forget([id]);
      return jobs.delete(id);
    },
  };

  async function runToEnd(job: Job): Promise<void> {
    job.status = "Running";
    job.startedAt = clock.now();
    const outcome = await perform(job, options);
    job.runtimeMs += clock.now() - job.startedAt;
    running.delete(job);
    if (outcome === "paused") engine.put(job, "Paused");
    else if (outcome === "done") engine.complete(job, undefined);
    else failed(job, outcome);
    engine.startNext();
  }

  /** Tries it again later, if its type wants that and nobody has ended it. */
  function failed(job: Job, failure: DicomError): void {
    const ms = job.stop.signal.aborted ? undefined : job.type.retryInMs?.(job, failure);
    if (ms === undefined) return engine.complete(job, failure);
    job.failure = failure;
    engine.put(job, "Retry");
    const timer = clock.schedule(clock.now() + ms, () => {
      timers.delete(timer);
      if (job.status !== "Retry") return; // somebody did something to it
      job.failure = undefined;
      engine.put(job, "Pending");
      engine.startNext();
    });
    timers.add(timer);
  }

  return {
    restore(stored) {
      const restored = stored.flatMap((saved) => restoreJob(saved, types) ?? []);
      restored.sort((a, b) => a.createdAt - b.createdAt).forEach((job) => jobs.set(job.id, job));
      const lost = stored.map(({ id }) => id).filter((id) => !jobs.has(id));
      if (lost.length > 0) log("warning", "forgot jobs that nobody understands", { ids: lost });
      keeper.forget(lost);
      for (const job of restored.filter(isOver)) job.end.resolve(infoOf(job, clock.now()));
      engine.startNext();
    },
    submit({ type: name, input, priority, userData }) {
      const type = types[name]!;
      const id = crypto.randomUUID();
      const about = { id, name, type, input, priority, userData, createdAt: clock.now() };
      const job: Job = { ...about, ...freshRun(type, input) };
      jobs.set(id, job);
      const kept = keeper.keep(job);
      engine.startNext();
      return { id, kept, finished: job.end.promise };
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
      for (const timer of timers) timer[Symbol.dispose]();
      const reason = new DicomError("unavailable", "Cannot finish job: the server stops");
      for (const job of running.keys()) job.stop.abort(reason);
      await Promise.all(running.values());
    },
  };
}

/** Runs a job until it ends, fails, or reaches the checkpoint where it is to pause. */
async function perform(
  job: Job,
  { ports, clock, log, keeper }: Pick<
    EngineOptions<JobTypes>,
    "ports" | "clock" | "log" | "keeper"
  >,
): Promise<"done" | "paused" | DicomError> {
  const { signal } = job.stop;
  const steps = job.type.run(job, { ...ports, signal, log });
  try {
    for (;;) {
      const step = await unlessAborted(steps.next(), signal);
      if (step.done) return "done";
      job.state = step.value;
      if (clock.uptime() - job.checkpointAt >= (job.type.repeatableMs ?? 0)) {
        job.checkpointAt = clock.uptime();
        keeper?.checkpoint(job);
      }
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
