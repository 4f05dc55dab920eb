import * as z from "zod";
import type { Config } from "../config.ts";
import { DicomError } from "../errors.ts";
import type { Properties } from "../ports.ts";
import { type Destination, destination as destinationSchema, rule as ruleSchema } from "./rule.ts";
import type { VersionedRule } from "./owed.ts";

/** Something of the settings, as it was written, with the number of its version. */
export interface Written<T> {
  readonly written: unknown;
  readonly version: number;
  readonly parsed: T;
}

/** What is paused. */
export interface Pauses {
  readonly all: boolean;
  readonly rules: readonly string[];
  /** Reasons by name. */
  readonly destinations: Readonly<Record<string, string>>;
}

/** Rules, destinations and pauses. */
export interface RelaySettings {
  /** In the order in which they are looked at. */
  rules(): readonly VersionedRule[];
  writtenRules(): readonly Written<VersionedRule["rule"]>[];
  /** By name. */
  destinations(): ReadonlyMap<string, Written<Destination>>;
  pauses(): Pauses;
  /**
   * Adds or replaces a rule; a new one goes to the end.
   *
   * @param ifVersion the version that is to be replaced; 0 if there is to be none, undefined for any
   * @throws DicomError `bad-request` for a rule that is wrong, `revision` if the version is another
   */
  putRule(id: string, written: unknown, ifVersion: number | undefined): Promise<number>;
  /** Replaces all rules, or none if one is wrong. @throws DicomError `bad-request` */
  putRules(written: readonly unknown[]): Promise<void>;
  /** @returns whether it was there */
  removeRule(id: string, ifVersion: number | undefined): Promise<boolean>;
  putDestination(name: string, written: unknown, ifVersion: number | undefined): Promise<number>;
  removeDestination(name: string, ifVersion: number | undefined): Promise<boolean>;
  setPauses(change: (pauses: Pauses) => Pauses): Promise<void>;
}

interface State {
  readonly rules: readonly Written<VersionedRule["rule"]>[];
  readonly destinations: ReadonlyMap<string, Written<Destination>>;
}

/** Where the index keeps settings (`Relay.InDatabase`), and pauses. */
const SETTINGS = "Relay";
const PAUSES = "RelayPauses";

const Stored = z.object({
  rules: z.array(z.object({ written: z.unknown(), version: z.int() })),
  destinations: z.record(z.string(), z.object({ written: z.unknown(), version: z.int() })),
});
const StoredPauses = z.object({
  all: z.boolean(),
  rules: z.array(z.string()),
  destinations: z.record(z.string(), z.string()),
});
const NO_PAUSES: Pauses = { all: false, rules: [], destinations: {} };

/**
 * Opens the settings: those of the configuration, or with `InDatabase` those of the index once something was changed.
 *
 * @param changed called before a change is seen, with the rules to come
 * @throws DicomError `database` if what the index holds cannot be read
 */
