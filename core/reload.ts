import { isDeepStrictEqual } from "node:util";
import { type Config, configKey, OPTION_NAMES, type OptionName } from "./config.ts";
import { RULES } from "./config/rules.ts";
import { WRITTEN_TERMS } from "./dicom/charset/defined_terms.ts";
import { DicomError } from "./errors.ts";

/** Options that a running server takes over when it reads its configuration again; the others need a restart. */
export const LIVE_OPTIONS: ReadonlySet<OptionName> = new Set(
  [
    "AllowedHosts",
    "ApiTokens",
    "DefaultEncoding",
    "DicomAlwaysAllowEcho",
    "DicomAlwaysAllowFind",
    "DicomAlwaysAllowFindWorklist",
    "DicomAlwaysAllowGet",
    "DicomAlwaysAllowMove",
    "DicomAlwaysAllowStore",
    "DicomCheckCalledAet",
    "DicomCheckModalityHost",
    "DicomModalities",
    "HttpCompressionEnabled",
    "HttpDescribeErrors",
    "Name",
    "RegisteredUsers",
    "StrictAetComparison",
  ] as const satisfies readonly OptionName[],
);

const ENCODINGS = Object.keys(WRITTEN_TERMS);

/** What became of a configuration that was read again. */
export interface Reload {
  /** Options that changed and hold from now on. */
  readonly applied: readonly OptionName[];
  /** Options that changed and wait for a restart. */
  readonly waiting: readonly OptionName[];
}

/**
 * Takes over the live options of `next` into the `config` of a running server, all or none.
 *
 * @throws DicomError `configuration` if they contradict options that keep their value until a restart
 */
export function applyConfiguration(config: Config, next: Config): Reload {
  const changed = OPTION_NAMES.filter((name) =>
    !isDeepStrictEqual(config[configKey(name)], next[configKey(name)])
  );
  const applied = changed.filter((name) => LIVE_OPTIONS.has(name));
  const values = Object.fromEntries(
    applied.map((name) => [configKey(name), next[configKey(name)]]),
  );
  const merged = { ...config, ...values } as Config; // each value comes from the same key of a Config
  const broken = RULES.find(({ severity, applies }) => severity === "error" && applies(merged));
  if (broken) {
    const fact = `${
      broken.options.join(", ")
    }: ${broken.text} (part of the change needs a restart)`;
    throw new DicomError("configuration", `Cannot take over the configuration: ${fact}`);
  }
  Object.assign(config, values); // whoever asks next sees the new values
  return { applied, waiting: changed.filter((name) => !LIVE_OPTIONS.has(name)) };
}

/**
 * Takes over a name of the option `DefaultEncoding`, in any case of letters, until the configuration is read again.
 *
 * @returns the name as it is written
 * @throws DicomError `out-of-range` if there is no such name
 */
export function applyDefaultEncoding(config: Config, name: string): string {
  const known = ENCODINGS.find((one) => one.toLowerCase() === name.toLowerCase());
  if (known === undefined) {
    throw new DicomError(
      "out-of-range",
      "Cannot change the default encoding: there is no such name",
    );
  }
  Object.assign(config, { defaultEncoding: known });
  return known;
}
