import { isIP } from "node:net";
import { BlockList } from "node:net";
import { alternatives, globMatches, normalize } from "../dicom/match.ts";
import { compileRegex } from "./regex.ts";
import { isOpen, parseWindow } from "./windows.ts";

/** What a condition looks at: the values of one attribute; undefined if it is not there. */
export type Values = readonly string[] | undefined;

/** Whether values are as an operator wants them. */
export type Test = (values: Values) => boolean;

/**
 * Makes the test of one operator.
 *
 * @param given what the rule says after the operator
 * @returns undefined if the operator cannot be used with it
 */
type Operator = (given: unknown, options: OperatorOptions) => Test | undefined;

/** What a condition may say beside its operator. */
export interface OperatorOptions {
  readonly ignoreCase: boolean;
}

/** Every operator by name. What is missing fulfils none of them but `exists: false`. */
const OPERATORS: Readonly<Record<string, Operator>> = {
  eq: (given, options) => isScalar(given) ? anyEqual([given], options) : undefined,
  in: (given, options) =>
    Array.isArray(given) && given.length > 0 && given.every(isScalar)
      ? anyEqual(given, options)
      : undefined,
  contains: (given, { ignoreCase }) => {
    if (!isScalar(given)) return undefined;
    const wanted = fold(String(given), ignoreCase);
    return (values) => values?.some((value) => fold(value, ignoreCase) === wanted) ?? false;
  },
  wildcard: (given, { ignoreCase }) => {
    if (typeof given !== "string" || given.split("*").length > MOST_STARS) return undefined;
    const pattern = fold(given, ignoreCase);
    return anyWhole((value) => globMatches(pattern, fold(value, ignoreCase)));
  },
  regex: (given, { ignoreCase }) => {
    if (typeof given !== "string") return undefined;
    const regex = compileRegex(fold(given, ignoreCase));
    return regex && anyWhole((value) => regex.test(fold(value, ignoreCase).slice(0, LONGEST)));
  },
  range: (given) => {
    if (!Array.isArray(given) || given.length !== 2) return undefined;
    const [from, to] = given.map((end) => end === null ? undefined : orderOf(String(end)));
    if (from === undefined && to === undefined) return undefined;
    return (values) => values?.some((value) => isBetween(orderOf(value), from, to)) ?? false;
  },
  exists: (given) =>
    typeof given === "boolean" ? (values) => (values !== undefined) === given : undefined,
  empty: (given) =>
    typeof given === "boolean"
      ? (values) => values !== undefined && values.every((value) => value === "") === given
      : undefined,
  cidr: (given) => {
    const list = typeof given === "string" ? blockOf(given) : undefined;
    return list && ((values) => values?.some((value) => isInside(list, value)) ?? false);
  },
  within: (given) => {
    const window = typeof given === "string" ? parseWindow(given) : undefined;
    return window &&
      ((values) => values?.some((value) => isOpen([window], Number(value))) ?? false);
  },
};

const MOST_STARS = 16;
/** Characters of a value that a regular expression looks at. */
const LONGEST = 1024;

/** The names of all operators. */
export const OPERATOR_NAMES = Object.keys(OPERATORS);

/** The test that `name` and `given` ask for; undefined if there is no such operator or it cannot be used so. */
export function testOf(name: string, given: unknown, options: OperatorOptions): Test | undefined {
  return Object.hasOwn(OPERATORS, name) ? OPERATORS[name]!(given, options) : undefined;
}

function isScalar(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function fold(text: string, ignoreCase: boolean): string {
  return ignoreCase ? normalize(text) : text.trim();
}

/** One of `wanted` is the whole value, or one of its parts. */
function anyEqual(wanted: readonly (string | number)[], { ignoreCase }: OperatorOptions): Test {
  const texts = new Set(wanted.map((each) => fold(String(each), ignoreCase)));
  return (values) =>
    values !== undefined &&
    (values.some((value) => texts.has(fold(value, ignoreCase))) ||
      texts.has(fold(values.join("\\"), ignoreCase)));
}

function anyWhole(fits: (value: string) => boolean): Test {
  return (values) => values !== undefined && alternatives(values.join("\\")).some(fits);
}

/** A value in the order of its kind: ages in days (PS3.5 Section 6.2, AS), numbers, else text such as dates and times. */
function orderOf(text: string): number | string {
  const age = /^(\d{3})([DWMY])$/.exec(text.trim());
  if (age) return Number(age[1]) * DAYS_PER[age[2] as keyof typeof DAYS_PER];
  const trimmed = text.trim();
  return trimmed !== "" && Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed;
}

const DAYS_PER = { D: 1, W: 7, M: 30.4375, Y: 365.25 };

/** Both ends are inclusive; what is of another kind than an end is not between them. */
function isBetween(
  value: number | string,
  from: number | string | undefined,
  to: number | string | undefined,
): boolean {
  if (value === "") return false;
  if ([from, to].some((end) => end !== undefined && typeof end !== typeof value)) return false;
  return (from === undefined || value >= from) && (to === undefined || value <= to);
}

function blockOf(text: string): BlockList | undefined {
  const [address = "", prefix, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return undefined;
  const most = family === 4 ? 32 : 128;
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return undefined;
  const bits = prefix === undefined ? most : Number(prefix);
  if (bits > most) return undefined;
  const list = new BlockList();
  list.addSubnet(address, bits, family === 4 ? "ipv4" : "ipv6");
  return list;
}

function isInside(list: BlockList, value: string): boolean {
  const address = value.replace(/^::ffff:(?=[\d.]+$)/i, "");
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6");
}
