import type * as z from "zod";
import { CONTENT_OPTIONS } from "./config/content.ts";
import { DICOM_CLIENT_OPTIONS } from "./config/dicom_client.ts";
import { DICOM_SERVER_OPTIONS } from "./config/dicom_server.ts";
import { HTTP_CLIENT_OPTIONS } from "./config/http_client.ts";
import { HTTP_SERVER_OPTIONS } from "./config/http_server.ts";
import { JOB_OPTIONS } from "./config/jobs.ts";
import { NATIVE_OPTIONS } from "./config/native.ts";
import type { Option } from "./config/option.ts";
import { RELAY_OPTIONS } from "./config/relay.ts";
import { PLUGIN_OPTIONS, SCRIPT_OPTIONS } from "./config/scripts.ts";
import { STORAGE_OPTIONS } from "./config/storage.ts";

/** Every option once, by Orthanc's name. */
const TABLE = {
  ...STORAGE_OPTIONS,
  ...SCRIPT_OPTIONS,
  ...HTTP_SERVER_OPTIONS,
  ...HTTP_CLIENT_OPTIONS,
  ...DICOM_SERVER_OPTIONS,
  ...DICOM_CLIENT_OPTIONS,
  ...JOB_OPTIONS,
  ...RELAY_OPTIONS,
  ...CONTENT_OPTIONS,
  ...NATIVE_OPTIONS,
  ...PLUGIN_OPTIONS,
};

/** Name of an option, as in Orthanc's files. */
export type OptionName = keyof typeof TABLE;

/** Every option once, by Orthanc's name. */
export const OPTIONS: Readonly<Record<OptionName, Option>> = TABLE;

/** The names of all options. */
export const OPTION_NAMES = Object.keys(TABLE) as readonly OptionName[]; // the keys of TABLE are the names

/** The options under the headings of the documentation. */
export const OPTION_GROUPS: Readonly<Record<string, Readonly<Record<string, Option>>>> = {
  "Identity and storage": STORAGE_OPTIONS,
  "HTTP server": HTTP_SERVER_OPTIONS,
  "HTTP client and peers": HTTP_CLIENT_OPTIONS,
  "DICOM server": DICOM_SERVER_OPTIONS,
  "DICOM client": DICOM_CLIENT_OPTIONS,
  "Changes, jobs and logs": JOB_OPTIONS,
  "Relay": RELAY_OPTIONS,
  "DICOM content": CONTENT_OPTIONS,
  "Scripts and plugins": SCRIPT_OPTIONS,
  "Sections of Orthanc's plugins": PLUGIN_OPTIONS,
  "Tuning of Orthanc": NATIVE_OPTIONS,
};

/**
 * The configuration: each option under its name with a small first letter (`httpPort`), in the unit of the option.
 * Objects whose keys are names of the user's have no prototype.
 */
export type Config = {
  readonly [Name in OptionName as Uncapitalize<Name>]: z.output<(typeof TABLE)[Name]["schema"]>;
};

/** The key of option `name` in `Config`. */
export function configKey<Name extends OptionName>(name: Name): Uncapitalize<Name> {
  return name.charAt(0).toLowerCase() + name.slice(1) as Uncapitalize<Name>; // what Uncapitalize means
}
