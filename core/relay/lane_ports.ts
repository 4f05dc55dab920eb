import type { Clock, Log } from "../ports.ts";
import type { Delivery, Destinations } from "../ports/destinations.ts";
import type { ClaimedDuty, Duties, DutyChange } from "../ports/duties.ts";
import type { BreakerState } from "./breaker.ts";
import type { Bucket } from "./bucket.ts";
import type { Prepare } from "./prepare.ts";

/** What a lane tells others. */
export interface LaneEvents {
  /** A delivery ended, well or not. */
  delivered(duty: ClaimedDuty, change: DutyChange, facts: DeliveryFacts): void;
  /** Proof was asked for. */
  proven(duty: ClaimedDuty, change: DutyChange): void;
  /** What `status()` says has changed. */
  changed(name: string): void;
  /** The destination does not let us in: it is to be paused. */
  refusedUs(name: string, reason: string): void;
}

/** About one delivery. */
export interface DeliveryFacts {
  readonly kind: Delivery["kind"] | "damaged";
  readonly ms: number;
  readonly bytes: number;
  readonly status: string;
}

/** What lanes work with. */
export interface LanePorts {
  readonly duties: Pick<
    Duties,
    "claimDuties" | "settleDuties" | "hastenDuties" | "claimProofs"
  >;
  readonly destinations: Destinations;
  readonly prepare: Prepare;
  readonly clock: Clock;
  /** Limit of all destinations together. */
  readonly bucket: Bucket;
  readonly random: () => number;
  readonly log: Log;
  readonly events: LaneEvents;
  /** Why nothing may be sent to a destination; undefined if it may. */
  pausedBy(name: string): string | undefined;
  /** Rules whose duties wait. */
  pausedRules(): readonly string[];
}

/** How a destination is. */
export interface LaneStatus {
  readonly state: "up" | "paused" | "window" | "breaker" | "unknown";
  readonly reason: string;
  readonly breaker: BreakerState;
  readonly openSince: number | undefined;
  readonly probeAt: number | undefined;
  readonly sending: number;
  /** Instances and bytes a second, of the last minute. */
  readonly rate: { readonly instances: number; readonly bytes: number };
}

/** Sends to one destination. */
export interface Lane extends AsyncDisposable {
  /** Says that something may be ready, or that a pause has ended or begun. */
  wake(): void;
  /** Says that the proof of something is due. */
  wakeProofs(): void;
  /** Tries at once, whatever the breaker says. */
  probe(signal: AbortSignal): Promise<void>;
  status(): LaneStatus;
}
