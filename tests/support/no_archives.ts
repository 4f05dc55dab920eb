import type { JobPorts } from "../../core/jobs/job.ts";

/** For jobs that make no archives and change nothing. */
export const NO_ARCHIVES: Pick<JobPorts, "archives" | "archiveShelf" | "modifier"> = {
  archives: { prepare: unexpected },
  archiveShelf: { create: unexpected, keep: unexpected, open: unexpected, remove: unexpected },
  modifier: {
    file: unexpected,
    store: unexpected,
    uidsOf: unexpected,
    logChange: unexpected,
    copyLabels: unexpected,
    refresh: unexpected,
    remove: unexpected,
  },
};

function unexpected(): Promise<never> {
  return Promise.reject(new Error("no archive was to be made, and nothing changed"));
}
