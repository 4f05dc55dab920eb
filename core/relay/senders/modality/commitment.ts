import { generateUid } from "../../../dicom/uid.ts";
import type { Clock } from "../../../ports.ts";
import type { DutyInstance, Proof } from "../../../ports/destinations.ts";
import type { DicomClient, RemoteAe, SopReference } from "../../../ports/dicom_client.ts";
import { statusText, unprovenByError } from "../outcome.ts";

/** What a remote has said about a transaction. */
export interface TransactionReport {
  readonly status: "Pending" | "Success" | "Failure";
  readonly stored: readonly SopReference[];
  /** With Failure Reason (0008,1197). */
  readonly failed: readonly (SopReference & { readonly reason: number })[];
}

/** Where reports of storage commitment are awaited. */
export interface CommitmentBook {
  /** Awaits a report about a transaction that is about to be asked for. */
  expect(transactionUid: string, remoteAet: string): void;
  /** Does so no more. */
  forget(transactionUid: string): void;
  /** Undefined after a restart, too. */
  report(transactionUid: string): TransactionReport | undefined;
}

/** What asking for commitment needs. */
export interface CommitmentPorts {
  readonly client: Pick<DicomClient, "requestCommitment">;
  readonly commitment: CommitmentBook;
  readonly clock: Clock;
  readonly remote: RemoteAe;
}

/** A remote that has not reported by then is asked again. */
const PATIENCE_MS = 24 * 3600 * 1000;

const WAITING = "the receiver has not reported yet";

/** What a token says: the transaction, and when it was asked for. */
interface Asked {
  readonly transactionUid: string;
  readonly at: number;
}

/** Proof by storage commitment (PS3.4 Annex J): one request for each study, whose report comes by itself. */
export async function proveByCommitment(
  ports: CommitmentPorts,
  instances: readonly DutyInstance[],
  signal: AbortSignal,
): Promise<readonly Proof[]> {
  const proofs = new Map<DutyInstance, Proof>();
  const studies = new Map<string, DutyInstance[]>();
  for (const instance of instances) {
    const proof = proofByReport(ports, instance);
    if (proof) proofs.set(instance, proof);
    else mapped(studies, instance.studyInstanceUid).push(instance);
  }
  for (const study of studies.values()) {
    const proof = await askFor(ports, study, signal);
    for (const instance of study) proofs.set(instance, proof);
  }
  return instances.map((instance) => proofs.get(instance)!); // each has one by now
}

/** What is known of an instance; undefined if the question is to be put, or put again. */
function proofByReport(
  { commitment, clock }: CommitmentPorts,
  { proofToken, sopClassUid, sopInstanceUid }: DutyInstance,
): Proof | undefined {
  const asked = readToken(proofToken);
  const report = asked && commitment.report(asked.transactionUid);
  if (!report) return undefined;
  const isSame = (reference: SopReference) =>
    reference.sopInstanceUid === sopInstanceUid && reference.sopClassUid === sopClassUid;
  if (report.stored.some(isSame)) return { kind: "proven" };
  const failure = report.failed.find((reference) => reference.sopInstanceUid === sopInstanceUid);
  if (failure) {
    const reason = `the receiver does not commit itself: reason ${statusText(failure.reason)}`;
    return { kind: "missing", reason };
  }
  if (report.status !== "Pending") {
    return { kind: "missing", reason: "the receiver's report leaves it out" };
  }
  if (clock.now() - asked.at >= PATIENCE_MS) return undefined;
  return { kind: "pending", reason: WAITING, token: tokenOf(asked) };
}

async function askFor(
  { client, commitment, clock, remote }: CommitmentPorts,
  study: readonly DutyInstance[],
  signal: AbortSignal,
): Promise<Proof> {
  const transactionUid = generateUid();
  const references = study.map(({ sopClassUid, sopInstanceUid }) => ({
    sopClassUid,
    sopInstanceUid,
  }));
  commitment.expect(transactionUid, remote.calledAet); // the report may come before the answer
  try {
    await client.requestCommitment(remote, { transactionUid, references }, signal);
    const token = tokenOf({ transactionUid, at: clock.now() });
    return { kind: "pending", reason: WAITING, token };
  } catch (error) {
    commitment.forget(transactionUid);
    return unprovenByError(error, signal);
  }
}

function tokenOf({ transactionUid, at }: Asked): string {
  return `${transactionUid} ${at}`;
}

function readToken(token = ""): Asked | undefined {
  const parts = /^([0-9.]{1,64}) (\d{1,15})$/.exec(token);
  return parts ? { transactionUid: parts[1]!, at: Number(parts[2]) } : undefined;
}

function mapped<T>(lists: Map<string, T[]>, key: string): T[] {
  let list = lists.get(key);
  if (!list) lists.set(key, list = []);
  return list;
}
