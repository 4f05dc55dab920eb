import type { Origin, PlanDuties } from "../archive/ingest.ts";
import type { ByteSource } from "../bytes/source.ts";
import type { Clock } from "../ports.ts";
import { DELETION, type DutyPlan, type NewDuty, type NewTimer } from "../ports/duties.ts";
import type { Explanation, Facts } from "./conditions.ts";
import { factsOf, type FactsOptions, type PlannedInstance } from "./facts.ts";
import { hopsOf } from "./hops.ts";
import { dutiesOf, type Owing, timerOf, type VersionedRule } from "./owed.ts";

/** What planning needs. */
export interface PlannerPorts extends FactsOptions, Pick<Owing, "destination" | "aetOf"> {
  readonly clock: Pick<Clock, "now">;
  /** The rules of the moment, in their order. */
  rules(): readonly VersionedRule[];
  /** The name of this server among those that an instance has passed. */
  hop(): string;
}

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

/** Makes the function that the ingest asks. */
export function createPlanner(ports: PlannerPorts): Planner {
  const { clock } = ports;

  async function owingOf(
    instance: PlannedInstance,
    source: ByteSource,
    { origin, rules }: { readonly origin: Origin; readonly rules: readonly VersionedRule[] },
  ): Promise<Owing> {
    const now = clock.now();
    const request = { instance, source, origin, rules: rules.map(({ rule }) => rule), now };
    const facts = await factsOf(request, ports);
    const { destination, aetOf } = ports;
    return { instance, facts, now, hops: hopsOf(origin), hop: ports.hop(), destination, aetOf };
  }

  return {
    async plan(instance, source, origin) {
      const rules = ports.rules().filter(isAutomatic);
      if (rules.length === 0) return undefined;
      const owing = await owingOf(instance, source, { origin, rules });
      return planOf(applying(rules, owing.facts), owing);
    },
    async judge(instance, source, origin) {
      const rules = ports.rules().filter(isAutomatic);
      const owing = await owingOf(instance, source, { origin, rules });
      const matched = applying(rules, owing.facts);
      return {
        rules: rules.map((versioned) => ({
          rule: versioned.rule.id,
          version: versioned.version,
          matched: matched.includes(versioned),
          explanation: versioned.rule.match.condition.explain(owing.facts),
        })),
        plan: planOf(matched, owing),
      };
    },
    async replay(instance, source, versioned) {
      const origin = { kind: "recovery" } as const;
      const owing = await owingOf(instance, source, { origin, rules: [versioned] });
      if (!versioned.rule.match.condition.holds(owing.facts)) return undefined;
      return { duties: dutiesOf(versioned, owing).map(atOnce), timers: [] };
    },
  };
}

function planOf(rules: readonly VersionedRule[], owing: Owing): DutyPlan {
  const duties = new Map<string, NewDuty>();
  const timers: NewTimer[] = [];
  for (const versioned of rules) {
    const timer = timerOf(versioned.rule, owing);
    if (timer) timers.push(timer);
    for (const duty of dutiesOf(versioned, owing)) {
      const key = `${duty.destination} ${duty.chain}`;
      if (!duties.has(key)) duties.set(key, duty); // the first rule that says so decides how
    }
  }
  return { duties: [...duties.values()], timers };
}

function atOnce(duty: NewDuty): NewDuty {
  if (duty.destination === DELETION) return duty;
  return { ...duty, state: "ready", dueAt: null, group: "" };
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
