import type { DatabaseSync } from "node:sqlite";
import type { Recyclable } from "../../core/ports/recycling.ts";

/** Protection of patients, and the order in which the others go. */
export function createRecycling(db: DatabaseSync) {
  const protect = db.prepare(`UPDATE resource SET protected = 1 WHERE level = 0 AND public_id = ?`);
  const exists = db.prepare(`SELECT 1 FROM resource WHERE level = 0 AND public_id = ?`);
  const unprotect = db.prepare(`UPDATE resource SET protected = 0, unprotected_at = ?
    WHERE level = 0 AND public_id = ? AND protected = 1`);
  // Without an index of its own, which every instance that arrives would have to update.
  const oldest = db.prepare(`SELECT public_id FROM resource WHERE level = 0 AND protected = 0
    ORDER BY max(updated_at, unprotected_at), id LIMIT ? OFFSET ?`);

  const owing = db.prepare(`SELECT 1 FROM duty WHERE study IN (
      SELECT study.public_id FROM resource AS study JOIN resource AS patient ON patient.id = study.parent
      WHERE patient.level = 0 AND patient.public_id = ?)
    AND destination <> '' AND state NOT IN ('confirmed', 'cancelled', 'superseded')
    AND NOT (confirm = 'ack' AND state IN ('sent', 'unproven')) LIMIT 1`);

  return {
    hasOpenDuties: (id: string) => owing.get(id) !== undefined,

    setProtected(id: string, isProtected: boolean, at: number): boolean {
      if (isProtected) protect.run(id);
      else unprotect.run(at, id);
      return exists.get(id) !== undefined;
    },

    recyclable: (
      { skip, limit }: { readonly skip: number; readonly limit: number },
    ): Recyclable[] => oldest.all(limit, skip).map((row) => ({ id: String(row.public_id) })),
  };
}
