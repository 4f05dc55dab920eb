import { newTextElement } from "../../../dicom/json/new_data_set.ts";
import type { DataSet } from "../../../dicom/data_set.ts";
import { TAG } from "../../../dicom/tag.ts";
import { valueText } from "../../../dicom/values.ts";
import type { DutyInstance, Proof } from "../../../ports/destinations.ts";
import type { DicomClient, RemoteAe } from "../../../ports/dicom_client.ts";
import { DicomError } from "../../../errors.ts";
import { unprovenByError } from "../outcome.ts";

/** What asking by C-FIND needs. */
export interface FindPorts {
  readonly client: Pick<DicomClient, "find">;
  readonly remote: RemoteAe;
}

/** A series with more instances cannot be looked through. */
const MOST_INSTANCES = 100_000;

/** Proof by C-FIND: one query at the IMAGE level for each series (PS3.4 Section C.6.2.1). */
export async function proveByFind(
  ports: FindPorts,
  instances: readonly DutyInstance[],
  signal: AbortSignal,
): Promise<readonly Proof[]> {
  const found = new Map<string, ReadonlySet<string> | Proof>();
  for (const instance of instances) {
    const { seriesInstanceUid } = instance;
    if (!found.has(seriesInstanceUid)) {
      found.set(seriesInstanceUid, await uidsOf(ports, instance, signal));
    }
  }
  return instances.map(({ seriesInstanceUid, sopInstanceUid }) => {
    const series = found.get(seriesInstanceUid)!; // all series were asked for
    if ("kind" in series) return series;
    return series.has(sopInstanceUid)
      ? { kind: "proven" }
      : { kind: "missing", reason: "the receiver does not find it" };
  });
}

/** The instances that the remote has of a series, or why that cannot be known. */
async function uidsOf(
  { client, remote }: FindPorts,
  { studyInstanceUid, seriesInstanceUid }: DutyInstance,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | Proof> {
  const identifier = [
    newTextElement(TAG.sopInstanceUid, ""),
    newTextElement(TAG.queryRetrieveLevel, "IMAGE"),
    newTextElement(TAG.studyInstanceUid, studyInstanceUid),
    newTextElement(TAG.seriesInstanceUid, seriesInstanceUid),
  ];
  const uids = new Set<string>();
  try {
    for await (const match of client.find(remote, { model: "study-root", identifier }, signal)) {
      uids.add(uidOf(match));
      if (uids.size > MOST_INSTANCES) {
        throw new DicomError("network", "Cannot count a series: the receiver finds too much");
      }
    }
    return uids;
  } catch (error) {
    return unprovenByError(error, signal);
  }
}

function uidOf(match: DataSet): string {
  const element = match.get(TAG.sopInstanceUid);
  return (element && valueText(element, match)) ?? "";
}
