import type { DatabaseSync } from "node:sqlite";
import {
  type Duty,
  DUTY_STATES,
  type DutyCount,
  type DutyFilter,
  type DutyState,
  type DutyTry,
  PRIORITIES,
} from "../../core/ports/duties.ts";
import type { ProofLevel } from "../../core/ports/destinations.ts";

/** The columns that filters compare; a column is in the statement only where it is asked for, so that indexes serve. */
const FILTERS = {
  id: "id = $id",
  state: "state = ",
  destination: "destination = $destination",
  study: "study = $study",
  rule: "rule = $rule",
  before: "id < $before",
} as const;

/** Which duties: all that it names must hold. */
export type DutyChoice = { readonly id: number } | Omit<DutyFilter, "limit">;

/** The condition of a choice, with its parameters. */
export function conditionOf(choice: DutyChoice) {
  const given = Object.entries(choice).filter(([name]) => name in FILTERS);
  const terms = given.map(([name, value]) => {
    if (name !== "state") return FILTERS[name as keyof typeof FILTERS];
    const state = DUTY_STATES.find((each) => each === value); // as a literal, for the partial indexes
    return `${FILTERS.state}'${state}'`;
  });
  const values = Object.fromEntries(given.filter(([name]) => name !== "state"));
  return { where: terms.length === 0 ? "true" : terms.join(" AND "), values };
}

/** Looking at the queue. */
export function createDutyQueries(db: DatabaseSync) {
  const one = db.prepare(`SELECT * FROM duty WHERE id = ?`);
  const tries = db.prepare(`SELECT * FROM duty_try WHERE duty = ? ORDER BY rowid`);
  const counts = db.prepare(
    `SELECT destination, state, count, bytes FROM duty_total WHERE count > 0`,
  );
  const delivery = db.prepare(`SELECT destination, state, count(*) AS count, sum(size) AS bytes
    FROM duty WHERE study = ? GROUP BY destination, state`);
  const oldest = db.prepare(`SELECT created_at AS at FROM duty
    WHERE state = 'ready' AND destination = ?1 AND priority = ?2 ORDER BY id LIMIT 1`);
  const keep = db.prepare(`INSERT OR IGNORE INTO duty_chain VALUES (?, ?)`);
  const chain = db.prepare(`SELECT actions FROM duty_chain WHERE hash = ?`);

  return {
    duties({ limit, ...filter }: DutyFilter): Duty[] {
      const { where, values } = conditionOf(filter);
      const list = db.prepare(`SELECT * FROM duty WHERE ${where} ORDER BY id DESC LIMIT $limit`);
      return list.all({ ...values, limit }).map(dutyOf);
    },
    duty(id: number) {
      const row = one.get(id);
      return row && { ...dutyOf(row), attempts: tries.all(id).map(tryOf) };
    },
    dutyCounts: () => counts.all().map(countOf),
    deliveryOf: (study: string) => delivery.all(study).map(countOf),
    oldestReady() {
      const destinations = new Set(counts.all().map(({ destination }) => String(destination)));
      return [...destinations].flatMap((destination) => {
        const times = PRIORITIES.map((_, priority) => oldest.get(destination, priority)?.at);
        const at = Math.min(...times.map((time) => typeof time === "number" ? time : Infinity));
        return at === Infinity ? [] : [{ destination, at }];
      });
    },
    keepChain: (hash: string, actions: string) => void keep.run(hash, actions),
    chain(hash: string): string | undefined {
      const row = chain.get(hash);
      return row && String(row.actions);
    },
  };
}

function countOf(row: Record<string, unknown>): DutyCount {
  return {
    destination: String(row.destination),
    state: row.state as DutyState,
    count: Number(row.count),
    bytes: Number(row.bytes),
  };
}

function tryOf(row: Record<string, unknown>): DutyTry {
  return {
    at: Number(row.at),
    ms: Number(row.ms),
    bytes: Number(row.bytes),
    outcome: String(row.outcome),
    status: String(row.status),
    comment: String(row.comment),
  };
}

/** The duty in a row of its table. */
export function dutyOf(row: Record<string, unknown>): Duty {
  return {
    id: Number(row.id),
    instance: String(row.instance),
    series: String(row.series),
    study: String(row.study),
    sha256: String(row.sha256),
    size: Number(row.size),
    destination: String(row.destination),
    chain: String(row.chain),
    rule: String(row.rule),
    ruleVersion: Number(row.rule_version),
    confirm: row.confirm as ProofLevel,
    priority: PRIORITIES[Number(row.priority)]!,
    state: row.state as DutyState,
    dueAt: numberOrNull(row.due_at),
    group: String(row.grp),
    callingAet: String(row.calling_aet),
    strictSeries: row.strict === 1,
    hops: JSON.parse(String(row.hops)),
    tries: Number(row.tries),
    refusals: Number(row.refusals),
    proofTries: Number(row.proof_tries),
    proofToken: String(row.proof_token),
    maybeSent: row.maybe_sent === 1,
    reason: String(row.reason),
    sentSha256: String(row.sent_sha256),
    createdAt: Number(row.created_at),
    sentAt: numberOrNull(row.sent_at),
    endedAt: numberOrNull(row.ended_at),
  };
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
