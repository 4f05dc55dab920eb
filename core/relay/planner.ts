import { createHash } from "node:crypto";
import type { Origin, PlanDuties } from "../archive/ingest.ts";
import { METADATA } from "../archive/resource.ts";
import type { ByteSource } from "../bytes/source.ts";
import type { CharacterSets } from "../dicom/charset.ts";
import { DataSet, DataSetBuilder } from "../dicom/data_set.ts";
import { decodeFile } from "../dicom/decode.ts";
import { TAG } from "../dicom/tag.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../dicom/transfer_syntax.ts";
import type { Clock, NewInstance } from "../ports.ts";
import { DELETION, type DutyPlan, type NewDuty, type NewTimer } from "../ports/duties.ts";
import type { Explanation, Facts, SourceFacts } from "./conditions.ts";
import { keepFor } from "./paths.ts";
import type { Change, Destination, Rule } from "./rule.ts";
import { nextStart } from "./windows.ts";

/** Longer values are not looked at by conditions, in bytes. */
const LONGEST_VALUE = 4096;
const MS = 1000;
/** Boxes that may have had an instance before. */
const MOST_HOPS = 4;

/** A rule with the number of its version. */
export interface VersionedRule {
  readonly rule: Rule;
  readonly version: number;
}

/** What planning needs. */
export interface PlannerPorts {
  readonly clock: Pick<Clock, "now">;
  readonly defaultSets: CharacterSets;
  readonly maximumInflated: number;
  /** The rules of the moment, in their order. */
  rules(): readonly VersionedRule[];
  /** Undefined if there is none of this name. */
  destination(name: string): Destination | undefined;
  /** AE title of a destination; undefined if it has none. */
  aetOf(destination: Destination): string | undefined;
}

/** What planning looks at beside the file. */
export type PlannedInstance = Pick<NewInstance, "ids" | "metadata" | "file">;

/** What a rule makes of an instance. */
export interface RuleVerdict {
  readonly rule: string;
  readonly version: number;
  readonly matched: boolean;
  readonly explanation: Explanation;
}

/** What all rules make of an instance. */
export interface Verdict {
  readonly rules: readonly RuleVerdict[];
  readonly plan: DutyPlan;
}

/** Decides what is to be done with instances. */
export interface Planner {
  /** Undefined without rules. */
  readonly plan: PlanDuties;
  /** The same, with reasons. */
  judge(instance: PlannedInstance, source: ByteSource, origin: Origin): Promise<Verdict>;
  /** The duties of one rule, whatever its conditions and trigger: they are ready. */
  replay(
    instance: PlannedInstance,
    source: ByteSource,
    rule: VersionedRule,
  ): Promise<DutyPlan | undefined>;
}

/** The name under which the changes before a sending are kept; empty for none. */
export function chainHash(changes: readonly Change[]): string {
  return changes.length === 0
    ? ""
    : createHash("sha256").update(JSON.stringify(changes)).digest("hex");
}

/** The changes in front of each sending of a rule. */
export function chainsOf(rule: Rule): readonly (readonly Change[])[] {
  return rule.do.flatMap((action, at) => "send" in action ? [changesBefore(rule, at)] : []);
}

function changesBefore(rule: Rule, at: number): readonly Change[] {
  return rule.do.slice(0, at).filter((action): action is Change =>
    !("send" in action) && !("deleteAfter" in action)
  );
}

/** Makes the function that the ingest asks. */
export function createPlanner(ports: PlannerPorts): Planner {
  async function factsOf(
    instance: PlannedInstance,
    { source, origin, rules }: {
      source: ByteSource;
      origin: Origin;
      rules: readonly VersionedRule[];
    },
  ): Promise<Facts> {
    const paths = rules.flatMap(({ rule }) => [
      ...rule.match.condition.paths,
      ...(rule.required ?? []).flatMap(({ condition }) => condition.paths),
    ]);
    const { defaultSets, maximumInflated } = ports;
    let dataSet = new DataSet(EXPLICIT_LITTLE_ENDIAN, () => defaultSets);
    if (paths.length > 0) {
      await decodeFile(source, {
        sink({ encoding }) {
          const builder = new DataSetBuilder(encoding, {
            defaultSets,
            maximumLength: LONGEST_VALUE,
            keep: keepFor(paths),
          });
          dataSet = builder.root;
          return builder;
        },
        stopBefore: (tag) => tag === TAG.pixelData,
        maximumInflated,
      });
    }
    return { dataSet, source: sourceFacts(instance, origin, ports.clock.now()) };
  }

  function planOf(
    rules: readonly VersionedRule[],
    instance: PlannedInstance,
    facts: Facts,
  ): DutyPlan {
    const duties = new Map<string, NewDuty>();
    const timers: NewTimer[] = [];
    for (const versioned of rules) {
      const timer = timerOf(versioned.rule, instance, facts);
      if (timer) timers.push(timer);
      for (const duty of dutiesOf(versioned, { instance, facts, ports })) {
        const key = `${duty.destination} ${duty.chain}`;
        if (!duties.has(key)) duties.set(key, duty); // the first rule that says so decides how
      }
    }
    return { duties: [...duties.values()], timers };
  }

  return {
    async plan(instance, source, origin) {
      const rules = ports.rules().filter(isAutomatic);
      if (rules.length === 0) return undefined;
      const facts = await factsOf(instance, { source, origin, rules });
      return planOf(applying(rules, facts), instance, facts);
    },
    async judge(instance, source, origin) {
      const rules = ports.rules().filter(isAutomatic);
      const facts = await factsOf(instance, { source, origin, rules });
      const matched = applying(rules, facts);
      return {
        rules: rules.map((versioned) => ({
          rule: versioned.rule.id,
          version: versioned.version,
          matched: matched.includes(versioned),
          explanation: versioned.rule.match.condition.explain(facts),
        })),
        plan: planOf(matched, instance, facts),
      };
    },
    async replay(instance, source, versioned) {
      const origin = { kind: "recovery" } as const;
      const facts = await factsOf(instance, { source, origin, rules: [versioned] });
      if (!versioned.rule.match.condition.holds(facts)) return undefined;
      const duties = dutiesOf(versioned, { instance, facts, ports })
        .map((duty) =>
          duty.destination === DELETION
            ? duty
            : { ...duty, state: "ready" as const, dueAt: null, group: "" }
        );
      return { duties, timers: [] };
    },
  };
}

