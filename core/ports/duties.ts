import type { Removal } from "../ports.ts";
import type { ProofLevel } from "./destinations.ts";

/** Where a duty is, in the order in which it gets there. */
export const DUTY_STATES = [
  "waiting",
  "ready",
  "sending",
  "retry",
  "sent",
  "unproven",
  "confirmed",
  "dead",
  "cancelled",
  "superseded",
] as const;

/** Where a duty is. */
export type DutyState = (typeof DUTY_STATES)[number];

/** What goes first; the position is the number in the index. */
export const PRIORITIES = ["stat", "normal", "bulk"] as const;

/** What goes first. */
export type Priority = (typeof PRIORITIES)[number];

/** Destination of the duty to delete an instance that was delivered everywhere. */
export const DELETION = "";

/** A duty that a rule has decided. */
export interface NewDuty {
  readonly rule: string;
  readonly ruleVersion: number;
  /** Name of the destination, or `DELETION`. */
  readonly destination: string;
  /** Hash of the actions before the sending; empty for none. */
  readonly chain: string;
  readonly confirm: ProofLevel;
  readonly priority: Priority;
  /** A waiting duty becomes ready at `dueAt`, or with the timer of its group, or by hand. */
  readonly state: "ready" | "waiting";
  /** Milliseconds since 1970; of a deletion, the grace in milliseconds from its proof on. */
  readonly dueAt: number | null;
  /** Public identifier of the series or study whose silence is awaited; empty for none. */
  readonly group: string;
  /** Calling AE title to send with; empty for our own. */
  readonly callingAet: string;
  /** No image of a series before those that came before it. */
  readonly strictSeries: boolean;
  /** Who had the instance before, oldest first. */
  readonly hops: readonly string[];
  /** Whether it may have been carried out before: then the destination is asked first. */
  readonly maybeSent?: boolean;
}

/** A watch over silence, or over a study that is to be complete. */
export interface NewTimer {
  readonly rule: string;
  /** Public identifier of the series or study. */
  readonly group: string;
  readonly quietMs: number;
  readonly maxWaitMs: number;
  /** Bit by bit, the required parts that this instance belongs to. */
  readonly seen: number;
  /** All required parts. */
  readonly required: number;
  readonly onTimeout: "send" | "hold" | "discard";
  /** What to do with instances that come after the timer has run out. */
  readonly onLate: "send-new" | "send-all" | "hold";
}

/** What the rules say about an instance. */
export interface DutyPlan {
  readonly duties: readonly NewDuty[];
  readonly timers: readonly NewTimer[];
}

/** A duty as the index has it. */
export interface Duty extends Omit<NewDuty, "state" | "maybeSent"> {
  readonly id: number;
  readonly state: DutyState;
  /** Public identifiers. */
  readonly instance: string;
  readonly series: string;
  readonly study: string;
  /** Of the stored file. */
  readonly sha256: string;
  readonly size: number;
  readonly tries: number;
  /** Tries that the receiver answered with a permanent failure. */
  readonly refusals: number;
  readonly proofTries: number;
  readonly proofToken: string;
  /** Whether it may have arrived already, such as when the process ended while it was being sent. */
  readonly maybeSent: boolean;
  /** Why it is where it is, in plain words; or a warning of the receiver. */
  readonly reason: string;
  /** SHA-256 of what was sent; empty before. */
  readonly sentSha256: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly sentAt: number | null;
  readonly endedAt: number | null;
}

/** A duty with what a sender must know of its instance. */
export interface ClaimedDuty extends Duty {
  /** Whether nothing else of the instance, such as an older version, is known to be owed to the destination. */
  readonly isOnly: boolean;
  /** Of the stored file. */
  readonly uuid: string;
  readonly patient: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
}

/** One attempt, for the history. */
export interface DutyTry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly ms: number;
  readonly bytes: number;
  readonly outcome: string;
  /** DIMSE status as `0xa700`, HTTP status, or empty. */
  readonly status: string;
  readonly comment: string;
}

/** What becomes of a duty after an attempt. */
export interface DutyChange {
  readonly id: number;
  readonly state: DutyState;
  readonly dueAt?: number | null;
  readonly tries?: number;
  readonly refusals?: number;
  readonly proofTries?: number;
  readonly proofToken?: string;
  readonly reason?: string;
  readonly sentAt?: number;
  readonly endedAt?: number | null;
  readonly sentSha256?: string;
  readonly attempt?: DutyTry;
}

/** Which ready duties to take. */
export interface ClaimRequest {
  readonly destination: string;
  /** One entry for each duty wanted: the priority whose turn it is. */
  readonly turns: readonly Priority[];
  /** The last priority that may go at all. */
  readonly lowest: Priority;
  /** Rules that are paused. */
  readonly exceptRules: readonly string[];
}

