import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type * as z from "zod";
import { type Config, configKey, OPTION_NAMES, type OptionName, OPTIONS } from "../config.ts";
import type { Environment } from "./environment.ts";
import { environmentToOverrides, type Override } from "./flags.ts";
import type { Option, OptionState, ResolvePath } from "./option.ts";
import { Problems } from "./problems.ts";
import { RULES } from "./rules.ts";
import {
  pathsFrom,
  readOverrides,
  readSources,
  type Setting,
  type Settings,
  type Source,
} from "./settings.ts";

/** A configuration that is right, and what its owner should know about it. */
export interface ParsedConfiguration {
  readonly config: Config;
  readonly warnings: readonly string[];
}

const SHOWN_CHARACTERS = 64;

/**
 * The configuration that the files, the environment and the command line give: a flag goes before a variable, this
 * before a file, and this before the default. Relative paths of a file start at its folder, and relative defaults
 * at that of the first file.
 * @throws DicomError `configuration`, with everything that is wrong, one problem a line
 */
export function parseConfiguration(
  sources: readonly Source[],
  env: Environment,
  overrides: readonly Override[] = [],
): ParsedConfiguration {
  const problems = new Problems();
  const settings = new Map([
    ...readSources(sources, env, problems),
    ...readOverrides(environmentToOverrides(env)),
    ...readOverrides(overrides),
  ]);
  const resolveDefault = sources[0] ? pathsFrom(dirname(sources[0].name)) : (path: string) => path;
  const values = readValues(settings, resolveDefault, problems);
  const config = toConfig(values);
  const ruleWarnings = checkRules(config, values, problems);
  problems.throwIfAny();
  return { config, warnings: [...ruleWarnings, ...unservedWarnings(settings)] };
}

/** Values by option; of those that are wrong there is none. */
type Values = ReadonlyMap<OptionName, unknown>;

function readValues(settings: Settings, resolveDefault: ResolvePath, problems: Problems): Values {
  const values = new Map<OptionName, unknown>();
  for (const name of OPTION_NAMES) {
    const option = OPTIONS[name];
    const setting = settings.get(name) ??
      { candidates: [option.default], where: "default", resolvePath: resolveDefault };
    const result = firstValid(option.schema, setting.candidates);
    if (!result.success) {
      for (const line of describeFailure(name, setting, result)) problems.add(line);
    } else if (isRefused(option, result.data)) {
      problems.add(`${setting.where} ${name}: refused, because ${option.reason}`);
    } else {
      values.set(name, option.paths?.(result.data, setting.resolvePath) ?? result.data);
    }
  }
  for (const name of OPTION_NAMES) inherit(name, settings, values);
  return values;
}

/** Gives an unset option the value of the one it follows. */
function inherit(name: OptionName, settings: Settings, values: Map<OptionName, unknown>): void {
  const { defaultFrom } = OPTIONS[name];
  if (defaultFrom === undefined || settings.has(name)) return;
  const leader = OPTION_NAMES.find((other) => other === defaultFrom);
  if (leader === undefined || !values.has(leader)) values.delete(name);
  else values.set(name, values.get(leader));
}

interface Failure {
  readonly success: false;
  readonly candidate: unknown;
  readonly error: z.ZodError;
}

/** The first candidate that is right, or the failure of the last one. */
function firstValid(
  schema: z.ZodType,
  candidates: readonly unknown[],
): { success: true; data: unknown } | Failure {
  let failure: Failure | undefined;
  for (const candidate of candidates) {
    const result = schema.safeParse(candidate);
    if (result.success) return result;
    failure = { success: false, candidate, error: result.error };
  }
  return failure!; // there is at least one candidate
}

function isRefused(option: Option, value: unknown): boolean {
  return option.state === "refused" &&
    !isDeepStrictEqual(value, option.schema.parse(option.default));
}

/** A line for each thing that is wrong with one option: where, what was expected, what was given. */
function describeFailure(name: OptionName, setting: Setting, failure: Failure): readonly string[] {
  const { schema, secret } = OPTIONS[name];
  return failure.error.issues.map((issue) => {
    const expected = describeIssue(issue, schema);
    const given = describeValue(deepestAt(failure.candidate, issue.path), secret === true);
    return `${setting.where} ${[name, ...issue.path].join(".")}: ${expected}; given ${given}`;
  });
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  if (issue.code === "custom") return issue.message;
  if (issue.code === "unrecognized_keys") {
    return `no such key as ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}`;
  }
  if (issue.path.length === 0) return `expected ${schema.description}`;
  return issue.message.replace(/^[^:]*: (?=expected)/, ""); // "Too big: expected number to be <=65535"
}

/** What is at `path` in `value`; where the path ends early, what it ends at. */
function deepestAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return found;
    found = found[key as keyof typeof found]; // hasOwn has just said so
  }
  return found;
}

function describeValue(value: unknown, isSecret: boolean): string {
  if (isSecret) return Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
  const json = JSON.stringify(value) ?? "nothing";
  return json.length > SHOWN_CHARACTERS ? `${json.slice(0, SHOWN_CHARACTERS)}…` : json;
}

/** The values under the keys of `Config`. */
function toConfig(values: Values): Config {
  // each value comes from the schema of its option, and what lacks one is looked at by no rule
  return Object.fromEntries(
    OPTION_NAMES.map((name) => [configKey(name), values.get(name)]),
  ) as Config;
}

function checkRules(config: Config, values: Values, problems: Problems): readonly string[] {
  const warnings: string[] = [];
  for (const { options, severity, text, applies } of RULES) {
    if (!options.every((name) => values.has(name)) || !applies(config)) continue;
    const line = `${options.join(", ")}: ${text}`;
    if (severity === "warning") warnings.push(line);
    else problems.add(line);
  }
  return warnings;
}

const UNSERVED: Readonly<Partial<Record<OptionState, string>>> = {
  partly: "set, but only a part of it is served yet",
  later: "set, but not served yet",
  unneeded: "set, but without a meaning here",
};

/** Names what is set without effect, in a line for each reason. */
function unservedWarnings(settings: Settings): readonly string[] {
  return Object.entries(UNSERVED).flatMap(([state, fact]) => {
    const names = OPTION_NAMES.filter((name) =>
      settings.has(name) && OPTIONS[name].state === state
    );
    return names.length === 0 ? [] : [`${names.join(", ")}: ${fact}`];
  });
}
