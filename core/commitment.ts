import type { InstanceReader } from "./archive/instance_reader.ts";
import { ROW_ONLY } from "./archive/query.ts";
import { TAG } from "./dicom/tag.ts";
import { valueText } from "./dicom/values.ts";
import { DicomError } from "./errors.ts";
import type { CommitmentRequest } from "./jobs/job.ts";
import type { FileStore, Index } from "./ports.ts";
import type {
  CommitmentResult,
  DicomClient,
  RemoteAe,
  SopReference,
} from "./ports/dicom_client.ts";

/** Failure Reason (0008,1197), with the descriptions of Orthanc (PS3.3 Section C.14.1.1). */
export const FAILURE_REASONS = {
  processingFailure: {
    code: 0x0110,
    description: "A general failure in processing the operation was encountered",
  },
  noSuchInstance: {
    code: 0x0112,
    description:
      "One or more of the elements in the Referenced SOP Instance Sequence was not available",
  },
  resourceLimitation: {
    code: 0x0213,
    description:
      "The SCP does not currently have enough resources to store the requested SOP Instance(s)",
  },
  classNotSupported: {
    code: 0x0122,
    description: "Storage Commitment has been requested for a SOP Instance with a SOP Class " +
      "that is not supported by the SCP",
  },
  classConflict: {
    code: 0x0119,
    description: "The SOP Class of an element in the Referenced SOP Instance Sequence did not " +
      "correspond to the SOP class registered for this SOP Instance at the SCP",
  },
  duplicateTransaction: {
    code: 0x0131,
    description: "The Transaction UID of the Storage Commitment Request is already in use",
  },
} as const satisfies Record<string, { readonly code: number; readonly description: string }>;

/** What a Failure Reason says. */
export function describeFailure(reason: number): string {
  const known = Object.values(FAILURE_REASONS).find(({ code }) => code === reason);
  return known?.description ?? "Unknown failure reason";
}

/** What a remote has committed itself to, as far as it has said so. */
export interface CommitmentReport {
  readonly remoteAet: string;
  readonly status: "Pending" | "Success" | "Failure";
  readonly stored: CommitmentResult["stored"];
  readonly failed: CommitmentResult["failed"];
}

/** What storage commitment needs. */
export interface CommitmentPorts {
  readonly index: Pick<Index, "lookup" | "get">;
  readonly files: Pick<FileStore, "open">;
  readonly reader: Pick<InstanceReader, "dataSet">;
  readonly client: Pick<DicomClient, "reportCommitment">;
  /** Reports kept, the newest (option `StorageCommitmentReportsSize`); 0 for no limit. */
  readonly maximumReports: number;
}

/** Storage commitment in both roles (PS3.4 Annex J). */
export type Commitment = ReturnType<typeof createCommitment>;

/** Makes the functions of storage commitment. */
export function createCommitment(ports: CommitmentPorts) {
  const reports = new Map<string, CommitmentReport>();

  return {
    /**
     * As SCP: looks at the instances and reports to `remote` over a new association (PS3.4 Section J.3.3).
     *
     * @throws DicomError `network` or `timeout`, with `dimseStatus` where the remote refuses; the reason of `signal`
     */
    async answer(remote: RemoteAe, request: CommitmentRequest, signal: AbortSignal): Promise<void> {
      const { transactionUid, references } = request;
      const result = await checkReferences(ports, references, signal);
      await ports.client.reportCommitment(remote, { transactionUid, ...result }, signal);
    },

    /** As SCU: keeps a report for a transaction that is about to be asked for. */
    expect(transactionUid: string, remoteAet: string): void {
      reports.delete(transactionUid);
      reports.set(transactionUid, { remoteAet, status: "Pending", stored: [], failed: [] });
      if (ports.maximumReports > 0 && reports.size > ports.maximumReports) {
        reports.delete(reports.keys().next().value!);
      }
    },

    /**
     * As SCU: takes what a remote reported.
     *
     * @throws DicomError `unknown-resource` if nobody waits for the transaction
     */
    receive({ transactionUid, stored, failed }: CommitmentResult): void {
      const report = reports.get(transactionUid);
      if (!report) {
        const fact = `no transaction ${transactionUid} is known`;
        throw new DicomError("unknown-resource", `Cannot take commitment report: ${fact}`);
      }
      const status = failed.length === 0 ? "Success" : "Failure";
      reports.set(transactionUid, { ...report, status, stored, failed });
    },

    /** The report of a transaction, as far as it has come. */
    report(transactionUid: string): CommitmentReport | undefined {
      return reports.get(transactionUid);
    },

    /** Drops a report: nothing was asked for after all. */
    forget(transactionUid: string): void {
      reports.delete(transactionUid);
    },
  };
}

/** Which instances are safe here, each read again up to its Pixel Data. */
async function checkReferences(
  ports: CommitmentPorts,
  references: readonly SopReference[],
  signal: AbortSignal,
): Promise<Pick<CommitmentResult, "stored" | "failed">> {
  const stored: SopReference[] = [];
  const failed: (SopReference & { reason: number })[] = [];
  for (const reference of references) {
    signal.throwIfAborted();
    const reason = await reasonAgainst(ports, reference);
    if (reason === undefined) stored.push(reference);
    else failed.push({ ...reference, reason });
  }
  return { stored, failed };
}

/**
 * Why an instance cannot be committed. Where several patients have one with its UID, one of the right class is
 * enough (Orthanc refuses them all).
 */
async function reasonAgainst(
  ports: CommitmentPorts,
  reference: SopReference,
): Promise<number | undefined> {
  const found = (await ports.index.lookup(reference.sopInstanceUid))
    .filter(({ level }) => level === "Instance");
  if (found.length === 0) return FAILURE_REASONS.noSuchInstance.code;
  let reason: number | undefined;
  for (const { id } of found) {
    const instance = await ports.index.get({ level: "Instance", id }, ROW_ONLY);
    reason = instance?.file
      ? await reasonAgainstFile(ports, instance.file, reference)
      : FAILURE_REASONS.noSuchInstance.code;
    if (reason === undefined) return undefined;
  }
  return reason;
}

async function reasonAgainstFile(
  { files, reader }: CommitmentPorts,
  { uuid, size }: { readonly uuid: string; readonly size: number },
  { sopClassUid, sopInstanceUid }: SopReference,
): Promise<number | undefined> {
  try {
    await using file = await files.open(uuid);
    if (file.size !== size) return FAILURE_REASONS.processingFailure.code;
    const dataSet = await reader.dataSet(uuid, {
      keep: ({ tag, depth }) =>
        depth === 0 && (tag === TAG.sopClassUid || tag === TAG.sopInstanceUid),
    });
    const text = (tag: number) => {
      const element = dataSet.get(tag);
      return element && valueText(element, dataSet);
    };
    if (text(TAG.sopInstanceUid) !== sopInstanceUid) return FAILURE_REASONS.processingFailure.code;
    return text(TAG.sopClassUid) === sopClassUid ? undefined : FAILURE_REASONS.classConflict.code;
  } catch (error) {
    if (error instanceof DicomError) return FAILURE_REASONS.processingFailure.code;
    throw error;
  }
}