/** What became due. */
export interface Promotion {
  /** Destinations that have something new to send; `DELETION` if something is to be deleted. */
  readonly destinations: readonly string[];
  /** Destinations with duties whose proof is due. */
  readonly proofs: readonly string[];
  /** Groups that have become stable, with the rule that waited. */
  readonly groups: readonly { readonly rule: string; readonly group: string }[];
  /** When something becomes due next, in milliseconds since 1970. */
  readonly next: number | null;
}

/** Which duties to list, newest first. */
export interface DutyFilter {
  readonly state?: DutyState;
  readonly destination?: string;
  readonly study?: string;
  readonly rule?: string;
  /** Only older ones: with smaller numbers. */
  readonly before?: number;
  readonly limit: number;
}

/** How many duties are where. */
export interface DutyCount {
  readonly destination: string;
  readonly state: DutyState;
  readonly count: number;
  readonly bytes: number;
}

/** What operators may do with duties. */
export type DutyAction =
  | { readonly kind: "retry" }
  | { readonly kind: "cancel" }
  | { readonly kind: "priority"; readonly priority: Priority };

/** Which duties that are done are forgotten. */
export interface HistoryLimits {
  /** Those that ended before, in milliseconds since 1970. */
  readonly before: number;
  /** Those beyond so many. */
  readonly most: number;
  /** At most so many at a time. */
  readonly limit: number;
}

/** A place among the duties that are done, in the order in which they ended. */
export interface DeliveredCursor {
  readonly at: number;
  readonly id: number;
}

/** What was removed to make room. */
export interface Eviction {
  /** UUIDs of the files to be removed. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** Where to go on; undefined at the end. */
  readonly next: DeliveredCursor | undefined;
}

/** The durable queue of the relay. All that a method writes is durable when its promise resolves. */
export interface Duties {
  /** After an end of the process: what was being sent is ready again. @returns how many duties that are */
  reclaimDuties(): Promise<number>;
  /** Adds duties for an instance that is stored already. @returns how many are new */
  addDuties(instance: string, plan: DutyPlan, now: number): Promise<number>;
  /** Takes ready duties: they are `sending` then. */
  claimDuties(request: ClaimRequest): Promise<ClaimedDuty[]>;
  /** Notes what came of attempts. */
  settleDuties(changes: readonly DutyChange[]): Promise<void>;
  /** Makes ready what is due at `now`, and lets timers run out. */
  promoteDuties(now: number): Promise<Promotion>;
  /** Makes ready at once what waits for another try. @returns how many duties that are */
  hastenDuties(destination: string): Promise<number>;
  /** Sent duties whose proof is due, of one study at a time; the next time is set to `retryAt`. */
  claimProofs(
    request: {
      readonly destination: string;
      readonly now: number;
      readonly retryAt: number;
      readonly limit: number;
    },
  ): Promise<ClaimedDuty[]>;
  /** Instances whose deletion is due, to be deleted each by `deleteDelivered()`. */
  dueDeletions(now: number, limit: number): Promise<number[]>;
  /**
   * Deletes an instance unless a duty of it is open, as `Index.remove()` does.
   *
   * @returns undefined if it is not to be deleted
   */
  deleteDelivered(id: number, now: number): Promise<Removal | undefined>;
  /** Starts the grace of all deletions anew, since the clock has been set. */
  restartGraces(now: number): Promise<void>;
  /** Does something to duties. @returns the destinations whose duties it changed */
  actOnDuties(
    which: { readonly id: number } | Omit<DutyFilter, "limit">,
    action: DutyAction,
    now: number,
  ): Promise<string[]>;
  /** Forgets duties that are done, the oldest first; never a dead one. @returns how many those were */
  pruneDuties(limits: HistoryLimits): Promise<number>;
  /**
   * Removes the instances that were proven first everywhere, until `bytes` are freed: of no protected patient, with no
   * open, dead or cancelled duty, and with no grace that is not over. The files are the caller's to remove.
   */
  evictDelivered(from: DeliveredCursor, bytes: number): Promise<Eviction>;
  duties(filter: DutyFilter): Promise<Duty[]>;
  duty(id: number): Promise<(Duty & { readonly attempts: readonly DutyTry[] }) | undefined>;
  dutyCounts(): Promise<DutyCount[]>;
  /** Of a study. */
  deliveryOf(study: string): Promise<DutyCount[]>;
  /** When the oldest duty that is ready at each destination was made, in milliseconds since 1970. */
  oldestReady(): Promise<{ readonly destination: string; readonly at: number }[]>;
  /** Keeps the actions of a chain under their hash. */
  keepChain(hash: string, actions: string): Promise<void>;
  chain(hash: string): Promise<string | undefined>;
}
