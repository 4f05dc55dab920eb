import type { DatabaseSync } from "node:sqlite";
import {
  DELETION,
  type DeliveredCursor,
  type Eviction,
  type HistoryLimits,
} from "../../core/ports/duties.ts";
import { createRemoval } from "./store.ts";

/** As in the index `duty_ended`: what has ended and is not to be tried again, by when that was. */
const ENDED = `state IN ('confirmed', 'cancelled', 'superseded')`;
const ENDED_AT = `coalesce(ended_at, created_at)`;

/** Duties looked at for one that may go. */
const LOOKED_AT = 500;

/** What becomes of duties that are done, and of instances that owe nothing any more. */
export function createDutyHistory(db: DatabaseSync) {
  const forget = db.prepare(`DELETE FROM duty WHERE id IN (SELECT id FROM duty WHERE ${ENDED}
    AND ${ENDED_AT} < ? ORDER BY ${ENDED_AT} LIMIT ?)`);
  const count = db.prepare(`SELECT sum(count) AS count FROM duty_total WHERE ${ENDED}`);
  const forgetTimers = db.prepare(`DELETE FROM duty_timer WHERE (rule, grp) IN (
    SELECT rule, grp FROM duty_timer WHERE due_at IS NULL AND first_at < ? LIMIT ?)`);

  return {
    pruneDuties({ before, most, limit }: HistoryLimits): number {
      const surplus = Number(count.get()?.count ?? 0) - most;
      const old = Number(forget.run(before, limit).changes);
      forgetTimers.run(before, limit);
      const left = Math.min(limit, surplus) - old;
      return old + (left > 0 ? Number(forget.run(Number.MAX_SAFE_INTEGER, left).changes) : 0);
    },
    evictDelivered: createEviction(db),
  };
}

/** Removes instances that are proven everywhere, the oldest first, in the transaction that looks whether they are. */
function createEviction(db: DatabaseSync) {
  const ended = db.prepare(`SELECT id, instance, size, ${ENDED_AT} AS at FROM duty WHERE ${ENDED}
    AND ${ENDED_AT} >= $at AND (${ENDED_AT} > $at OR id > $id) ORDER BY ${ENDED_AT}, id LIMIT ${LOOKED_AT}`);
  const removable = db.prepare(`SELECT i.id FROM resource i JOIN resource s ON s.id = i.parent
    JOIN resource st ON st.id = s.parent JOIN resource p ON p.id = st.parent
    WHERE i.level = 3 AND i.public_id = ?1 AND p.protected = 0
    AND EXISTS (SELECT 1 FROM duty WHERE instance = ?1 AND destination <> '${DELETION}'
      AND state = 'confirmed')
    AND NOT EXISTS (SELECT 1 FROM duty WHERE instance = ?1
      AND state NOT IN ('confirmed', 'superseded'))`);
  const { removeTree } = createRemoval(db);

  return (from: DeliveredCursor, bytes: number): Eviction => {
    const files: string[] = [];
    let freed = 0;
    const rows = ended.all({ at: from.at, id: from.id });
    for (const { id, instance, size, at } of rows) {
      const found = removable.get(String(instance));
      if (!found) continue;
      files.push(...removeTree(Number(found.id)).files);
      freed += Number(size);
      if (freed >= bytes) return { files, bytes: freed, next: { at: Number(at), id: Number(id) } };
    }
    const last = rows.length === LOOKED_AT ? rows.at(-1) : undefined;
    return { files, bytes: freed, next: last && { at: Number(last.at), id: Number(last.id) } };
  };
}
