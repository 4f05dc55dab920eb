import type { DatabaseSync } from "node:sqlite";
import { DELETION, type DutyAction, type DutyState, PRIORITIES } from "../../core/ports/duties.ts";
import { conditionOf, type DutyChoice } from "./duty_queries.ts";

/** What each action does, and to duties in which states. */
const ACTIONS = {
  retry: {
    from: ["waiting", "retry", "sent", "unproven", "confirmed", "dead", "cancelled"],
    change: `state = 'ready', due_at = NULL, tries = 0, refusals = 0, proof_tries = 0,
      proof_token = '', reason = '', ended_at = NULL`,
  },
  cancel: {
    from: ["waiting", "ready", "retry", "sent", "unproven", "dead"],
    change: `state = 'cancelled', due_at = NULL, reason = 'cancelled by hand', ended_at = $now`,
  },
  priority: { from: ["waiting", "ready", "retry"], change: `priority = $priority` },
} as const satisfies Record<
  DutyAction["kind"],
  { readonly from: readonly DutyState[]; readonly change: string }
>;

/** What people do with duties. A duty whose instance is gone cannot be carried out any more. */
export function createDutyActions(db: DatabaseSync) {
  return {
    actOnDuties(choice: DutyChoice, action: DutyAction, now: number): string[] {
      const { from, change } = ACTIONS[action.kind];
      const { where, values } = conditionOf(choice);
      const states = from.map((state) => `'${state}'`).join(", ");
      const act = db.prepare(`UPDATE duty SET ${change} WHERE ${where} AND state IN (${states})
        AND destination <> '${DELETION}' AND $now = $now AND ($priority IS NULL OR true)
        ${action.kind === "retry" ? STILL_THERE : ""} RETURNING destination`);
      const priority = action.kind === "priority" ? PRIORITIES.indexOf(action.priority) : null;
      const rows = act.all({ ...values, now, priority });
      return [...new Set(rows.map(({ destination }) => String(destination)))];
    },
  };
}

const STILL_THERE =
  `AND EXISTS (SELECT 1 FROM resource WHERE level = 3 AND public_id = duty.instance)`;
