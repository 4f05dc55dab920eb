import type { DataSet } from "../dicom/data_set.ts";
import { OPERATOR_NAMES, type Test, testOf, type Values } from "./operators.ts";
import { type AttributePath, parsePath, valuesAt } from "./paths.ts";

/** What is known of an instance when it is matched. */
export interface Facts {
  readonly dataSet: DataSet;
  readonly source: SourceFacts;
}

/** How an instance came, by the names that conditions use after `source.`. */
export type SourceFacts = Readonly<Record<SourceName, string | undefined>>;

/** Names of facts of the source. */
export const SOURCE_NAMES = [
  "callingAet",
  "calledAet",
  "ip",
  "protocol",
  "user",
  "size",
  "transferSyntax",
  "sopClass",
  "time",
] as const;

/** A name of a fact of the source. */
export type SourceName = (typeof SOURCE_NAMES)[number];

/** A condition ready to be tested. */
export interface Condition {
  /** Where in the data set it looks. */
  readonly paths: readonly AttributePath[];
  holds(facts: Facts): boolean;
  /** What is true and what is not, in the form of the rule. */
  explain(facts: Facts): Explanation;
}

/** The truth of a condition and of its parts. */
export interface Explanation {
  readonly condition: string;
  readonly result: boolean;
  readonly parts?: readonly Explanation[];
}

/** Why a condition cannot be used. */
export class ConditionProblem extends Error {}

const MOST_CONDITIONS = 200;
const DEEPEST = 10;

/** A join of conditions: all, any, or not one of them. */
const JOINS = {
  all: (results: readonly boolean[]) => results.every(Boolean),
  any: (results: readonly boolean[]) => results.some(Boolean),
  not: (results: readonly boolean[]) => !results.some(Boolean),
} as const;

/**
 * Compiles what a rule says under `match`.
 *
 * @throws ConditionProblem naming what is wrong
 */
export function compileMatch(written: unknown, depth = 0): Condition {
  if (depth > DEEPEST) throw new ConditionProblem("conditions are too deep");
  if (typeof written !== "object" || written === null || Array.isArray(written)) {
    throw new ConditionProblem("expected an object with all, any, not, or an attribute");
  }
  const entries = Object.entries(written);
  if (entries.length > MOST_CONDITIONS) throw new ConditionProblem("too many conditions");
  const parts = entries.map(([name, given]) => compileEntry(name, given, depth));
  return parts.length === 1 ? parts[0]! : join("all", parts);
}

function compileEntry(name: string, given: unknown, depth: number): Condition {
  if (name !== "all" && name !== "any" && name !== "not") return compileAttribute(name, given);
  const list = Array.isArray(given) ? given : [given];
  if (list.length > MOST_CONDITIONS) throw new ConditionProblem("too many conditions");
  return join(name, list.map((each) => compileMatch(each, depth + 1)));
}

function join(name: keyof typeof JOINS, parts: readonly Condition[]): Condition {
  const combine = JOINS[name];
  return {
    paths: parts.flatMap(({ paths }) => paths),
    holds: (facts) => combine(parts.map((part) => part.holds(facts))),
    explain(facts) {
      const explained = parts.map((part) => part.explain(facts));
      const result = combine(explained.map(({ result }) => result));
      return { condition: name, result, parts: explained };
    },
  };
}

/** Reads values of the source, or of the data set. */
function readerOf(name: string): { path?: AttributePath; read: (facts: Facts) => Values } {
  const source = SOURCE_NAMES.find((each) => name === `source.${each}`);
  if (source) {
    return {
      read: ({ source: facts }) => facts[source] === undefined ? undefined : [facts[source]],
    };
  }
  const path = parsePath(name);
  if (!path) throw new ConditionProblem(`"${name}" is not an attribute`);
  return { path, read: ({ dataSet }) => valuesAt(dataSet, path) };
}

function compileAttribute(name: string, given: unknown): Condition {
  const { path, read } = readerOf(name);
  const test = compileTest(name, given);
  const condition = `${name} ${JSON.stringify(given)}`;
  const holds = (facts: Facts) => test(read(facts));
  return {
    paths: path ? [path] : [],
    holds,
    explain: (facts) => ({ condition, result: holds(facts) }),
  };
}

/** A plain value is `eq`; `not` turns another test about, but what is missing fulfils neither. */
function compileTest(name: string, given: unknown): Test {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return compileTest(name, { eq: given });
  }
  const { ignoreCase = false, ...operators } = given as Record<string, unknown>;
  const tests = Object.entries(operators).map(([operator, value]): Test => {
    if (operator === "not") {
      const inner = compileTest(name, value);
      return (values) => values !== undefined && !inner(values);
    }
    const test = testOf(operator, value, { ignoreCase: ignoreCase === true });
    if (test) return test;
    throw new ConditionProblem(
      OPERATOR_NAMES.includes(operator)
        ? `"${name}": ${operator} cannot be used with ${JSON.stringify(value)}`
        : `"${name}": there is no operator "${operator}"`,
    );
  });
  if (tests.length === 0) throw new ConditionProblem(`"${name}": expected an operator`);
  return (values) => tests.every((test) => test(values));
}
