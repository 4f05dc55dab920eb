import type { JobPorts } from "../../core/jobs/job.ts";

/** For jobs that send to no peer. */
export const NO_PEERS: Pick<JobPorts, "http" | "peers" | "transcoder"> = {
  http: { send: unexpected, [Symbol.asyncDispose]: () => Promise.resolve() },
  peers: { serverOf: unexpected },
  transcoder: { transcode: unexpected },
};

function unexpected(): never {
  throw new Error("no peer was expected");
}
