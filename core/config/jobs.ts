import { option } from "./option.ts";
import { count, flag, integer, megabytes, seconds } from "./schemas.ts";

/** Changes, jobs and logs. */
export const JOB_OPTIONS = {
  StableAge: option({
    schema: seconds(1),
    default: 60,
    description: "How long nothing must arrive until a resource is stable",
    state: "served",
  }),
  LogExportedResources: option({
    schema: flag,
    default: false,
    description: "List in /exports what was sent",
    state: "served",
  }),
  AuditLogEnabled: option({
    schema: flag,
    default: true,
    description: "Write down who read, changed, sent and deleted what; not with `ReadOnly`",
    state: "served",
    own: true,
  }),
  AuditLogSizeMB: option({
    schema: megabytes(16),
    default: 256,
    description: "How large the audit log may grow; the oldest lines go",
    state: "served",
    own: true,
  }),
  ConcurrentJobs: option({
    schema: integer(0, 1024),
    default: 2,
    description: "Jobs that run at a time; 0 for one per processor",
    state: "served",
  }),
  JobsHistorySize: option({
    schema: count,
    default: 10,
    description: "Finished jobs to keep",
    state: "served",
  }),
  SaveJobs: option({
    schema: flag,
    default: true,
    description: "Keep jobs over a restart",
    state: "served",
  }),
  MediaArchiveSize: option({
    schema: count,
    default: 1,
    description: "Archives made in the background to keep",
    state: "served",
  }),
  SynchronousZipStream: option({
    schema: flag,
    default: true,
    description: "Send an archive while it is made",
    state: "served",
  }),
  ZipUseUtf8: option({
    schema: flag,
    default: false,
    description: "Names in archives in UTF-8, not ASCII",
    state: "served",
  }),
  MetricsEnabled: option({
    schema: flag,
    default: true,
    description: "Serve metrics for Prometheus",
    state: "served",
  }),
  DeidentifyLogs: option({
    schema: flag,
    default: true,
    description: "Leave arguments of requests, which may name patients, out of the log",
    state: "served",
  }),
};
