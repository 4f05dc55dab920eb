import type { DatabaseSync } from "node:sqlite";
import {
  DELETION,
  type DutyPlan,
  type NewDuty,
  type NewTimer,
  PRIORITIES,
} from "../../core/ports/duties.ts";

/** What a duty is about. */
export interface DutySubject {
  /** Public identifiers. */
  readonly instance: string;
  readonly series: string;
  readonly study: string;
  readonly sha256: string;
  readonly size: number;
}

/** Adds duties and timers; the same bytes owe a destination the same thing once only. */
export function createDutyIntake(db: DatabaseSync) {
  // What was taken back is owed again when it comes again; what was delivered is not. Where the same bytes replace
  // themselves, what goes on with the duty goes on.
  const insert = db.prepare(`INSERT INTO duty (instance, series, study, sha256, size, destination,
      chain, rule, rule_version, confirm, priority, state, due_at, grace, grp, calling_aet, strict, hops,
      maybe_sent, created_at)
    VALUES ($instance, $series, $study, $sha256, $size, $destination, $chain, $rule, $ruleVersion,
      $confirm, $priority, $state, $dueAt, $grace, $group, $callingAet, $strict, $hops, $maybeSent, $now)
    ON CONFLICT (instance, destination, chain, sha256) DO UPDATE SET
      state = iif($isReplacement AND was IN ('sending', 'retry', 'sent', 'unproven'), was, excluded.state),
      due_at = iif($isReplacement AND was IN ('retry', 'sent'), $now, excluded.due_at), grp = excluded.grp, rule = excluded.rule,
      rule_version = excluded.rule_version, tries = 0, refusals = 0, reason = '', ended_at = NULL
      WHERE duty.state IN ('cancelled', 'superseded') OR excluded.destination = '${DELETION}'`);
  const supersede = db.prepare(`UPDATE duty SET state = 'superseded', ended_at = ?
    WHERE instance = ? AND sha256 <> ? AND state = 'cancelled' AND ended_at IS NULL`);
  const { watch } = createTimerIntake(db);

  return {
    /**
     * @param isReplacement whether the instance has just taken the place of another version of itself
     * @returns how many duties are new
     */
    add(
      subject: DutySubject,
      plan: DutyPlan,
      { now, isReplacement }: { readonly now: number; readonly isReplacement: boolean },
    ): number {
      let added = 0;
      for (const duty of plan.duties) {
        added += Number(
          insert.run({
            ...subject,
            ...columnsOf(duty),
            now,
            isReplacement: isReplacement ? 1 : 0,
          }).changes,
        );
      }
      for (const timer of plan.timers) watch(timer, now);
      return added;
    },
    /** Says of the duties that the removal of an older version cancelled why that was. */
    supersede: ({ instance, sha256 }: DutySubject, now: number) =>
      void supersede.run(now, instance, sha256),
  };
}

function columnsOf(duty: NewDuty) {
  const { strictSeries, hops, priority, dueAt, maybeSent, ...rest } = duty;
  const isDeletion = duty.destination === DELETION; // its time begins with the proof
  return {
    ...rest,
    dueAt: isDeletion ? null : dueAt,
    grace: isDeletion ? dueAt : null,
    priority: PRIORITIES.indexOf(priority),
    strict: strictSeries ? 1 : 0,
    hops: JSON.stringify(hops),
    maybeSent: maybeSent ? 1 : 0,
  };
}

/** Timers are set by instances: a new one waits for silence, one that has run out for late instances. */
function createTimerIntake(db: DatabaseSync) {
  const set = db.prepare(`INSERT INTO duty_timer
    VALUES ($rule, $group, $now, $due, $quietMs, $maxWaitMs, $seen, $required, $onTimeout, 0)
    ON CONFLICT (rule, grp) DO UPDATE SET
      first_at = iif(due_at IS NULL, $now, first_at),
      resend = iif(due_at IS NULL, $late = 'send-all', resend),
      seen = seen | $seen,
      due_at = min(iif((seen | $seen) = required, $now + quiet_ms, 9e15),
        iif(due_at IS NULL, $now, first_at) + max_wait_ms)
    WHERE due_at IS NOT NULL OR $late <> 'hold'`);
  return {
    watch({ onLate, ...timer }: NewTimer, now: number): void {
      const wait = timer.seen === timer.required ? timer.quietMs : timer.maxWaitMs;
      set.run({ ...timer, late: onLate, now, due: now + Math.min(wait, timer.maxWaitMs) });
    },
  };
}
