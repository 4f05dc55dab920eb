import type { Config } from "../../core/config.ts";
import type { RemoteAe } from "../../core/ports/dicom_client.ts";
import { parseConfiguration } from "../../core/config/parse.ts";
import { readServerArguments } from "./configuration.ts";
import { UsageError } from "./usage_error.ts";

/** What the commands that talk DICOM take, beside the destination. */
export const DICOM_FLAGS = {
  aet: { type: "string" },
  tls: { type: "boolean", default: false },
  timeout: { type: "string", default: "10" },
  config: { type: "string", multiple: true },
} as const;

/** The values of these flags. */
export interface DicomFlags {
  /** AE title to call with; that of the configuration if undefined. */
  readonly aet?: string | undefined;
  readonly tls: boolean;
  /** In seconds, 0 for no limit. */
  readonly timeout: string;
  /** Configuration files of which AE title and TLS files are taken. */
  readonly config?: readonly string[] | undefined;
}

/** Whom to call, and with which configuration. */
export interface Call {
  readonly config: Config;
  readonly remote: RemoteAe;
}

const MS_PER_SECOND = 1000;
const LONGEST_TIMEOUT = 86_400;
const DESTINATION =
  /^(?<aet>[^@\\]{1,16})@(?:\[(?<v6>[0-9a-f:.]+)\]|(?<host>[^:[\]@/]+)):(?<port>\d{1,5})$/i;

/**
 * Reads `AET@HOST:PORT`, with IPv6 addresses in brackets.
 *
 * @throws UsageError if it is not that; DicomError `configuration`
 */
export async function readCall(destination: string, flags: DicomFlags): Promise<Call> {
  const { aet, v6, host, port } = DESTINATION.exec(destination)?.groups ?? {};
  const timeout = Number(flags.timeout);
  if (aet === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new UsageError(`Cannot call "${destination}": it is not AET@HOST:PORT`);
  }
  if (!(timeout >= 0 && timeout <= LONGEST_TIMEOUT)) {
    throw new UsageError(
      `Cannot wait "${flags.timeout}": it is no number of seconds`,
    );
  }
  const config = await configurationOf(flags.config);
  const remote = {
    calledAet: aet.trim(),
    callingAet: flags.aet ?? config.dicomAet,
    host: v6 ?? host!,
    port: Number(port),
    tls: flags.tls,
    timeoutMs: timeout * MS_PER_SECOND,
  };
  return { config, remote };
}

/** Without files, the defaults: the environment of a server is none of ours. */
async function configurationOf(paths: readonly string[] = []): Promise<Config> {
  if (paths.length > 0) return (await readServerArguments(paths)).config;
  return parseConfiguration([], () => undefined).config;
}