function isAutomatic({ rule }: VersionedRule): boolean {
  return rule.enabled && rule.trigger !== "manual";
}

/** The rules that apply, in order; those for the rest only if no other does. */
function applying(rules: readonly VersionedRule[], facts: Facts): readonly VersionedRule[] {
  const matching = (isFallback: boolean) => {
    const found: VersionedRule[] = [];
    for (const versioned of rules) {
      const { match, fallback, stop } = versioned.rule;
      if (fallback !== isFallback || !match.condition.holds(facts)) continue;
      found.push(versioned);
      if (stop) break;
    }
    return found;
  };
  const found = matching(false);
  return found.length > 0 ? found : matching(true);
}

function sourceFacts(
  { metadata, file }: PlannedInstance,
  origin: Origin,
  now: number,
): SourceFacts {
  return {
    callingAet: origin.kind === "dicom" ? origin.remoteAet : undefined,
    calledAet: origin.kind === "dicom" ? origin.calledAet : undefined,
    ip: origin.kind === "recovery" ? undefined : origin.remoteIp,
    protocol: origin.kind === "recovery" ? undefined : origin.kind,
    user: "username" in origin ? origin.username : undefined,
    size: String(file.size),
    transferSyntax: metadata.Instance[METADATA.TransferSyntax],
    sopClass: metadata.Instance[METADATA.SopClassUid],
    time: String(now),
  };
}

/** The resource whose silence a rule awaits. */
const GROUPS = {
  "stable-series": "Series",
  "stable-study": "Study",
  "complete-study": "Study",
} as const;

function groupOf({ trigger }: Rule, { ids }: PlannedInstance): string {
  return trigger in GROUPS ? ids[GROUPS[trigger as keyof typeof GROUPS]] : "";
}

function timerOf(rule: Rule, instance: PlannedInstance, facts: Facts): NewTimer | undefined {
  const group = groupOf(rule, instance);
  if (group === "") return undefined;
  const required = rule.required ?? [];
  return {
    rule: rule.id,
    group,
    quietMs: rule.quietSeconds * MS,
    maxWaitMs: (rule.required ? rule.timeoutSeconds : rule.maxWaitSeconds) * MS,
    seen: required.reduce(
      (bits, { condition }, n) => bits | (condition.holds(facts) ? 1 << n : 0),
      0,
    ),
    required: 2 ** required.length - 1,
    onTimeout: rule.onTimeout,
    onLate: rule.onLate,
  };
}

interface Planning {
  readonly instance: PlannedInstance;
  readonly facts: Facts;
  readonly ports: PlannerPorts;
}

function dutiesOf({ rule, version }: VersionedRule, planning: Planning): NewDuty[] {
  const { instance, facts, ports } = planning;
  const group = groupOf(rule, instance);
  const now = ports.clock.now();
  const callingAet = facts.source.callingAet ?? "";
  const hops = [callingAet].filter((hop) => hop !== "").slice(-MOST_HOPS);
  const base = { rule: rule.id, ruleVersion: version, group, hops };
  const start = {
    state: rule.trigger === "instance" ? "ready" as const : "waiting" as const,
    dueAt: rule.schedule ? nextStart(rule.schedule, now) : null,
  };
  return rule.do.flatMap((action, at): NewDuty[] => {
    if ("deleteAfter" in action) {
      const { level, graceSeconds } = action.deleteAfter;
      return [{
        ...DELETION_DUTY,
        ...base,
        confirm: level === "sent" ? "ack" : "verify",
        dueAt: graceSeconds * MS,
      }];
    }
    if (!("send" in action)) return [];
    const { to, priority, keepAet, strictSeries, alternate } = action.send;
    const destination = ports.destination(to);
    if (destination && isSource(ports.aetOf(destination), callingAet)) return [];
    const duty: NewDuty = {
      ...base,
      ...start,
      destination: to,
      chain: chainHash(changesBefore(rule, at)),
      confirm: action.send.confirm ?? destination?.confirm ?? "ack",
      priority,
      callingAet: keepAet ? callingAet : "",
      strictSeries,
    };
    if (!alternate) return [duty];
    const dueAt = (start.dueAt ?? now) + alternate.afterSeconds * MS;
    const other = { state: "waiting" as const, dueAt, group: alternateGroup(to) };
    return [duty, { ...duty, ...other, destination: alternate.to }];
  });
}

/** What a duty for an alternate destination has in place of a group: it ends when the first has what it is to have. */
export function alternateGroup(destination: string): string {
  return `alternate to ${destination}`;
}

const DELETION_DUTY = {
  destination: DELETION,
  chain: "",
  priority: "bulk",
  state: "waiting",
  callingAet: "",
  strictSeries: false,
} as const;

/** Nothing is sent back to where it comes from. */
function isSource(aet: string | undefined, callingAet: string): boolean {
  return aet !== undefined && aet.trim() !== "" && aet.trim() === callingAet.trim();
}
