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

  const release = (link: Link): Promise<void> => {
    const released = link.association.release().finally(() => ending.delete(released));
    ending.add(released);
    return released;
  };

  const remove = (entry: Kept) => {
    kept.delete(entry);
    entry[Symbol.dispose]();
  };

  /** A kept association that serves; the others with this remote end, as many remotes take only one at a time. */
  const take = async (remote: RemoteAe, needed: readonly Proposal[]): Promise<Link | undefined> => {
    const same = [...kept].filter(({ link }) => isSameHost(link.remote, remote));
    const fit = same.find(({ link }) =>
      link.isOpen && isSame(link.remote, remote) && link.covers(needed)
    );
    same.forEach(remove);
    if (fit) {
      same.filter((entry) => entry !== fit).forEach(({ link }) => void release(link));
      return fit.link;
    }
    await Promise.all(same.map(({ link }) => release(link)));
    return undefined;
  };

  const keep = (link: Link) => {
    if (!link.isOpen) return;
    if (isClosed || closeDelayMs === 0) return void release(link);
    const watch = link.association.watch(); // so that its end is seen
    const timer = clock.schedule(clock.now() + closeDelayMs, () => {
      remove(entry);
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
      const link = await take(remote, needed) ??
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
        remove(entry);
        release(entry.link);
      }
      for (const link of lent) link.association.abort("this side shuts down");
      await Promise.all(ending);
    },
  };
}

function isSameHost(a: RemoteAe, b: RemoteAe): boolean {
  return a.host === b.host && a.port === b.port;
}

function isSame(a: RemoteAe, b: RemoteAe): boolean {
  return isSameHost(a, b) && a.calledAet === b.calledAet && a.callingAet === b.callingAet &&
    a.tls === b.tls && a.timeoutMs === b.timeoutMs;
}
