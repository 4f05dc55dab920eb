import { DELETION, type NewDuty, type NewTimer } from "../ports/duties.ts";
import { chainHash, changesBefore } from "./chain.ts";
import type { Facts } from "./conditions.ts";
import type { PlannedInstance } from "./facts.ts";
import { isRound } from "./hops.ts";
import type { Action, Destination, Rule } from "./rule.ts";
import { nextStart } from "./windows.ts";

const MS = 1000;

/** A rule with the number of its version. */
export interface VersionedRule {
  readonly rule: Rule;
  readonly version: number;
}

/** What the duties of an instance depend on beside its rules. */
export interface Owing {
  readonly instance: PlannedInstance;
  readonly facts: Facts;
  /** Servers that had it before, oldest first. */
  readonly hops: readonly string[];
  /** The name of this server among them. */
  readonly hop: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Undefined if there is none of this name. */
  destination(name: string): Destination | undefined;
  /** AE title of a destination; undefined if it has none. */
  aetOf(destination: Destination): string | undefined;
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

/** The watch over silence that an instance begins or prolongs; undefined if its rule awaits none. */
export function timerOf(rule: Rule, { instance, facts }: Owing): NewTimer | undefined {
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

/** The duties that a rule makes of an instance. */
export function dutiesOf({ rule, version }: VersionedRule, owing: Owing): NewDuty[] {
  const { instance, hops } = owing;
  const base = { rule: rule.id, ruleVersion: version, group: groupOf(rule, instance), hops };
  return rule.do.flatMap((action, at): NewDuty[] => {
    if ("deleteAfter" in action) return [{ ...base, ...deletion(action) }];
    if (!("send" in action)) return [];
    return sendings(action, { ...base, chain: chainHash(changesBefore(rule, at)) }, rule, owing);
  });
}

function deletion(
  { deleteAfter: { level, graceSeconds } }: Extract<Action, { deleteAfter: unknown }>,
) {
  return {
    destination: DELETION,
    chain: "",
    priority: "bulk",
    state: "waiting",
    callingAet: "",
    strictSeries: false,
    confirm: level === "sent" ? "ack" : "verify",
    dueAt: graceSeconds * MS,
  } as const;
}

/** The sending that an action asks for, and that to its alternate. */
function sendings(
  { send: { to, confirm, priority, keepAet, strictSeries, alternate } }: Extract<
    Action,
    { send: unknown }
  >,
  base: Pick<NewDuty, "rule" | "ruleVersion" | "group" | "hops" | "chain">,
  rule: Rule,
  owing: Owing,
): NewDuty[] {
  const { facts, now } = owing;
  const callingAet = facts.source.callingAet ?? "";
  const destination = owing.destination(to);
  if (isRound(owing.hops, owing.hop)) return [];
  if (destination && isSource(owing.aetOf(destination), callingAet)) return [];
  const duty: NewDuty = {
    ...base,
    state: rule.trigger === "instance" ? "ready" : "waiting",
    dueAt: rule.schedule ? nextStart(rule.schedule, now) : null,
    destination: to,
    confirm: confirm ?? destination?.confirm ?? "ack",
    priority,
    callingAet: keepAet ? callingAet : "",
    strictSeries,
  };
  if (!alternate) return [duty];
  const dueAt = (duty.dueAt ?? now) + alternate.afterSeconds * MS;
  const other = { state: "waiting" as const, dueAt, group: alternateGroup(to) };
  return [duty, { ...duty, ...other, destination: alternate.to }];
}

/** What a duty for an alternate destination has in place of a group: it ends when the first has what it is to have. */
function alternateGroup(destination: string): string {
  return `alternate to ${destination}`;
}

/** Nothing is sent back to where it comes from. */
function isSource(aet: string | undefined, callingAet: string): boolean {
  return aet !== undefined && aet.trim() !== "" && aet.trim() === callingAet.trim();
}
