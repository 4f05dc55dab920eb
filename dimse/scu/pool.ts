import type { RemoteAe } from "../../core/ports/dicom_client.ts";
import { type Link, type LinkOptions, openLink } from "./link.ts";
import type { Proposal } from "./proposals.ts";

/** An association that is lent out; disposal aborts it, unless it was given back before. */
export interface Lease extends AsyncDisposable {
  readonly link: Link;
  /** Gives it back in good order, to be kept for the next. */
  giveBack(): void;
}

/** What to propose. */
export interface Wishes {
  /** What is needed: a kept association serves only if all of it was proposed. */
  readonly needed: readonly Proposal[];
  /** What a new association is opened with, `needed` included. */
  readonly proposals: readonly Proposal[];
}

/** Associations that are kept for a while after use. */
export interface Pool extends AsyncDisposable {
  /**
   * A kept association that still lasts, or a new one.
   *
   * @throws DicomError `network` or `timeout`, or the reason of `signal`
   */
  lend(remote: RemoteAe, wishes: Wishes, signal: AbortSignal): Promise<Lease>;
}

/** How long associations are kept. */
export interface PoolOptions extends LinkOptions {
  /** Option `DicomAssociationCloseDelay`, in milliseconds; 0 to keep none. */
  readonly closeDelayMs: number;
}

interface Kept extends Disposable {
  readonly link: Link;
}

/** Keeps the associations of one client. */
export function createPool(options: PoolOptions): Pool {
  const { clock, closeDelayMs } = options;
  const kept = new Set<Kept>();
  const ending = new Set<Promise<void>>();
  const lent = new Set<Link>();
  let isClosed = false;

  const release = (link: Link) => {
    const released = link.association.release().finally(() => ending.delete(released));
    ending.add(released);
  };

  const take = (remote: RemoteAe, needed: readonly Proposal[]): Link | undefined => {
    for (const entry of kept) {
      const isFit = !entry.link.isOpen ||
        isSame(entry.link.remote, remote) && entry.link.covers(needed);
      if (!isFit) continue;
      kept.delete(entry);
      entry[Symbol.dispose]();
      if (entry.link.isOpen) return entry.link;
    }
    return undefined;
  };

  const keep = (link: Link) => {
    if (!link.isOpen) return;
    if (isClosed || closeDelayMs === 0) return release(link);
    const watch = link.association.watch(); // so that its end is seen
    const timer = clock.schedule(clock.now() + closeDelayMs, () => {
      kept.delete(entry);
      entry[Symbol.dispose]();
      release(link);
    });
    const entry: Kept = {
      link,
      [Symbol.dispose]() {
        timer[Symbol.dispose]();
        watch[Symbol.dispose]();
      },
    };
    kept.add(entry);
  };

  return {
    async lend(remote, { needed, proposals }, signal) {
      const link = take(remote, needed) ??
        await openLink(remote, proposals, { ...options, signal });
      lent.add(link);
      return {
        link,
        giveBack() {
          if (lent.delete(link)) keep(link);
        },
        async [Symbol.asyncDispose]() {
          if (lent.delete(link)) await link.association[Symbol.asyncDispose]();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      for (const entry of kept) {
        entry[Symbol.dispose]();
        release(entry.link);
      }
      kept.clear();
      for (const link of lent) link.association.abort("this side shuts down");
      await Promise.all(ending);
    },
  };
}

function isSame(a: RemoteAe, b: RemoteAe): boolean {
  return a.calledAet === b.calledAet && a.callingAet === b.callingAet && a.host === b.host &&
    a.port === b.port && a.tls === b.tls && a.timeoutMs === b.timeoutMs;
}
