import type { JobPorts } from "../../core/jobs/job.ts";

/** For jobs that make no archives. */
export const NO_ARCHIVES: Pick<JobPorts, "archives" | "archiveShelf"> = {
  archives: { prepare: unexpected },
  archiveShelf: { create: unexpected, keep: unexpected, open: unexpected, remove: unexpected },
};

function unexpected(): Promise<never> {
  return Promise.reject(new Error("no archive was to be made"));
}
