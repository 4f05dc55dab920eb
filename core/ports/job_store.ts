/** A job as it is kept: both texts are JSON that the engine wrote. */
export interface StoredJob {
  readonly id: string;
  /** What it is and is to do, and where it is. */
  readonly record: string;
  /** Its last checkpoint. */
  readonly state: string;
}

/** Jobs that outlive the process. */
export interface JobStore {
  /** Adds a job, or replaces it; durable when the promise resolves. */
  saveJob(job: StoredJob): Promise<void>;
  /** Notes a checkpoint, some time later; nothing happens if the job is not there. */
  saveJobState(job: Omit<StoredJob, "record">): Promise<void>;
  dropJobs(ids: readonly string[]): Promise<void>;
  savedJobs(): Promise<StoredJob[]>;
}
