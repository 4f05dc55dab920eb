import type { Level } from "../archive/resource.ts";
import type { OpenFile } from "../ports.ts";

/** Kinds of destinations, by the keys that name them in the configuration. */
export const TARGET_KINDS = ["Modality", "Peer", "DicomWebServer", "Folder"] as const;

/** Where a destination leads: one of `DicomModalities`, `OrthancPeers`, `DicomWeb.Servers`, or a path. */
export interface Target {
  readonly kind: (typeof TARGET_KINDS)[number];
  readonly name: string;
}

/** An instance on its way to a destination: what its chain of actions has made of what is stored. */
export interface DutyInstance {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  /** Orthanc's public identifiers of the object as it is sent. */
  readonly ids: Readonly<Record<Level, string>>;
  /** Of the Part 10 file that `open()` opens, in bytes. */
  readonly size: number;
  /** Lower-case hexadecimal SHA-256 of that file. */
  readonly sha256: string;
  /** Calling AE title to use in place of our own (`keepAet`). */
  readonly callingAet?: string;
  /** Relays that had it before, oldest first, and this one. */
  readonly hops: readonly string[];
  /** What `prove()` gave along with a proof that was pending. */
  readonly proofToken?: string;
  /** @throws DicomError `missing-file` */
  open(): Promise<OpenFile>;
}

/** What became of one attempt to deliver. */
export type Delivery =
  /** With the warning of the receiver, if it had one; "the same bytes are already there" is no warning. */
  | { readonly kind: "accepted"; readonly status: string; readonly warning?: string }
  /** Later may do better: no connection, time limit, 0xA7xx, 0x0110, HTTP 408, 425, 429, 5xx. */
  | {
    readonly kind: "transient";
    readonly status: string;
    readonly reason: string;
    /** From `Retry-After`. */
    readonly retryAfterMs?: number;
    /** Whether there was no answer at all: counted by the breaker. */
    readonly connectionFault: boolean;
  }
  /** The receiver does not want this instance: 0xA9xx, 0xCxxx, 0x0122, 0x0124, no context, HTTP 400, 409, 413, 415. */
  | { readonly kind: "permanent"; readonly status: string; readonly reason: string }
  /** HTTP 401, 403, association rejected for who we are: no fault of the instance; the destination is paused. */
  | { readonly kind: "unauthorized"; readonly status: string; readonly reason: string };

/** How sure a delivery is to be (relay manual, "Proof of delivery"). */
export const PROOF_LEVELS = ["ack", "commit", "verify"] as const;

/** How sure a delivery is to be. */
export type ProofLevel = (typeof PROOF_LEVELS)[number];

/** What became of one attempt to prove that an instance is there, in the order of what was asked. */
export type Proof =
  | { readonly kind: "proven" }
  /** It is not there, or differs: to be sent again. */
  | { readonly kind: "missing"; readonly reason: string }
  /** No answer yet; `token` is given back in `DutyInstance.proofToken` when the question is put again. */
  | { readonly kind: "pending"; readonly reason: string; readonly token?: string }
  /** The destination cannot give proof of this level. */
  | { readonly kind: "unsupported"; readonly reason: string };

/**
 * Sends to one destination, one instance at a time, over a connection of its own, which it opens when it is needed and
 * keeps for up to 500 instances. Disposal closes the connection (after 5 s of idleness the engine does that); a sender
 * that was disposed may be used again. No method throws but for an abort of `signal` or a damaged file of our own.
 */
export interface Sender extends AsyncDisposable {
  /** @throws DicomError `missing-file` or `corrupted-file` where our own file is at fault */
  deliver(instance: DutyInstance, signal: AbortSignal): Promise<Delivery>;
  /** One proof for each instance; at most 500 at a time. `ack` is proven by `deliver()` and never asked. */
  prove(
    instances: readonly DutyInstance[],
    level: Exclude<ProofLevel, "ack">,
    signal: AbortSignal,
  ): Promise<readonly Proof[]>;
  /** C-ECHO, `GET /system`, HEAD, or a stat of the folder. @throws DicomError `network`, `timeout`, `unauthorized` */
  probe(signal: AbortSignal): Promise<void>;
}

/** Makes senders. */
export interface Destinations {
  /** Whether the configuration has what the target names. */
  has(target: Target): boolean;
  /** The AE title by which the target calls us; a duty never goes back to where its instance came from. */
  aetOf(target: Target): string | undefined;
  /**
   * A new sender; the engine asks for one for each concurrent delivery.
   *
   * @throws DicomError `not-found` if the configuration does not have what the target names
   */
  open(target: Target): Sender;
}
