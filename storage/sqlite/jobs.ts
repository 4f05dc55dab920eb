import type { DatabaseSync } from "node:sqlite";
import type { StoredJob } from "../../core/ports/job_store.ts";

/** Jobs that outlive the process. */
export function createJobStore(db: DatabaseSync) {
  const save = db.prepare(`INSERT INTO job VALUES ($id, $record, $state)
    ON CONFLICT (id) DO UPDATE SET record = $record, state = $state`);
  const saveState = db.prepare(`UPDATE job SET state = $state WHERE id = $id`);
  const drop = db.prepare(`DELETE FROM job WHERE id = ?`);
  const all = db.prepare(`SELECT id, record, state FROM job ORDER BY id`);

  return {
    saveJob: (job: StoredJob) => void save.run({ ...job }),
    saveJobState: (job: Omit<StoredJob, "record">) => void saveState.run({ ...job }),
    dropJobs: (ids: readonly string[]) => ids.forEach((id) => drop.run(id)),
    savedJobs: (): StoredJob[] =>
      all.all().map((row) => ({
        id: String(row.id),
        record: String(row.record),
        state: String(row.state),
      })),
  };
}