export async function openSettings(
  config: Config["relay"],
  properties: Properties,
  changed: (rules: readonly VersionedRule["rule"][]) => Promise<void>,
): Promise<RelaySettings> {
  let state = await readState(config, properties);
  let pauses = StoredPauses.parse(
    JSON.parse(await properties.property(PAUSES) ?? "null") ?? NO_PAUSES,
  );
  let saved = Promise.resolve();
  await changed(state.rules.map(({ parsed }) => parsed));

  /** Changes go one after the other, and are seen when they are durable. */
  function change<T>(
    edit: (now: State) => { readonly next: State; readonly result: T },
  ): Promise<T> {
    const done = saved.then(async () => {
      const { next, result } = edit(state);
      await changed(next.rules.map(({ parsed }) => parsed));
      if (config.InDatabase) await properties.setProperty(SETTINGS, storedForm(next));
      state = next;
      return result;
    });
    saved = done.then(() => {}, () => {});
    return done;
  }

  return {
    rules: () => state.rules.map(({ parsed, version }) => ({ rule: parsed, version })),
    writtenRules: () => state.rules,
    destinations: () => state.destinations,
    pauses: () => pauses,
    putRule(id, written, ifVersion) {
      const parsed = parseRule({ ...Object(written), id });
      return change((now) => {
        const old = now.rules.find((each) => each.parsed.id === id);
        const version = nextVersion(`rule ${id}`, old?.version, ifVersion);
        const fresh = { written: { ...Object(written), id }, version, parsed };
        const rules = old
          ? now.rules.map((each) => each === old ? fresh : each)
          : [...now.rules, fresh];
        return { next: { ...now, rules }, result: version };
      });
    },
    putRules(written) {
      const parsed = written.map(parseRule);
      if (new Set(parsed.map(({ id }) => id)).size < parsed.length) {
        throw new DicomError("bad-request", "Cannot set rules: an id is there twice");
      }
      return change((now) => {
        const rules = parsed.map((rule, n) => {
          const old = now.rules.find((each) => each.parsed.id === rule.id);
          return { written: written[n], version: (old?.version ?? 0) + 1, parsed: rule };
        });
        return { next: { ...now, rules }, result: undefined };
      });
    },
    removeRule: (id, ifVersion) =>
      change((now) => {
        const old = now.rules.find((each) => each.parsed.id === id);
        if (old) nextVersion(`rule ${id}`, old.version, ifVersion);
        const rules = now.rules.filter((each) => each !== old);
        return { next: { ...now, rules }, result: old !== undefined };
      }),
    putDestination(name, written, ifVersion) {
      const parsed = parseDestination(name, written);
      return change((now) => {
        const old = now.destinations.get(name);
        const version = nextVersion(`destination ${name}`, old?.version, ifVersion);
        const destinations = new Map(now.destinations).set(name, { written, version, parsed });
        return { next: { ...now, destinations }, result: version };
      });
    },
    removeDestination: (name, ifVersion) =>
      change((now) => {
        const old = now.destinations.get(name);
        if (old) nextVersion(`destination ${name}`, old.version, ifVersion);
        const destinations = new Map(now.destinations);
        return { next: { ...now, destinations }, result: destinations.delete(name) };
      }),
    setPauses(edit) {
      const done = saved.then(async () => {
        const next = edit(pauses);
        await properties.setProperty(PAUSES, JSON.stringify(next));
        pauses = { ...next, destinations: { ...next.destinations }, rules: [...next.rules] };
      });
      saved = done.catch(() => {});
      return done;
    },
  };
}

function nextVersion(
  what: string,
  version: number | undefined,
  wanted: number | undefined,
): number {
  if (wanted !== undefined && wanted !== (version ?? 0)) {
    const fact = version === undefined ? "it is not there" : `its version is ${version}`;
    throw new DicomError("revision", `Cannot change ${what}: ${fact}`);
  }
  return (version ?? 0) + 1;
}

/** @throws DicomError `bad-request` */
function parseRule(written: unknown): VersionedRule["rule"] {
  return parse(ruleSchema, written, "rule");
}

function parseDestination(name: string, written: unknown): Destination {
  return parse(destinationSchema, written, `destination "${name}"`);
}

function parse<S extends z.ZodType>(schema: S, written: unknown, what: string): z.output<S> {
  const result = schema.safeParse(written);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const place = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
  throw new DicomError("bad-request", `Cannot use ${what}: ${place}${issue.message}`);
}

async function readState(config: Config["relay"], properties: Properties): Promise<State> {
  const stored = config.InDatabase ? await properties.property(SETTINGS) : undefined;
  try {
    const { rules, destinations } = stored === undefined
      ? fromConfig(config)
      : Stored.parse(JSON.parse(stored));
    return {
      rules: rules.map(({ written, version }) => ({
        written,
        version,
        parsed: parseRule(written),
      })),
      destinations: new Map(
        Object.entries(destinations).map(([name, { written, version }]) => [
          name,
          { written, version, parsed: parseDestination(name, written) },
        ]),
      ),
    };
  } catch (cause) {
    if (stored === undefined) throw cause;
    const fact = "what the index holds is damaged";
    throw new DicomError("database", `Cannot read the settings of the relay: ${fact}`, { cause });
  }
}

function fromConfig({ Rules, Destinations }: Config["relay"]): z.output<typeof Stored> {
  const first = (written: unknown) => ({ written, version: 1 });
  const destinations = Object.entries(Destinations).map((
    [name, written],
  ) => [name, first(written)]);
  return { rules: Rules.map(first), destinations: Object.fromEntries(destinations) };
}

function storedForm({ rules, destinations }: State): string {
  const plain = ({ written, version }: Written<unknown>) => ({ written, version });
  return JSON.stringify({
    rules: rules.map(plain),
    destinations: Object.fromEntries([...destinations].map(([name, each]) => [name, plain(each)])),
  });
}
