import { removeObsolete } from "../archive/remove.ts";
import type { FileStore, Index } from "../ports.ts";
import { DELETION, type Duties } from "../ports/duties.ts";
import { createLane } from "./lane.ts";
import type { Lane, LanePorts } from "./lane_ports.ts";
import type { RelayEvents } from "./events.ts";
import type { Destination } from "./rule.ts";
import type { Upkeep } from "./upkeep.ts";

/** Instances deleted in one go. */
const DELETED = 50;
/** Longest time without looking at what is due, so that a clock that was set is noticed. */
const LOOK_MS = 60_000;
/** A clock that goes on by so much more or less than it should has been set. */
const STEP_MS = 30_000;
const RETRY_MS = 5000;
/** From one part of the upkeep to the next. */
const UPKEEP_MS = 1000;

/** What the engine works with. */
export interface EnginePorts extends Omit<LanePorts, "duties"> {
  readonly upkeep: Upkeep;
  readonly duties: Duties;
  readonly index: Pick<Index, "forgetFiles">;
  readonly files: Pick<FileStore, "remove">;
  readonly relayEvents: RelayEvents;
  /** Undefined if nothing has this name. */
  destination(name: string): Destination | undefined;
  /** Called when instances were deleted. */
  readonly deleted: () => void;
  /** Called when the clock was set, with by how much, in milliseconds. */
  readonly clockStepped: (ms: number) => void;
}

/** Carries out duties. */
export interface RelayEngine extends AsyncDisposable {
  start(): Promise<void>;
  /** Says that destinations have something new. */
  wake(destinations: Iterable<string>): void;
  /** Says that something is due at time `at`, in milliseconds since 1970. */
  lookAt(at: number): void;
  wakeAll(): void;
  /** Makes lanes anew, since destinations were changed. */
  reload(): Promise<void>;
  lane(name: string): Lane;
  readonly lanes: ReadonlyMap<string, Lane>;
}

/** Makes the engine: a lane for each destination, and one timer for all that is due. */
export function createRelayEngine(ports: EnginePorts): RelayEngine {
  const { duties, clock, log, relayEvents } = ports;
  const lanes = new Map<string, Lane>();
  let timer: Disposable | undefined;
  let armedFor = Infinity;
  let running: Promise<void> | undefined;
  let isLookWanted = false;
  let isDisposed = false;
  let clockAt = { wall: clock.now(), uptime: clock.uptime() };

  function lane(name: string): Lane {
    let found = lanes.get(name);
    if (!found) lanes.set(name, found = createLane(name, ports.destination(name), ports));
    return found;
  }

  function wake(destinations: Iterable<string>): void {
    if (isDisposed) return;
    for (const name of destinations) if (name !== DELETION) lane(name).wake();
  }

  function arm(at: number): void {
    if (isDisposed || at >= armedFor) return;
    timer?.[Symbol.dispose]();
    armedFor = at;
    timer = clock.schedule(at, () => {
      timer = undefined;
      armedFor = Infinity;
      look();
    });
  }

  /** One look at a time; what is asked for meanwhile follows. */
  function look(): void {
    isLookWanted = true;
    running ??= lookAgain().finally(() => running = undefined);
  }

  async function lookAgain(): Promise<void> {
    while (isLookWanted && !isDisposed) {
      isLookWanted = false;
      try {
        await noticeSteps();
        await promote();
        if (await ports.upkeep.run()) arm(clock.now() + UPKEEP_MS);
      } catch (error) {
        log("error", "relay: cannot look at what is due", { error: String(error) });
        arm(clock.now() + RETRY_MS);
      }
    }
  }

  async function promote(): Promise<void> {
    const now = clock.now();
    const { destinations, proofs, groups, next } = await duties.promoteDuties(now);
    for (const group of groups) relayEvents.emit("series.stable", { ...group });
    wake(destinations);
    for (const name of proofs) lane(name).wakeProofs();
    if (destinations.includes(DELETION)) await deleteDelivered();
    arm(Math.min(now + LOOK_MS, next === null ? Infinity : Math.max(next, now + 100)));
  }

  async function deleteDelivered(): Promise<void> {
    const now = clock.now();
    for (const id of await duties.dueDeletions(now, DELETED)) {
      const removal = await duties.deleteDelivered(id, now);
      if (!removal) continue;
      await removeObsolete({ ...ports, log }, removal.files);
      relayEvents.emit("duty.state", { id, destination: DELETION, state: "confirmed" });
      ports.deleted();
    }
    if ((await duties.dueDeletions(now, 1)).length > 0) isLookWanted = true;
  }

  /** Whether a grace has passed cannot be told from a clock that was set, so graces begin anew. */
  async function noticeSteps(): Promise<void> {
    const [wall, uptime] = [clock.now(), clock.uptime()];
    const step = wall - clockAt.wall - (uptime - clockAt.uptime);
    clockAt = { wall, uptime };
    if (Math.abs(step) < STEP_MS) return;
    log("warning", "relay: the clock was set; deletions wait their whole time again", { ms: step });
    ports.clockStepped(step);
    await duties.restartGraces(wall);
  }

  return {
    lanes,
    lane,
    wake,
    lookAt: arm,
    wakeAll() {
      for (const each of lanes.values()) each.wake();
    },
    async start() {
      const count = await duties.reclaimDuties();
      if (count > 0) log("info", "relay: goes on with what was being sent", { duties: count });
      for (const { destination, state } of await duties.dutyCounts()) {
        if (destination !== DELETION && state === "ready") lane(destination).wake();
      }
      look();
    },
    async reload() {
      const old = [...lanes];
      lanes.clear();
      await Promise.all(old.map(([, each]) => each[Symbol.asyncDispose]()));
      wake(old.map(([name]) => name));
      look();
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      timer?.[Symbol.dispose]();
      await running;
      await Promise.all([...lanes.values()].map((each) => each[Symbol.asyncDispose]()));
    },
  };
}
