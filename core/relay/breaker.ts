/** Faults in a row after which a destination is left alone. */
const FAULTS = 5;
/** Time from one probe to the next. */
export const PROBE_MS = 30_000;

/** Whether a destination is used, left alone but for probes, or tried with care. */
export type BreakerState = "closed" | "open" | "ramping";

/** Keeps senders from a destination that does not work. */
export interface Breaker {
  readonly state: BreakerState;
  /** How many may send at the same time. */
  readonly concurrency: number;
  /** When the next probe is due, in milliseconds since 1970; undefined unless open. */
  readonly probeAt: number | undefined;
  /** Since when it is not closed, in milliseconds since 1970. */
  readonly openSince: number | undefined;
  /** Why it was opened. */
  readonly reason: string;
  /** A delivery that the destination answered as it should, well or not. */
  success(): void;
  /**
   * A delivery that failed for now. Where the destination answered, five different instances must have failed in a
   * row: one that is never wanted holds up no other.
   */
  fault(
    now: number,
    what: { readonly duty: number; readonly answered: boolean; readonly reason: string },
  ): void;
  /** Says that a probe begins. */
  probing(now: number): void;
  /** The probe succeeded: one delivery may be tried. */
  probed(): void;
  /** What a probe is: a delivery where the destination does answer, so that nothing else can tell. */
  readonly probesByDelivery: boolean;
}

/** Makes the breaker of a destination. @param maximum most deliveries at the same time */
export function createBreaker(maximum: () => number): Breaker {
  let state: BreakerState = "closed";
  let ramp = 1;
  let unanswered = 0;
  let refused = new Set<number>();
  let probeAt: number | undefined;
  let openSince: number | undefined;
  let reason = "";
  let probesByDelivery = false;

  function open(now: number, answered: boolean): void {
    state = "open";
    openSince ??= now;
    probeAt = now + PROBE_MS;
    probesByDelivery = answered;
  }

  return {
    get state() {
      return state;
    },
    get concurrency() {
      return state === "closed" ? maximum() : state === "open" ? 0 : Math.min(ramp, maximum());
    },
    get probeAt() {
      return state === "open" ? probeAt : undefined;
    },
    get openSince() {
      return openSince;
    },
    get reason() {
      return reason;
    },
    get probesByDelivery() {
      return probesByDelivery;
    },
    success() {
      unanswered = 0;
      refused = new Set();
      if (state === "open") return; // one that began before
      if (state === "ramping") ramp *= 2;
      if (ramp < maximum() && state === "ramping") return;
      state = "closed";
      openSince = undefined;
      reason = "";
    },
    fault(now, { duty, answered, reason: why }) {
      if (answered) refused.add(duty);
      else unanswered++;
      if (state === "open") return;
      reason = why;
      if (state === "ramping" || unanswered >= FAULTS || refused.size >= FAULTS) {
        open(now, answered);
      }
    },
    probing(now) {
      probeAt = now + PROBE_MS;
    },
    probed() {
      state = "ramping";
      ramp = 1;
      unanswered = 0;
      refused = new Set();
    },
  };
}
