import type { Receive } from "../core/archive/receive.ts";
import type { Transcoder } from "../core/archive/transcoding.ts";
import type { Config } from "../core/config.ts";
import { followingCharacterSets } from "../core/dicom/charset.ts";
import { WRITTEN_TERMS } from "../core/dicom/charset/defined_terms.ts";
import { encodeFileMeta } from "../core/dicom/file_meta.ts";
import type { Clock } from "../core/ports.ts";
import type { DicomClient } from "../core/ports/dicom_client.ts";
import { losslessDataSet } from "./transcoded.ts";
import { createDicomClient } from "./scu.ts";
import type { ReceivedInstance, Reception } from "./scu/retrieve.ts";
import { statusOf, STORE_STATUS } from "./status.ts";
import { readTlsFiles } from "./tls_files.ts";

/** What the client of a server takes from it. */
export interface ClientNeeds {
  readonly config: Config;
  readonly clock: Clock;
  readonly receive: Receive;
  readonly transcoder: Transcoder;
}

const MS_PER_SECOND = 1000;

/** The client of a server, as it is configured. @throws DicomError `configuration` for unusable TLS files */
export function createServerClient(
  { config, clock, receive, transcoder }: ClientNeeds,
): DicomClient {
  return createDicomClient({
    clock,
    tls: readTlsFiles(config),
    maximumLength: config.maximumPduLength,
    closeDelayMs: config.dicomAssociationCloseDelay * MS_PER_SECOND,
    preferredTransferSyntax: config.dicomScuPreferredTransferSyntax,
    get characterSet() {
      return WRITTEN_TERMS[config.defaultEncoding]; // which may change
    },
    defaultSets: followingCharacterSets(() => config.defaultEncoding),
    receive: (instance) => ingestReceived(receive, instance),
    transcode: (file, syntaxes) => losslessDataSet(transcoder, file, syntaxes),
  });
}

/** Stores what a remote sends because of C-GET, as if it had come by C-STORE. */
async function ingestReceived(receive: Receive, instance: ReceivedInstance): Promise<Reception> {
  const { remote, sopClassUid, sopInstanceUid } = instance;
  try {
    const outcome = await receive(part10(instance), {
      kind: "dicom",
      remoteAet: remote.calledAet,
      calledAet: remote.callingAet,
      remoteIp: remote.host,
      sopClassUid,
      sopInstanceUid,
    });
    return { status: STORE_STATUS[outcome.kind], instanceId: outcome.ids.Instance };
  } catch (error) {
    return { status: statusOf(error) };
  }
}

async function* part10({ dataSet, remote, ...identity }: ReceivedInstance) {
  yield encodeFileMeta({ ...identity, sourceAet: remote.calledAet });
  yield* dataSet;
}
