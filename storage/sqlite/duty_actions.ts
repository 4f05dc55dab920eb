import type { DatabaseSync } from "node:sqlite";
import {
  DELETION,
  type DutyAction,
  type DutyFilter,
  type DutyState,
  PRIORITIES,
} from "../../core/ports/duties.ts";
import { FILTER, filterValues } from "./duty_queries.ts";

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
  const statements = Object.fromEntries(
    Object.entries(ACTIONS).map(([kind, { from, change }]) => {
      const states = from.map((state) => `'${state}'`).join(", ");
      const exists = kind === "retry"
        ? `AND EXISTS (SELECT 1 FROM resource WHERE level = 3 AND public_id = duty.instance)`
        : "";
      return [
        kind,
        db.prepare(`UPDATE duty SET ${change}
        WHERE ($id IS NULL OR id = $id) AND ${FILTER} AND state IN (${states}) ${exists}
        AND destination <> '${DELETION}' AND $now = $now AND ($priority IS NULL OR true)
        RETURNING destination`),
      ];
    }),
  );

  return {
    actOnDuties(
      which: { readonly id: number } | Omit<DutyFilter, "limit">,
      action: DutyAction,
      now: number,
    ): string[] {
      const id = "id" in which ? which.id : null;
      const rows = statements[action.kind]!.all({
        id,
        ...filterValues("id" in which ? {} : which),
        now,
        priority: action.kind === "priority" ? PRIORITIES.indexOf(action.priority) : null,
      });
      return [...new Set(rows.map((row) => String(row.destination)))];
    },
  };
}
