import type { DatabaseSync } from "node:sqlite";
import {
  type ClaimedDuty,
  type ClaimRequest,
  DELETION,
  type Duties,
  type DutyChange,
  type DutyPlan,
  PRIORITIES,
  type Priority,
} from "../../core/ports/duties.ts";
import { METADATA } from "../../core/archive/resource.ts";
import { TAG, tagHex } from "../../core/dicom/tag.ts";
import { createDutyActions } from "./duty_actions.ts";
import { createDutyHistory } from "./duty_history.ts";
import { createDutyIntake, type DutySubject } from "./duty_intake.ts";
import { createDutyQueries, dutyOf } from "./duty_queries.ts";
import { createDutyTimers } from "./duty_timers.ts";
import type { Synchronous } from "./methods.ts";

/** The queue of the relay in SQLite; each call is part of the caller's transaction. */
export function createDuties(db: DatabaseSync) {
  return {
    ...createDutyQueue(db),
    ...createDutyQueries(db),
    ...createDutyTimers(db),
    ...createDutyActions(db),
    ...createDutyHistory(db),
  } satisfies Synchronous<Duties>;
}

const COLUMNS = `duty.*, file.uuid, i.tags ->> '$.${
  tagHex(TAG.sopInstanceUid)
}' AS sop_instance_uid,
  i.metadata ->> '$."${METADATA.SopClassUid}"' AS sop_class_uid,
  i.metadata ->> '$."${METADATA.TransferSyntax}"' AS transfer_syntax_uid,
  st.tags ->> '$.${tagHex(TAG.studyInstanceUid)}' AS study_instance_uid,
  s.tags ->> '$.${tagHex(TAG.seriesInstanceUid)}' AS series_instance_uid, p.public_id AS patient,
  NOT EXISTS (SELECT 1 FROM duty other WHERE other.instance = duty.instance
    AND other.destination = duty.destination AND other.id <> duty.id) AS is_only
  FROM duty JOIN resource i ON i.level = 3 AND i.public_id = duty.instance
  JOIN file ON file.resource = i.id JOIN resource s ON s.id = i.parent
  JOIN resource st ON st.id = s.parent JOIN resource p ON p.id = st.parent`;

