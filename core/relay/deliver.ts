import { DicomError } from "../errors.ts";
import type { Clock } from "../ports.ts";
import type { Delivery, Sender } from "../ports/destinations.ts";
import type { ClaimedDuty } from "../ports/duties.ts";
import type { Bucket } from "./bucket.ts";
import type { Prepare } from "./prepare.ts";
import type { Senders } from "./senders.ts";
import { unlessAborted } from "./unless_aborted.ts";

/** A delivery may take so long, and longer the larger the instance is. */
const LIMIT_MS = 30_000;
/** The slowest connection that is waited for, in bytes a millisecond. */
const SLOWEST = 8;

/** What a delivery needs. */
export interface DeliverOptions {
  readonly prepare: Prepare;
  readonly sender: Sender;
  readonly buckets: readonly Bucket[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What came of a delivery, with the SHA-256 of what was sent. */
export type Delivered =
  | (Delivery & { readonly sentSha256: string })
  /** Our own file is at fault. */
  | { readonly kind: "damaged"; readonly reason: string; readonly sentSha256: string }
  /** We stopped it. */
  | { readonly kind: "stopped" }
  /** The file is not there: the instance was removed, or replaced by another file. */
  | { readonly kind: "missing"; readonly reason: string };

/** Has one instance delivered over a connection that is kept, unless it may be what failed. */
export async function attempt(
  duty: ClaimedDuty,
  { senders, ...options }: Omit<DeliverOptions, "sender"> & { readonly senders: Senders },
): Promise<Delivered> {
  let sender: Sender;
  try {
    sender = senders.take();
  } catch (error) {
    const reason = reasonOf(error); // the destination is not configured any more
    return { kind: "transient", status: "", reason, connectionFault: true, sentSha256: "" };
  }
  const outcome = await deliver(duty, { ...options, sender });
  if (outcome.kind === "stopped" || outcome.kind === "transient") senders.discard(sender);
  else senders.giveBack(sender);
  return outcome;
}

/** Has one instance delivered, within a time limit. */
async function deliver(duty: ClaimedDuty, options: DeliverOptions): Promise<Delivered> {
  const { prepare, sender, buckets, clock, signal } = options;
  const limit = new AbortController();
  const ms = Math.ceil(LIMIT_MS + duty.size / SLOWEST + throttledMs(duty.size, buckets));
  using _timer = clock.schedule(clock.now() + ms, () => limit.abort());
  const either = AbortSignal.any([signal, limit.signal]);
  let sentSha256 = "";
  try {
    const instance = await prepare.toSend(duty, { buckets, signal: either });
    sentSha256 = instance.sha256;
    const outcome = await unlessAborted(sender.deliver(instance, either), either);
    return { ...outcome, sentSha256 };
  } catch (error) {
    if (signal.aborted) return { kind: "stopped" };
    if (limit.signal.aborted) {
      const reason = `no end within ${Math.round(ms / 1000)} s`;
      return { kind: "transient", status: "", reason, connectionFault: true, sentSha256 };
    }
    const reason = reasonOf(error);
    if (error instanceof DicomError && error.code === "missing-file") {
      return { kind: "missing", reason };
    }
    return { kind: "damaged", reason, sentSha256 };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof DicomError ? error.message : `Unexpected failure: ${String(error)}`;
}

/** How long the limits alone make it take, twice over since others share them. */
function throttledMs(size: number, buckets: readonly Bucket[]): number {
  const rates = buckets.map(({ bytesPerSecond }) => bytesPerSecond).filter((rate) => rate > 0);
  return rates.length === 0 ? 0 : 1000 * (size + MOST_IN_LINE) / Math.min(...rates);
}

/** Bytes of others that may be in front, at most. */
const MOST_IN_LINE = 16_777_216;
