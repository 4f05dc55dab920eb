import type { Delivery, Proof } from "../ports/destinations.ts";
import type { ClaimedDuty, DutyChange } from "../ports/duties.ts";
import { backoffMs, proofWaitMs } from "./backoff.ts";

/** Permanent failures after which a duty is dead. */
const MOST_REFUSALS = 3;
/** Absences after which what was accepted is sent again: what has just arrived may not be found at once. */
const MOST_ABSENCES = 2;

/** `Retry-After` is honoured up to here; what waits longer is taken for the work of a clock that was set back. */
const LONGEST_RETRY_AFTER_MS = 3600_000;

/** What a change depends on beside the outcome. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** 0 to 1. */
  readonly random: number;
  /** SHA-256 of what was sent. */
  readonly sentSha256: string;
}

type Outcome<Kind extends Delivery["kind"]> = Extract<Delivery, { kind: Kind }>;

/** What becomes of a duty, for each kind of outcome. */
const DELIVERED: {
  readonly [Kind in Delivery["kind"]]: (
    duty: ClaimedDuty,
    outcome: Outcome<Kind>,
    moment: Moment,
  ) => Omit<DutyChange, "id">;
} = {
  accepted: ({ confirm, tries }, { warning = "" }, { now, sentSha256 }) => ({
    ...(confirm === "ack"
      ? { state: "confirmed", endedAt: now }
      : { state: "sent", dueAt: now + proofWaitMs(0), proofTries: 0, proofToken: "" }),
    tries: tries + 1,
    reason: warning,
    sentAt: now,
    sentSha256,
  }),
  transient: ({ tries }, { reason, retryAfterMs = 0 }, { now, random }) => ({
    state: "retry",
    dueAt: now + Math.max(backoffMs(tries, random), Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS)),
    tries: tries + 1,
    reason,
  }),
  permanent: ({ tries, refusals }, { reason }, { now, random }) => ({
    ...(refusals + 1 >= MOST_REFUSALS
      ? { state: "dead", endedAt: now }
      : { state: "retry", dueAt: now + backoffMs(refusals, random) }),
    tries: tries + 1,
    refusals: refusals + 1,
    reason,
  }),
  unauthorized: (_, { reason }) => ({ state: "ready", reason }),
};

/** What becomes of a duty after a delivery. */
export function afterDelivery(duty: ClaimedDuty, outcome: Delivery, moment: Moment): DutyChange {
  const change = DELIVERED[outcome.kind] as (
    duty: ClaimedDuty,
    outcome: Delivery,
    moment: Moment,
  ) => Omit<DutyChange, "id">; // the entry of that kind
  return { id: duty.id, ...change(duty, outcome, moment) };
}

/** What becomes of a duty whose own file cannot be read: another try would not help. */
export function afterDamage({ id, tries }: ClaimedDuty, reason: string, now: number): DutyChange {
  return { id, state: "dead", tries: tries + 1, reason, endedAt: now };
}

/** What becomes of a duty after proof was asked for. */
export function afterProof(duty: ClaimedDuty, proof: Proof, { now, random }: Moment): DutyChange {
  const { id, proofTries, refusals } = duty;
  const again: DutyChange = {
    id,
    state: "sent",
    dueAt: now + proofWaitMs(proofTries + 1),
    proofTries: proofTries + 1,
  };
  switch (proof.kind) {
    case "proven":
      return { id, state: "confirmed", endedAt: now };
    case "unsupported":
      return { id, state: "unproven", reason: proof.reason };
    case "pending":
      return { ...again, reason: proof.reason, proofToken: proof.token ?? "" };
    case "missing":
      if (proofTries + 1 < MOST_ABSENCES) return { ...again, reason: proof.reason, proofToken: "" };
      return {
        id,
        ...(refusals + 1 >= MOST_REFUSALS
          ? { state: "dead", endedAt: now }
          : { state: "retry", dueAt: now + backoffMs(refusals, random) }),
        refusals: refusals + 1,
        proofTries: 0,
        proofToken: "",
        reason: proof.reason,
      };
  }
}
