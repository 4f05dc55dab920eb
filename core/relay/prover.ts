import { DicomError } from "../errors.ts";
import type { DutyInstance, Proof } from "../ports/destinations.ts";
import type { ClaimedDuty } from "../ports/duties.ts";
import type { LanePorts } from "./lane_ports.ts";
import { afterProof } from "./outcome.ts";
import type { Senders } from "./senders.ts";

/** Instances whose proof is asked for at a time. */
const BATCH = 500;
/** When to ask again if the process ends before there is an answer. */
const AGAIN_MS = 3600_000;

/** Asks a destination for proof of what it has accepted. */
export interface Prover {
  /** Goes on until no proof is due. */
  run(signal: AbortSignal): Promise<void>;
}

/** Makes the prover of a destination; it asks one question at a time, about one study. */
export function createProver(
  name: string,
  ports: LanePorts & { readonly senders: Senders },
): Prover {
  const { duties, clock, senders, log } = ports;
  let isRunning = false;

  async function settle(duty: ClaimedDuty, proof: Proof): Promise<void> {
    const moment = { now: clock.now(), random: ports.random(), sentSha256: "" };
    const change = afterProof(duty, proof, moment);
    await duties.settleDuties([change]);
    ports.events.proven(duty, change);
  }

  async function proveBatch(signal: AbortSignal): Promise<number> {
    const now = clock.now();
    const request = { destination: name, now, retryAt: now + AGAIN_MS, limit: BATCH };
    const batch = await duties.claimProofs(request);
    for (const level of ["commit", "verify"] as const) {
      const some = batch.filter(({ confirm }) => confirm === level);
      if (some.length === 0) continue;
      const proofs = await ask(some, level, signal);
      await Promise.all(some.map((duty, n) => settle(duty, proofs[n] ?? UNANSWERED)));
    }
    return batch.length;
  }

  async function ask(
    some: readonly ClaimedDuty[],
    level: "commit" | "verify",
    signal: AbortSignal,
  ): Promise<readonly Proof[]> {
    const sender = senders.take();
    try {
      const instances: DutyInstance[] = [];
      for (const duty of some) {
        instances.push(await ports.prepare.forProof(duty, { buckets: [ports.bucket], signal }));
      }
      return await sender.prove(instances, level, signal);
    } catch (error) {
      const reason = error instanceof DicomError ? error.message : String(error);
      if (!signal.aborted) log("warning", "relay: no proof", { destination: name, reason });
      return some.map(({ proofToken }) => ({
        kind: "pending",
        reason,
        ...(proofToken !== "" && { token: proofToken }),
      }));
    } finally {
      senders.giveBack(sender);
    }
  }

  return {
    async run(signal) {
      if (isRunning) return;
      isRunning = true;
      try {
        while (!signal.aborted && await proveBatch(signal) > 0);
      } finally {
        isRunning = false;
      }
    },
  };
}

const UNANSWERED: Proof = { kind: "pending", reason: "the destination gave no answer" };
