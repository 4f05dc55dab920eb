import type { App } from "../../core/app.ts";
import type { Modality } from "../../core/config/modality.ts";
import { DicomError } from "../../core/errors.ts";
import { remoteOf } from "../../core/remote_ae.ts";
import type { RemoteModality } from "../../core/remote/queries.ts";

/** What a request may have otherwise than the configuration. */
export interface TargetOverrides {
  readonly LocalAet?: string | undefined;
  readonly CalledAet?: string | undefined;
  readonly Host?: string | undefined;
  readonly Port?: number | undefined;
  /** Seconds; 0 for that of the configuration. */
  readonly Timeout?: number | undefined;
}

/**
 * A modality by its name, or as it is, and how to call it.
 *
 * @throws DicomError `not-found`
 */
export function remoteModality(
  app: App,
  named: string | Modality,
  overrides: TargetOverrides = {},
): RemoteModality {
  const modality = typeof named === "string" ? app.modalities.get(named) : named;
  if (!modality) {
    throw new DicomError("not-found", `No modality with symbolic name: ${named}`);
  }
  const changed = {
    ...modality,
    aet: overrides.CalledAet ?? modality.aet,
    localAet: overrides.LocalAet ?? modality.localAet,
    host: overrides.Host ?? modality.host,
    port: overrides.Port ?? modality.port,
    timeout: overrides.Timeout || modality.timeout,
  };
  const name = typeof named === "string" ? named : modality.aet;
  return { name, modality, remote: remoteOf(changed, app.config) };
}
