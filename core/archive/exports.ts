import type { Clock, Log, ResourceRef } from "../ports.ts";
import type { ExportLog } from "../ports/export_log.ts";

/** The log of what is sent. */
export interface Exports extends Pick<ExportLog, "exports" | "clearExports"> {
  /** Logs that resources are about to be sent to a remote, by its name. */
  log(refs: readonly ResourceRef[], remote: string): Promise<void>;
}

/** Makes the log; nothing is logged unless `enabled` (option `LogExportedResources`). */
export function createExports(
  { index, clock, enabled, log }: {
    readonly index: ExportLog;
    readonly clock: Clock;
    readonly enabled: boolean;
    readonly log: Log;
  },
): Exports {
  return {
    exports: index.exports,
    clearExports: index.clearExports,
    async log(refs, remote) {
      if (!enabled) return;
      await index.logExports(refs, remote, clock.now()).catch((error) => {
        log("error", "cannot log what is sent", { remote, error: String(error) }); // it is sent nevertheless
      });
    },
  };
}
