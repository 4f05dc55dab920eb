import type { Extract } from "../archive/extract.ts";
import type { PlanDuties } from "../archive/ingest.ts";
import type { ByteSource } from "../bytes/source.ts";
import type { Config } from "../config.ts";
import type { CharacterSets } from "../dicom/charset.ts";
import { DicomError } from "../errors.ts";
import type { Clock, FileStore, Index, Log, NewInstance, Properties } from "../ports.ts";
import { METADATA } from "../archive/resource.ts";
import { type Destinations, TARGET_KINDS } from "../ports/destinations.ts";
import type { WatchedDisk } from "../ports/disk.ts";
import { DELETION, type Duties, type DutyPlan } from "../ports/duties.ts";
import { ACK_WARNING } from "./ack.ts";
import { createBucket } from "./bucket.ts";
import { chainHash, chainsOf } from "./chain.ts";
import { createRelayEngine, type RelayEngine } from "./engine.ts";
import { createRelayEvents, type RelayEvents } from "./events.ts";
import type { LaneEvents } from "./lane_ports.ts";
import { openHop } from "./hops.ts";
import type { RelayMetrics, Sample } from "./metrics.ts";
import { createPlanner, type Planner } from "./planner.ts";
import { type Changed, createPrepare } from "./prepare.ts";
import { type Change, defaultDestination, type Destination } from "./rule.ts";
import { openSettings, type RelaySettings } from "./settings.ts";
import type { Preview } from "./preview.ts";
import { type Trial, tryRules } from "./trial.ts";
import { createUpkeep } from "./upkeep.ts";

/** What the relay needs of the rest of the server. */
export interface RelayPorts {
  readonly config: Config["relay"];
  readonly duties: Duties;
  readonly index: Pick<Index, "forgetFiles">;
  readonly properties: Properties;
  readonly files: Pick<FileStore, "open" | "remove" | "stage">;
  readonly extract: (source: ByteSource) => Promise<Extract>;
  readonly destinations: Destinations;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly defaultSets: CharacterSets;
  readonly maximumInflated: number;
  /** What changes make of an instance, by its public identifier. @throws DicomError if it cannot be changed so */
  change(id: string, changes: readonly Change[]): Promise<Changed>;
  readonly preview: Preview;
  readonly metrics: RelayMetrics;
  /** The disk of the images; undefined where it is not watched. */
  readonly disk: WatchedDisk | undefined;
  /** Whether images that are proven everywhere may go when the disk gets full. */
  readonly recycles: boolean;
  /** Called when instances were deleted. */
  readonly deleted: () => void;
}

/** Store and forward: rules decide duties, and duties are carried out. */
export interface Relay extends AsyncDisposable {
  /** For the ingest. */
  readonly plan: PlanDuties;
  /** Says that an instance was stored, with what is to be done with it. */
  stored(instance: NewInstance, plan: DutyPlan | undefined): void;
  start(): Promise<void>;
  readonly planner: Planner;
  readonly settings: RelaySettings;
  readonly duties: Duties;
  readonly events: RelayEvents;
  /** All that the relay counts. */
  samples(): Promise<readonly Sample[]>;
  readonly engine: RelayEngine;
  /** All destinations that rules name, that are configured, or that are owed something. */
  destinationNames(): Promise<readonly string[]>;
  destination(name: string): Destination | undefined;
  /**
   * What the rules would make of a file; nothing is stored.
   *
   * @throws DicomError `bad-file`, …
   */
  test(bytes: AsyncIterable<Uint8Array>): Promise<Trial>;
  /** Says that settings or what destinations refer to were changed. */
  reload(): Promise<void>;
}

