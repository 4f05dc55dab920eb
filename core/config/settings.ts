import { dirname, isAbsolute, join } from "node:path";
import { OPTION_NAMES, type OptionName, OPTIONS } from "../config.ts";
import { DicomError } from "../errors.ts";
import { type Environment, substitute } from "./environment.ts";
import type { Override } from "./flags.ts";
import { parseJsonObject, parseJsonValue, positionOf } from "./json.ts";
import type { ResolvePath } from "./option.ts";
import type { Problems } from "./problems.ts";
import { suggest } from "./suggest.ts";

/** A configuration file: its name, which is its path, and its text. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** A value that an option was given, not checked yet. */
export interface Setting {
  /** What the value may be; the first that is right counts. */
  readonly candidates: readonly unknown[];
  /** File and place, flag, or variable. */
  readonly where: string;
  readonly resolvePath: ResolvePath;
}

/** What was set. */
export type Settings = ReadonlyMap<OptionName, Setting>;

const MAXIMUM_CHARACTERS = 16 * 1024 * 1024;
const MAXIMUM_MEMBERS = 1000;
const SHOWN_CHARACTERS = 64;

const BY_WRITTEN_NAME: ReadonlyMap<string, OptionName> = new Map(
  OPTION_NAMES.flatMap((name) => {
    const { alias } = OPTIONS[name];
    return alias === undefined ? [[name, name]] : [[name, name], [alias, name]];
  }),
);
const WRITTEN_NAMES = [...BY_WRITTEN_NAME.keys()];

/** The settings of the files, each option once among them all. */
export function readSources(
  sources: readonly Source[],
  env: Environment,
  problems: Problems,
): Settings {
  const settings = new Map<OptionName, Setting>();
  for (const source of sources) {
    for (const { key, value, where } of membersOf(source, problems)) {
      const option = BY_WRITTEN_NAME.get(key);
      const earlier = option && settings.get(option);
      if (option === undefined) problems.add(`${where} ${unknownKey(key)}`);
      else if (earlier) problems.add(`${where} ${key}: already set at ${earlier.where}`);
      else {
        const { candidates, missing } = substitute(value, env);
        const resolvePath = pathsFrom(dirname(source.name));
        for (const name of missing) {
          problems.add(`${where} ${key}: the environment variable ${name} is not set`);
        }
        settings.set(option, { candidates, where, resolvePath });
      }
    }
  }
  return settings;
}

/** The settings of the command line or the environment: a value is JSON, if it is right as such, or else text. */
export function readOverrides(overrides: readonly Override[]): Settings {
  return new Map(overrides.map(({ option, text, where }) => [option, {
    candidates: [...jsonOf(text), text],
    where,
    resolvePath: (path) => path,
  }]));
}

/** Lets relative paths start at `folder`. */
export function pathsFrom(folder: string): ResolvePath {
  return (path) => isAbsolute(path) ? path : join(folder, path);
}

function membersOf(source: Source, problems: Problems) {
  try {
    return readMembers(source);
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    problems.add(`${source.name}: ${error.message}`);
    return [];
  }
}

function readMembers({ name, text }: Source) {
  if (text.length > MAXIMUM_CHARACTERS) {
    throw new DicomError(
      "too-large",
      `Cannot read JSON: more than ${MAXIMUM_CHARACTERS} characters`,
    );
  }
  const members = parseJsonObject(text);
  if (members.length > MAXIMUM_MEMBERS) {
    throw new DicomError("too-large", `Cannot read options: more than ${MAXIMUM_MEMBERS} of them`);
  }
  return members.map(({ key, value, offset }) => ({
    key,
    value,
    where: `${name}:${positionOf(text, offset)}`,
  }));
}

function jsonOf(text: string): unknown[] {
  try {
    return [parseJsonValue(text)];
  } catch {
    return []; // then it is text
  }
}

function unknownKey(key: string): string {
  const near = suggest(key, WRITTEN_NAMES);
  const shown = JSON.stringify(key.slice(0, SHOWN_CHARACTERS));
  return `${shown}: no such option${near === undefined ? "" : `, did you mean "${near}"?`}`;
}
