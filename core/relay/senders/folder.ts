import { sha256Of } from "../../bytes/digest.ts";
import { readRange } from "../../dicom/decode.ts";
import { DicomError } from "../../errors.ts";
import type { Delivery, DutyInstance, Proof, Sender } from "../../ports/destinations.ts";
import type { ExportFolder } from "../../ports/export_folder.ts";
import { type Failed, failedByError } from "./outcome.ts";

/** A UID that is safe as the name of a file: digits, with dots between them (PS3.5 Section 9.1). */
const SAFE_UID = /^\d{1,64}(\.\d{1,64})*$/;
const MOST_CHARACTERS = 64;

/** Writes files as study, series and instance, named by their UIDs; proof by reading them again. */
export function createFolderSender(folder: ExportFolder): Sender {
  async function deliver(instance: DutyInstance, signal: AbortSignal): Promise<Delivery> {
    await using file = await instance.open();
    await folder.put(pathOf(instance), readRange(file, 0, file.size), signal);
    return { kind: "accepted", status: "written" };
  }

  async function proveOne(instance: DutyInstance): Promise<Proof> {
    try {
      await using file = await folder.open(pathOf(instance));
      const isSame = file.size === instance.size && await sha256Of(file) === instance.sha256;
      return isSame ? { kind: "proven" } : { kind: "missing", reason: "the file has other bytes" };
    } catch (error) {
      if (!(error instanceof DicomError) || error.code !== "missing-file") throw error;
      return { kind: "missing", reason: "the file is not there" };
    }
  }

  return {
    async deliver(instance, signal) {
      try {
        return await deliver(instance, signal);
      } catch (error) {
        return failedByWriting(error, signal);
      }
    },
    async prove(instances, _level, signal) {
      const proofs: Proof[] = [];
      for (const instance of instances) {
        signal.throwIfAborted();
        proofs.push(await proveOne(instance));
      }
      return proofs;
    },
    async probe() {
      try {
        await folder.check();
      } catch (cause) {
        if (!(cause instanceof DicomError)) throw cause;
        throw new DicomError("network", cause.message, { cause }); // as every destination that is away
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A folder that cannot be written is away, like a remote that does not answer. */
function failedByWriting(error: unknown, signal: AbortSignal): Failed {
  const failed = failedByError(error, signal);
  const isAway = error instanceof DicomError && error.code === "cannot-write";
  return isAway ? { ...failed, kind: "transient", connectionFault: true } : failed;
}

/** Names of two folders and a file; a UID that is none is replaced by a public identifier. */
function pathOf({ studyInstanceUid, seriesInstanceUid, sopInstanceUid, ids }: DutyInstance) {
  return [
    safe(studyInstanceUid, ids.Study),
    safe(seriesInstanceUid, ids.Series),
    `${safe(sopInstanceUid, ids.Instance)}.dcm`,
  ];
}

function safe(uid: string, id: string): string {
  return uid.length <= MOST_CHARACTERS && SAFE_UID.test(uid) ? uid : id;
}
