import type { Config } from "./config.ts";
import type { Modality } from "./config/modality.ts";
import type { RemoteAe } from "./ports/dicom_client.ts";

const MS_PER_SECOND = 1000;

/** How to call a modality: with its own AE title for us and its own timeout, where it has them. */
export function remoteOf(
  { aet, localAet, host, port, useDicomTls, timeout }: Modality,
  { dicomAet, dicomScuTimeout }: Pick<Config, "dicomAet" | "dicomScuTimeout">,
): RemoteAe {
  return {
    calledAet: aet,
    callingAet: localAet || dicomAet,
    host,
    port,
    tls: useDicomTls,
    timeoutMs: (timeout || dicomScuTimeout) * MS_PER_SECOND,
  };
}
