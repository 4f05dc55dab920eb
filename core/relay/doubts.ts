import { DicomError } from "../errors.ts";
import type { DutyInstance, Proof } from "../ports/destinations.ts";
import type { ClaimedDuty, DutyChange } from "../ports/duties.ts";
import type { LanePorts } from "./lane_ports.ts";
import { afterDelivery } from "./outcome.ts";
import type { Senders } from "./senders.ts";
import { unlessAborted } from "./unless_aborted.ts";

/** A destination that has not said by then what it has is sent all of it again. */
const LIMIT_MS = 20_000;

/** A duty that was carried out before the process ended. */
export interface Arrival {
  readonly duty: ClaimedDuty;
  readonly change: DutyChange;
}

/** Duties by whether they are still to be carried out. */
export interface Resolved {
  readonly arrived: readonly Arrival[];
  readonly open: readonly ClaimedDuty[];
}

/** Finds out what became of deliveries whose end the process did not live to note. */
export interface Doubts {
  /** Asks the destination about those of `taken` that may have arrived; where it does not say, they are open. */
  resolve(taken: readonly ClaimedDuty[], signal: AbortSignal): Promise<Resolved>;
}

/** Makes the one who asks. */
export function createDoubts(
  name: string,
  ports: LanePorts & { readonly senders: Senders },
): Doubts {
  const { clock, senders, log } = ports;

  async function ask(doubtful: readonly ClaimedDuty[], signal: AbortSignal) {
    const limit = new AbortController();
    using _timer = clock.schedule(clock.now() + LIMIT_MS, () => limit.abort());
    const either = AbortSignal.any([signal, limit.signal]);
    const sender = senders.take();
    try {
      const instances: DutyInstance[] = [];
      for (const duty of doubtful) {
        instances.push(await ports.prepare.forProof(duty, { buckets: [], signal: either }));
      }
      const proofs = await unlessAborted(sender.prove(instances, "verify", either), either);
      senders.giveBack(sender);
      return instances.map(({ sha256 }, n) => ({ sha256, proof: proofs[n] }));
    } catch (error) {
      senders.discard(sender);
      const reason = error instanceof DicomError ? error.message : String(error);
      if (!signal.aborted) log("info", "relay: cannot tell what arrived", { name, reason });
      return [];
    }
  }

  function sort(
    duty: ClaimedDuty,
    proof: Proof | undefined,
    sha256: string,
  ): Arrival | ClaimedDuty {
    if (proof?.kind === "missing") return { ...duty, maybeSent: false };
    if (proof?.kind !== "proven") return duty;
    const now = clock.now();
    const warning = "it had arrived before the process ended";
    const outcome = { kind: "accepted", status: "", warning } as const;
    const change = afterDelivery(duty, outcome, { now, random: 0, sentSha256: sha256 });
    const attempt = { at: now, ms: 0, bytes: 0, outcome: "found", status: "", comment: warning };
    return { duty, change: { ...change, attempt } };
  }

  return {
    async resolve(taken, signal) {
      const doubtful = taken.filter(({ maybeSent, isOnly }) => maybeSent && isOnly);
      if (doubtful.length === 0) return { arrived: [], open: taken };
      const answers = await ask(doubtful, signal);
      const arrived: Arrival[] = [];
      const open = taken.flatMap((duty) => {
        const { proof, sha256 = "" } = answers[doubtful.indexOf(duty)] ?? {};
        const sorted = sort(duty, proof, sha256);
        if (!("change" in sorted)) return sorted;
        arrived.push(sorted);
        return [];
      });
      return { arrived, open };
    },
  };
}
