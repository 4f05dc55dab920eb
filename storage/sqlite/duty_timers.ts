import type { DatabaseSync } from "node:sqlite";
import { DELETION, type Promotion } from "../../core/ports/duties.ts";
import type { Removal } from "../../core/ports.ts";
import { createRemoval } from "./store.ts";

/** Duties made ready in one transaction; the rest follows in the next. */
const BATCH = 1000;

/** No duty waits longer for another try, or for its proof; a later time shows that the clock was set back. */
const LONGEST_WAIT_MS = 3600_000;

/** A timer that has run out. */
interface Expired {
  readonly rule: string;
  readonly grp: string;
  readonly due_at: number;
  readonly first_at: number;
  readonly max_wait_ms: number;
  readonly seen: number;
  readonly required: number;
  readonly on_timeout: keyof typeof ON_TIMEOUT;
  readonly resend: number;
}

/** What a timer that ran out does with the duties that wait for it. */
const ON_TIMEOUT = {
  send: `state = 'ready', due_at = NULL`,
  hold: `due_at = NULL, reason = 'the study is not complete'`,
  discard: `state = 'cancelled', reason = 'the study did not become complete', ended_at = $now`,
} as const;

/** What becomes due by the passing of time. */
export function createDutyTimers(db: DatabaseSync) {
  const due = db.prepare(`SELECT id, destination FROM duty WHERE state = 'retry' AND due_at <= $now
    UNION ALL SELECT id, destination FROM duty
      WHERE state = 'retry' AND due_at > $now + ${LONGEST_WAIT_MS}
    UNION ALL SELECT id, destination FROM duty
      WHERE state = 'waiting' AND due_at <= $now AND destination <> '${DELETION}' LIMIT ${BATCH}`);
  const makeReady = db.prepare(`UPDATE duty SET state = 'ready', due_at = NULL WHERE id = ?`);
  const proofs = db.prepare(`SELECT DISTINCT destination FROM duty
    WHERE state = 'sent' AND due_at <= ?`);
  const deletions = db.prepare(`SELECT id FROM duty WHERE destination = '${DELETION}'
    AND state = 'waiting' AND due_at <= ? ORDER BY due_at LIMIT ?`);
  const next = db.prepare(`SELECT min(due_at) AS at FROM (
    SELECT min(due_at) AS due_at FROM duty WHERE state = 'waiting' AND due_at IS NOT NULL
    UNION ALL SELECT min(due_at) FROM duty WHERE state = 'retry' AND due_at IS NOT NULL
    UNION ALL SELECT min(due_at) FROM duty WHERE state = 'sent' AND due_at IS NOT NULL
    UNION ALL SELECT min(due_at) FROM duty_timer WHERE due_at IS NOT NULL)`);
  const hasten = db.prepare(`UPDATE duty SET state = 'ready', due_at = NULL
    WHERE state = 'retry' AND destination = ?`);
  const restart = db.prepare(`UPDATE duty SET due_at = grace + ?
    WHERE destination = '${DELETION}' AND state = 'waiting' AND due_at IS NOT NULL`);
  const correct = db.prepare(`UPDATE duty SET due_at = $now
    WHERE state = 'sent' AND due_at > $now + ${LONGEST_WAIT_MS}`);
  const expire = createExpiry(db);

  return {
    promoteDuties(now: number): Promotion {
      const groups = expire(now);
      correct.run({ now });
      const rows = due.all({ now });
      for (const { id } of rows) makeReady.run(id as number);
      const destinations = new Set(rows.map(({ destination }) => String(destination)));
      for (const { destinations: of } of groups) of.forEach((name) => destinations.add(name));
      if (deletions.get(now, 1)) destinations.add(DELETION);
      const at = rows.length === BATCH ? now : next.get()?.at;
      return {
        destinations: [...destinations],
        proofs: proofs.all(now).map((row) => String(row.destination)),
        groups: groups.map(({ rule, group }) => ({ rule, group })),
        next: typeof at === "number" ? at : null,
      };
    },
    hastenDuties: (destination: string) => Number(hasten.run(destination).changes),
    dueDeletions: (now: number, limit: number) =>
      deletions.all(now, limit).map((row) => Number(row.id)),
    restartGraces: (now: number) => void restart.run(now),
    deleteDelivered: createDeletion(db),
  };
}

/** Timers that have run out: what waited for them is released, held or discarded. */
function createExpiry(db: DatabaseSync) {
  const expired = db.prepare(`SELECT * FROM duty_timer WHERE due_at IS NOT NULL
    AND (due_at <= $now OR due_at > $now + max(quiet_ms, max_wait_ms)) LIMIT ${BATCH}`);
  const stop = db.prepare(
    `UPDATE duty_timer SET due_at = NULL, resend = 0 WHERE rule = ? AND grp = ?`,
  );
  const release = Object.fromEntries(
    Object.entries(ON_TIMEOUT).map(([name, change]) => [
      name,
      db.prepare(`UPDATE duty SET ${change}
      WHERE rule = $rule AND grp = $grp AND grp <> '' AND state = 'waiting' AND destination <> '${DELETION}'
      AND $now = $now RETURNING destination`),
    ]),
  ) as Record<keyof typeof ON_TIMEOUT, ReturnType<DatabaseSync["prepare"]>>; // the keys are those of the table
  const again = db.prepare(`UPDATE duty SET state = 'ready', due_at = NULL, ended_at = NULL
    WHERE rule = ? AND grp = ? AND grp <> '' AND state IN ('sent', 'unproven', 'confirmed')
    AND destination <> '${DELETION}'`);

  return (now: number) =>
    (expired.all({ now }) as unknown as Expired[]).map((timer) => {
      const { rule, grp } = timer;
      const action = timer.seen === timer.required ? "send" : timer.on_timeout;
      if (timer.resend === 1) again.run(rule, grp);
      const released = release[action].all({ rule, grp, now });
      stop.run(rule, grp);
      const destinations = new Set(released.map((row) => String(row.destination)));
      return { rule, group: grp, destinations };
    });
}

/** Deletes an instance whose duties are all done, in the transaction that looks whether they are. */
function createDeletion(db: DatabaseSync) {
  const find = db.prepare(`SELECT resource.id FROM duty JOIN resource
    ON resource.level = 3 AND resource.public_id = duty.instance
    WHERE duty.id = ?1 AND duty.state = 'waiting' AND duty.due_at <= ?2 AND NOT EXISTS (
      SELECT 1 FROM duty other WHERE other.instance = duty.instance AND other.id <> duty.id
      AND other.state NOT IN ('confirmed', 'superseded', 'cancelled')
      AND NOT (duty.confirm = 'ack' AND other.state IN ('sent', 'unproven')))`);
  const done = db.prepare(`UPDATE duty SET state = 'confirmed', due_at = NULL, ended_at = ?2
    WHERE id = ?1`);
  const disarm = db.prepare(`UPDATE duty SET due_at = NULL WHERE id = ? AND state = 'waiting'`);
  const { removeTree } = createRemoval(db);
  return (id: number, now: number): Removal | undefined => {
    const found = find.get(id, now);
    if (!found) {
      disarm.run(id);
      return undefined;
    }
    done.run(id, now);
    return removeTree(Number(found.id));
  };
}
