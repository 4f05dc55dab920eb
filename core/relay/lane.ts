import { DicomError } from "../errors.ts";
import type { ClaimedDuty, DutyChange, Priority } from "../ports/duties.ts";
import { createBreaker, PROBE_MS } from "./breaker.ts";
import { createBucket } from "./bucket.ts";
import { createCrowd } from "./crowd.ts";
import { attempt, type Delivered } from "./deliver.ts";
import { type Arrival, createDoubts } from "./doubts.ts";
import type { Lane, LanePorts } from "./lane_ports.ts";
import { afterDamage, afterDelivery } from "./outcome.ts";
import { createProver } from "./prover.ts";
import { createRate } from "./rate.ts";
import type { Destination } from "./rule.ts";
import { createRunning, STOPPED } from "./running.ts";
import { createSettle } from "./settle.ts";
import { createSenders } from "./senders.ts";
import { createTurns } from "./turns.ts";
import { isOpen, nextLook } from "./windows.ts";

/** Duties taken at a time: what about half a second of sending needs, and never more. */
const MOST_CLAIMED = 64;
const CLAIM_MS = 500;
const PROBE_LIMIT_MS = 20_000;
/** Outcomes that may wait to be written before a sender waits for them. */
const MOST_UNWRITTEN = 4;

/** Makes the lane of a destination; `destination` is undefined if nothing has its name. */
export function createLane(
  name: string,
  destination: Destination | undefined,
  ports: LanePorts,
): Lane {
  const { duties, clock, events, log } = ports;
  const { windows = [], concurrency = 1 } = destination ?? {};
  const ended = new AbortController();
  const crowd = createCrowd(clock, concurrency);
  const breaker = createBreaker(() => crowd.most);
  const own = createBucket(clock, destination?.bytesPerSecond ?? 0);
  const senders = createSenders(clock, () => {
    if (destination) return ports.destinations.open(destination.target);
    throw new DicomError("not-found", `Cannot send to "${name}": there is no such destination`);
  });
  const settle = createSettle(name, { ...ports, signal: ended.signal });
  const doubts = createDoubts(name, { ...ports, senders });
  const prover = createProver(name, { ...ports, senders });
  const turns = createTurns();
  const rate = createRate(clock);
  const running = createRunning(clock, crowd);
  const tasks = new Set<Promise<void>>();
  let claimed: ClaimedDuty[] = [];
  let unwritten = 0;
  let isClaiming = false;
  /** Whether the index may have more that is ready. */
  let mayHaveMore = true;
  let timer: Disposable | undefined;
  /** The file that was not there last. */
  let missing = "";

  function track(work: Promise<void>): void {
    const done = work.catch((error) => {
      if (ended.signal.aborted) return;
      log("error", "relay failed unexpectedly", { destination: name, error: String(error) });
      mayHaveMore = true;
    }).finally(() => tasks.delete(done));
    tasks.add(done);
  }

  /** The least urgent priority that may go now; undefined if none may. */
  function gate(): Priority | undefined {
    if (ended.signal.aborted || !destination || ports.pausedBy(name) !== undefined) {
      return undefined;
    }
    if (breaker.concurrency === 0) return undefined;
    return isOpen(windows, clock.now()) ? "bulk" : "stat";
  }

  function pump(): void {
    const lowest = gate();
    watchTheClock();
    if (lowest === undefined) return giveBackClaimed();
    if (lowest === "stat") running.stopAllBut("stat");
    while (claimed.length > 0 && running.size < breaker.concurrency && unwritten < MOST_UNWRITTEN) {
      const duty = claimed.shift()!;
      track(send(duty, running.start(duty)));
    }
    const wanted = claimSize();
    if (claimed.length < wanted / 2 && mayHaveMore && !isClaiming) track(claim(lowest, wanted));
  }

  function claimSize(): number {
    const soon = Math.ceil(rate.now().instances * CLAIM_MS / 1000);
    return Math.min(MOST_CLAIMED, Math.max(breaker.concurrency, soon));
  }

  async function claim(lowest: Priority, count: number): Promise<void> {
    isClaiming = true;
    mayHaveMore = false;
    try {
      const request = { destination: name, lowest, exceptRules: ports.pausedRules() };
      const taken = await duties.claimDuties({ ...request, turns: turns(count) });
      const { arrived, open } = await doubts.resolve(taken, ended.signal);
      arrived.forEach(noteArrival);
      claimed.push(...open);
      if (taken.length === count) mayHaveMore = true;
    } finally {
      isClaiming = false;
    }
    pump();
  }

  function noteArrival({ duty, change }: Arrival): void {
    write(change, duty);
    events.proven(duty, change);
  }

  /** What is claimed and not begun goes back, since it may take long until it can go. */
  function giveBackClaimed(): void {
    if (claimed.length === 0) return;
    const changes = claimed.map(({ id }): DutyChange => ({ id, state: "ready" }));
    claimed = [];
    mayHaveMore = true;
    track(duties.settleDuties(changes));
  }

  async function send(
    duty: ClaimedDuty,
    { signal: stop, startedAt }: ReturnType<typeof running.start>,
  ): Promise<void> {
    const signal = AbortSignal.any([stop, ended.signal]);
    const buckets = [own, ports.bucket];
    const outcome = await attempt(duty, { ...ports, senders, buckets, signal });
    running.end(duty);
    record(duty, missingTwice(duty, outcome), startedAt);
    pump();
  }

  /** A file may have taken the place of another while this was on its way; one that stays away is lost. */
  function missingTwice(
    duty: ClaimedDuty,
    outcome: Delivered,
  ): Exclude<Delivered, { kind: "missing" }> {
    if (outcome.kind !== "missing") return outcome;
    const isAgain = missing === duty.uuid;
    missing = duty.uuid;
    return isAgain ? { ...outcome, kind: "damaged", sentSha256: "" } : { kind: "stopped" };
  }

  function record(
    duty: ClaimedDuty,
    outcome: Exclude<Delivered, { kind: "missing" }>,
    startedAt: number,
  ): void {
    const now = clock.now();
    const wasClosed = breaker.state !== "open";
    if (outcome.kind !== "stopped") notice(duty, outcome, now);
    if (outcome.kind === "stopped" || (outcome.kind === "transient" && !wasClosed)) {
      return write({ id: duty.id, state: "ready" }, duty); // no fault of the instance: it counts as no try
    }
    const ms = now - startedAt;
    const moment = { now, random: ports.random(), sentSha256: outcome.sentSha256 };
    const change = outcome.kind === "damaged"
      ? afterDamage(duty, outcome.reason, now)
      : afterDelivery(duty, outcome, moment);
    const status = "status" in outcome ? outcome.status : "";
    const facts = { kind: outcome.kind, ms, bytes: duty.size, status };
    const comment = "reason" in outcome ? outcome.reason : outcome.warning ?? "";
    const { kind, bytes } = facts;
    write({ ...change, attempt: { at: now, ms, bytes, outcome: kind, status, comment } }, duty);
    events.delivered(duty, change, facts);
    if (outcome.kind === "unauthorized") events.refusedUs(name, outcome.reason);
  }

  /** What a delivery says about the destination. */
  function notice(
    duty: ClaimedDuty,
    outcome: Exclude<Delivered, { kind: "stopped" | "missing" }>,
    now: number,
  ): void {
    const before = breaker.state;
    if (outcome.kind === "transient") {
      const { connectionFault, reason } = outcome;
      breaker.fault(now, { duty: duty.id, answered: !connectionFault, reason });
      if (connectionFault) crowd.unanswered(running.size);
    } else if (outcome.kind !== "damaged") {
      breaker.success();
      running.succeeded();
      rate.add(duty.size);
    }
    if (breaker.state === before) return;
    log(breaker.state === "open" ? "warning" : "info", `relay: destination is ${breaker.state}`, {
      destination: name,
      reason: breaker.reason,
    });
    events.changed(name);
  }

  function write(change: DutyChange, { strictSeries }: ClaimedDuty): void {
    if (change.state === "ready") mayHaveMore = true;
    unwritten++;
    track(
      settle(change).finally(() => {
        if (strictSeries) mayHaveMore = true; // what comes after it in its series
        if (unwritten-- === MOST_UNWRITTEN || strictSeries) pump();
      }),
    );
  }

  /** Sets the timer for the next probe or the next edge of a window. */
  function watchTheClock(): void {
    timer?.[Symbol.dispose]();
    timer = undefined;
    if (ended.signal.aborted || !destination) return;
    const now = clock.now();
    const times = [
      ...(windows.length > 0 ? [nextLook(windows, now)] : []),
      ...(breaker.probeAt !== undefined && ports.pausedBy(name) === undefined
        ? [Math.min(breaker.probeAt, now + PROBE_MS)]
        : []),
    ];
    if (times.length === 0) return;
    timer = clock.schedule(Math.min(...times), () => {
      if (isProbeDue()) track(tryAgain());
      else lane.wake();
    });
  }

  /** A clock that was set back shows by a time that is too far away. */
  function isProbeDue(): boolean {
    const wait = (breaker.probeAt ?? NaN) - clock.now();
    return wait <= 0 || wait > PROBE_MS;
  }

  async function tryAgain(): Promise<void> {
    breaker.probing(clock.now());
    watchTheClock();
    if (!breaker.probesByDelivery) {
      try {
        await lane.probe(AbortSignal.any([ended.signal, AbortSignal.timeout(PROBE_LIMIT_MS)]));
      } catch {
        return;
      }
    }
    breaker.probed();
    await duties.hastenDuties(name);
    lane.wake();
    events.changed(name);
  }

  const lane: Lane = {
    wake() {
      mayHaveMore = true;
      pump();
    },
    wakeProofs() {
      if (gate() !== undefined) track(prover.run(ended.signal));
    },
    async probe(signal) {
      const sender = senders.take();
      try {
        await sender.probe(signal);
      } finally {
        senders.giveBack(sender);
      }
    },
    status() {
      const { state: breakerState, openSince, probeAt, reason } = breaker;
      const paused = ports.pausedBy(name);
      const state = !destination
        ? "unknown"
        : paused !== undefined
        ? "paused"
        : breakerState === "open"
        ? "breaker"
        : isOpen(windows, clock.now())
        ? "up"
        : "window";
      return {
        state,
        reason: paused ?? reason,
        breaker: breakerState,
        openSince,
        probeAt,
        sending: running.size,
        rate: rate.now(),
      };
    },
    async [Symbol.asyncDispose]() {
      ended.abort(STOPPED);
      timer?.[Symbol.dispose]();
      giveBackClaimed();
      while (tasks.size > 0) await Promise.all(tasks);
      await senders[Symbol.asyncDispose]();
    },
  };
  return lane;
}