/** Makes the relay and reads its settings; nothing is sent before `start()`. */
export async function createRelay(ports: RelayPorts): Promise<Relay> {
  const { config, duties, properties, clock, log, destinations } = ports;
  const { metrics, disk } = ports;
  const events = createRelayEvents(clock);
  const settings = await openSettings(config, properties, async (rules) => {
    for (const chain of rules.flatMap(chainsOf)) {
      if (chain.length > 0) await duties.keepChain(chainHash(chain), JSON.stringify(chain));
    }
  });

  /** What a name means: a destination, else a modality or peer of that name. */
  function destination(name: string): Destination | undefined {
    const configured = settings.destinations().get(name)?.parsed;
    if (configured) return configured;
    const target = TARGET_KINDS.filter((kind) => kind !== "Folder")
      .map((kind) => ({ kind, name })).find((target) => destinations.has(target));
    return target && defaultDestination(target);
  }

  let ownHop = "";
  const hop = () => ownHop;
  const planner = createPlanner({
    ...ports,
    hop,
    rules: settings.rules,
    destination,
    aetOf: ({ target }) => destinations.aetOf(target),
  });
  const engine = createRelayEngine({
    ...ports,
    prepare: createPrepare({
      files: ports.files,
      hop,
      async change({ chain, instance }) {
        const actions = await duties.chain(chain);
        if (actions !== undefined) return await ports.change(instance, JSON.parse(actions));
        throw new DicomError("database", `Cannot send: the actions ${chain} are not known`);
      },
    }),
    upkeep: createUpkeep({
      ...ports,
      keep: { days: config.KeepDays, duties: config.KeepDuties },
      space: () => disk?.space,
    }),
    bucket: createBucket(clock, config.BytesPerSecond),
    events: laneEvents({ metrics, events, lookAt: (at) => engine.lookAt(at), pause }),
    relayEvents: events,
    destination,
    pausedBy(name) {
      const { all, destinations } = settings.pauses();
      return all ? "everything is paused" : destinations[name];
    },
    pausedRules: () => settings.pauses().rules,
    clockStepped: (ms) => metrics.set("relay_clock_step_seconds", {}, ms / 1000),
  });

  const following = disk?.follow((level) => events.emit("disk.state", { level, ...disk.space }));

  function pause(name: string, reason: string): void {
    settings.setPauses((now) => ({
      ...now,
      destinations: { ...now.destinations, [name]: reason },
    })).then(() => events.emit("destination.state", { destination: name, state: "paused", reason }))
      .catch((error) =>
        log("error", "relay: cannot pause", { destination: name, error: String(error) })
      );
  }

  return {
    plan: planner.plan,
    planner,
    settings,
    duties,
    events,
    engine,
    destination,
    async samples() {
      const now = clock.now();
      const oldest = (await duties.oldestReady()).map(({ destination, at }) =>
        [destination, (now - at) / 1000] as const
      );
      const breakers = [...engine.lanes].map(([name, lane]) =>
        [name, lane.status().breaker === "open"] as const
      );
      return metrics.samples({
        duties: await duties.dutyCounts(),
        oldest: new Map(oldest),
        breakers: new Map(breakers),
        diskFree: disk?.space?.free,
      });
    },
    stored(instance, plan) {
      const aet = instance.metadata.Instance[METADATA.RemoteAET] ?? "";
      metrics.add("relay_instances_received_total", { aet });
      const { Instance: id, Study: study } = instance.ids;
      events.emit("instance.received", { instance: id, study, aet, size: instance.file.size });
      if (!plan) return;
      if (plan.duties.length === 0) metrics.add("relay_unrouted_total", {});
      for (const timer of plan.timers) engine.lookAt(clock.now() + timer.quietMs);
      for (const { dueAt, destination } of plan.duties) {
        if (dueAt !== null && destination !== DELETION) engine.lookAt(dueAt);
      }
      engine.wake(
        plan.duties.filter(({ state }) => state === "ready").map((duty) => duty.destination),
      );
    },
    test: (bytes) => tryRules({ ...ports, planner, rules: settings.rules }, bytes),
    async start() {
      const warning = ACK_WARNING[config.Ack];
      if (warning !== null) log("warning", warning);
      ownHop = await openHop(properties);
      await engine.start();
    },
    reload: engine.reload,
    async destinationNames() {
      const named = settings.rules().flatMap(({ rule }) =>
        rule.do.flatMap((action) => "send" in action ? namesIn(action.send) : [])
      );
      const owed = (await duties.dutyCounts()).map((count) => count.destination);
      const all = new Set([...settings.destinations().keys(), ...named, ...owed]);
      all.delete(DELETION);
      return [...all].sort();
    },
    async [Symbol.asyncDispose]() {
      following?.[Symbol.dispose]();
      await engine[Symbol.asyncDispose]();
    },
  };
}

function namesIn(
  { to, alternate }: {
    readonly to: string;
    readonly alternate?: { readonly to: string } | undefined;
  },
): string[] {
  return alternate ? [to, alternate.to] : [to];
}

/** Turns what happens in lanes into metrics and events. */
function laneEvents(
  { metrics, events, lookAt, pause }: {
    readonly metrics: RelayMetrics;
    readonly events: RelayEvents;
    readonly lookAt: (at: number) => void;
    readonly pause: (name: string, reason: string) => void;
  },
): LaneEvents {
  const moved: LaneEvents["proven"] = (duty, change) => {
    const { id, destination, instance, study, confirm } = duty;
    const { state, reason = "" } = change;
    if (typeof change.dueAt === "number") lookAt(change.dueAt);
    if (state === "confirmed") metrics.add("relay_confirmed_total", { level: confirm });
    events.emit("duty.state", { id, destination, instance, study, state, reason });
  };
  return {
    delivered(duty, change, { kind, ms, bytes, status }) {
      const { destination } = duty;
      metrics.add("relay_tries_total", { destination, class: kind });
      metrics.observe("relay_send_seconds", { destination }, ms / 1000);
      if (kind === "accepted") metrics.add("relay_sent_bytes_total", { destination }, bytes);
      if (kind === "damaged") metrics.add("relay_hash_mismatch_total", {});
      if (duty.maybeSent && kind === "accepted") {
        metrics.add("relay_duplicates_total", { destination });
      }
      if (change.state === "dead") metrics.add("relay_dead_total", { reason: status || kind });
      moved(duty, change);
    },
    proven: moved,
    changed: (destination) => events.emit("destination.state", { destination }),
    refusedUs: pause,
  };
}
