import { OPTION_NAMES, type OptionName } from "../config.ts";
import { DicomError } from "../errors.ts";
import { suggest } from "./suggest.ts";

/** A value that the command line or the environment gives an option, not read yet. */
export interface Override {
  readonly option: OptionName;
  readonly text: string;
  /** The flag or variable. */
  readonly where: string;
}

/** What node:util's parseArgs finds. */
export type FlagValues = Readonly<
  Record<string, string | boolean | readonly (string | boolean)[] | undefined>
>;

const ENVIRONMENT_PREFIX = "OUTPOST_";

/** The flag of an option, without its hyphens: `http-port`, `https-ca-certificates`. */
export function flagName(option: string): string {
  return option
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();
}

/** The environment variable of an option: `OUTPOST_HTTP_PORT`. */
export function environmentName(option: string): string {
  return ENVIRONMENT_PREFIX + flagName(option).replaceAll("-", "_").toUpperCase();
}

/** The flags of all options for node:util's parseArgs: `--http-port=8043` and `--HttpPort 8043`. */
export const CONFIG_FLAGS: Readonly<
  Record<string, { readonly type: "string"; readonly multiple: true }>
> = Object.fromEntries(
  OPTION_NAMES.flatMap((name) => [name, flagName(name)])
    .map((name) => [name, { type: "string", multiple: true }]),
);

/**
 * The options that the command line sets; flags of others' are passed over.
 * @throws DicomError `configuration` if an option is given twice
 */
export function flagsToOverrides(values: FlagValues): readonly Override[] {
  return OPTION_NAMES.flatMap((option) => {
    const given = [...new Set([option, flagName(option)])].flatMap((flag) =>
      [values[flag] ?? []].flat().map((value) => ({
        option,
        text: String(value),
        where: `--${flag}`,
      }))
    );
    if (given.length > 1) {
      const fact = `${given.map(({ where }) => where).join(" and ")} set the same option`;
      throw new DicomError("configuration", `Cannot use the command line: ${fact}`);
    }
    return given;
  });
}

/** The options that the environment sets. */
export function environmentToOverrides(
  env: (name: string) => string | undefined,
): readonly Override[] {
  return OPTION_NAMES.flatMap((option) => {
    const where = environmentName(option);
    const text = env(where);
    return text === undefined ? [] : [{ option, text, where }];
  });
}

/** Warnings for those variables in `names` that start as ours and are no option's. */
export function checkEnvironmentNames(names: readonly string[]): readonly string[] {
  const known = OPTION_NAMES.map(environmentName);
  return names
    .filter((name) => name.startsWith(ENVIRONMENT_PREFIX) && !known.includes(name))
    .map((name) => {
      const near = suggest(name, known);
      return `${name}: no such option${near === undefined ? "" : `, did you mean ${near}?`}`;
    });
}