/** Taking duties and noting what came of them. */
function createDutyQueue(db: DatabaseSync) {
  const reclaim = db.prepare(
    `UPDATE duty SET state = 'ready', maybe_sent = 1 WHERE state = 'sending'`,
  );
  // In a series where order is strict, nothing goes while something older is not sent.
  const ready = db.prepare(`SELECT id FROM duty WHERE state = 'ready' AND destination = $destination
    AND priority = $priority AND rule NOT IN (SELECT value FROM json_each($except))
    AND (strict = 0 OR NOT EXISTS (SELECT 1 FROM duty older WHERE older.series = duty.series
      AND older.destination = duty.destination AND older.id < duty.id AND older.strict = 1
      AND older.state IN ('ready', 'sending', 'retry')))
    ORDER BY id LIMIT $limit`);
  const take = db.prepare(`UPDATE duty SET state = 'sending' WHERE id = ?`);
  const claimed = db.prepare(`SELECT ${COLUMNS} WHERE duty.id = ?`);
  const proofs = db.prepare(`SELECT id FROM duty WHERE state = 'sent' AND destination = $destination
    AND due_at <= $now AND study = (SELECT study FROM duty WHERE state = 'sent'
      AND destination = $destination AND due_at <= $now ORDER BY due_at LIMIT 1) LIMIT $limit`);
  const postpone = db.prepare(`UPDATE duty SET due_at = ? WHERE id = ?`);
  const settle = db.prepare(`UPDATE duty SET state = $state, due_at = $dueAt,
    tries = coalesce($tries, tries), refusals = coalesce($refusals, refusals),
    proof_tries = coalesce($proofTries, proof_tries), proof_token = coalesce($proofToken, proof_token),
    reason = coalesce($reason, reason), sent_at = coalesce($sentAt, sent_at),
    sent_sha256 = coalesce($sentSha256, sent_sha256), ended_at = $endedAt,
    maybe_sent = iif($state IN ('ready', 'retry'), maybe_sent, 0)
    WHERE id = $id AND state IN ('sending', 'sent')`);
  const note = db.prepare(
    `INSERT INTO duty_try VALUES ($id, $at, $ms, $bytes, $outcome, $status, $comment)`,
  );
  const forgetTries = db.prepare(`DELETE FROM duty_try WHERE duty = ?1 AND rowid <= (
    SELECT rowid FROM duty_try WHERE duty = ?1 ORDER BY rowid DESC LIMIT 1 OFFSET ${KEPT_TRIES})`);
  const subjectOf = db.prepare(`SELECT instance, destination FROM duty WHERE id = ?`);
  const endAlternate = db.prepare(`UPDATE duty SET state = 'superseded', ended_at = $now,
    due_at = NULL WHERE instance = $instance AND state = 'waiting' AND +grp = 'alternate to ' || $destination`);
  const armDeletion = createDeletionArming(db);
  const intake = createDutyIntake(db);
  const subject = db.prepare(`SELECT i.public_id AS instance, s.public_id AS series,
    st.public_id AS study, sha256, size FROM resource i JOIN file ON file.resource = i.id
    JOIN resource s ON s.id = i.parent JOIN resource st ON st.id = s.parent
    WHERE i.level = 3 AND i.public_id = ?`);

  function idsFor({ destination, lowest, exceptRules, turns }: ClaimRequest): number[] {
    const except = JSON.stringify(exceptRules);
    const allowed = PRIORITIES.slice(0, PRIORITIES.indexOf(lowest) + 1);
    const queues = new Map(allowed.map((priority) => {
      const number = PRIORITIES.indexOf(priority);
      const rows = ready.all({ destination, priority: number, except, limit: turns.length });
      return [priority, rows.map((row) => Number(row.id))];
    }));
    return byTurns(queues, turns);
  }

  function settleOne({ attempt, ...change }: DutyChange): void {
    settle.run({ ...NO_CHANGE, ...change });
    if (attempt) {
      note.run({ id: change.id, ...attempt });
      if ((change.tries ?? 0) > KEPT_TRIES) forgetTries.run(change.id);
    }
    if (change.state !== "confirmed" && change.state !== "sent") return;
    const about = subjectOf.get(change.id)!;
    const now = change.endedAt ?? attempt?.at ?? 0;
    endAlternate.run({ ...about, now });
    armDeletion(String(about.instance), now);
  }

  return {
    reclaimDuties: () => Number(reclaim.run().changes),

    addDuties(instance: string, plan: DutyPlan, now: number): number {
      const row = subject.get(instance) as unknown as DutySubject | undefined; // the columns named
      return row ? intake.add({ ...row }, plan, { now, isReplacement: false }) : 0;
    },

    claimDuties(request: ClaimRequest): ClaimedDuty[] {
      return idsFor(request).map((id) => {
        take.run(id);
        return claimedDutyOf(claimed.get(id)!); // the removal of an instance cancels its duties
      });
    },

    settleDuties(changes: readonly DutyChange[]): void {
      changes.forEach(settleOne);
    },

    claimProofs(request: Parameters<Duties["claimProofs"]>[0]): ClaimedDuty[] {
      const { retryAt, ...which } = request;
      return proofs.all(which).map((row) => {
        const id = Number(row.id);
        const duty = claimedDutyOf(claimed.get(id)!);
        postpone.run(retryAt, id);
        return duty;
      });
    },
  };
}

/** Attempts kept of each duty. */
const KEPT_TRIES = 50;

const NO_CHANGE = {
  dueAt: null,
  tries: null,
  refusals: null,
  proofTries: null,
  proofToken: null,
  reason: null,
  sentAt: null,
  sentSha256: null,
  endedAt: null,
};

/** One duty for each turn: of the priority whose turn it is, else of the highest that has one. */
function byTurns(queues: ReadonlyMap<Priority, number[]>, turns: readonly Priority[]): number[] {
  const taken: number[] = [];
  for (const turn of turns) {
    const id = queues.get(turn)?.shift() ??
      [...queues.values()].find((queue) => queue.length > 0)?.shift();
    if (id === undefined) break;
    taken.push(id);
  }
  return taken;
}

/** Makes the function that starts the grace of an instance's deletion once all its duties are done. */
export function createDeletionArming(db: DatabaseSync) {
  const arm = db.prepare(`UPDATE duty SET due_at = grace + ?2
    WHERE instance = ?1 AND destination = '${DELETION}' AND state = 'waiting' AND due_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM duty other WHERE other.instance = ?1
      AND other.destination <> '${DELETION}' AND other.state NOT IN ('confirmed', 'superseded')
      AND NOT (duty.confirm = 'ack' AND other.state IN ('sent', 'unproven')))`);
  return (instance: string, now: number): void => void arm.run(instance, now);
}

function claimedDutyOf(row: Record<string, unknown>): ClaimedDuty {
  return {
    ...dutyOf(row),
    isOnly: row.is_only === 1,
    uuid: String(row.uuid),
    patient: String(row.patient),
    sopClassUid: String(row.sop_class_uid ?? ""),
    sopInstanceUid: String(row.sop_instance_uid ?? ""),
    transferSyntaxUid: String(row.transfer_syntax_uid ?? ""),
    studyInstanceUid: String(row.study_instance_uid ?? ""),
    seriesInstanceUid: String(row.series_instance_uid ?? ""),
  };
}
