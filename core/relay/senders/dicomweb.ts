import { fileParts } from "../../bytes/multipart.ts";
import { readRange } from "../../dicom/decode.ts";
import { DicomError } from "../../errors.ts";
import type { Clock } from "../../ports.ts";
import type {
  Delivery,
  DutyInstance,
  Proof,
  ProofLevel,
  Sender,
} from "../../ports/destinations.ts";
import type { HttpAnswer, HttpClient, HttpServer } from "../../ports/http_client.ts";
import { ask, type Line, type Reply } from "../http/ask.ts";
import { type DataSetDigest, dataSetDigest } from "./dicomweb/data_set_digest.ts";
import { namesInstance, stowOutcome } from "./dicomweb/stow_answer.ts";
import { hopsHeader } from "../hops.ts";
import { relatedBody } from "./http_body.ts";
import { failedByError, failedByHttp, unprovenByError } from "./outcome.ts";
import { probeHttp } from "./probe.ts";

/** A DICOMweb server to send to. */
export interface WebTarget {
  readonly server: HttpServer;
  /** Whether it understands `transfer-syntax=*`. */
  readonly universalSyntax: boolean;
}

/** What the sender needs. */
export interface DicomWebSenderPorts {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** The server as it is configured now. @throws DicomError `not-found` */
  target(): WebTarget;
}

const JSON_TYPE = "application/dicom+json";

/** Statuses whose body says what became of each instance (PS3.18 Table 10.5.3-1). */
const DETAILED: readonly number[] = [200, 202, 409];
/** Statuses that say that there is nothing (PS3.18 Table 8.5-1). */
const NOTHING: readonly number[] = [204, 404];
/** Statuses of servers without the service. */
const NO_SERVICE: readonly number[] = [405, 406, 501];

/** Sends by STOW-RS; proof by QIDO-RS, or by reading back by WADO-RS (PS3.18 Section 10). */
export function createDicomWebSender({ http, clock, target }: DicomWebSenderPorts): Sender {
  const line = (): Line => ({ http, server: target().server });

  async function deliver(instance: DutyInstance, signal: AbortSignal): Promise<Delivery> {
    await using file = await instance.open();
    const boundary = crypto.randomUUID();
    const reply = await ask(line(), {
      method: "POST",
      path: "studies",
      headers: {
        "Accept": JSON_TYPE,
        "Content-Type": `multipart/related; type="application/dicom"; boundary=${boundary}`,
        ...hopsHeader(instance.hops),
      },
      body: relatedBody(file, boundary),
    }, signal);
    if (!DETAILED.includes(reply.status)) return failedByHttp(reply, clock.now());
    return stowOutcome(reply.text, instance.sopInstanceUid) ?? unnamed(reply, clock.now());
  }

  async function find(instance: DutyInstance, signal: AbortSignal): Promise<Proof> {
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = instance;
    const series = `studies/${studyInstanceUid}/series/${seriesInstanceUid}`;
    const reply = await ask(line(), {
      method: "GET",
      path: `${series}/instances?SOPInstanceUID=${sopInstanceUid}`,
      headers: { Accept: JSON_TYPE },
    }, signal);
    if (reply.status === 200 && namesInstance(reply.text, sopInstanceUid)) {
      return { kind: "proven" };
    }
    return reply.status === 200 ? absent() : unproven(reply.status);
  }

  async function compare(instance: DutyInstance, signal: AbortSignal): Promise<Proof> {
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = instance;
    const series = `studies/${studyInstanceUid}/series/${seriesInstanceUid}`;
    const { server, universalSyntax } = target();
    await using answer = await http.send(server, {
      method: "GET",
      path: `${series}/instances/${sopInstanceUid}`,
      headers: {
        Accept: 'multipart/related; type="application/dicom"' +
          (universalSyntax ? "; transfer-syntax=*" : ""),
      },
    }, signal);
    if (answer.status !== 200) return unproven(answer.status);
    const theirs = await firstDigest(answer);
    await using file = await instance.open();
    return compared(theirs, await dataSetDigest(readRange(file, 0, file.size)));
  }

  async function proveOne(
    instance: DutyInstance,
    level: Exclude<ProofLevel, "ack">,
    signal: AbortSignal,
  ): Promise<Proof> {
    try {
      return await (level === "commit" ? find : compare)(instance, signal);
    } catch (error) {
      return unprovenByError(error, signal);
    }
  }

  return {
    async deliver(instance, signal) {
      try {
        return await deliver(instance, signal);
      } catch (error) {
        return failedByError(error, signal);
      }
    },
    async prove(instances, level, signal) {
      const proofs: Proof[] = [];
      for (const instance of instances) proofs.push(await proveOne(instance, level, signal));
      return proofs;
    },
    async probe(signal) {
      const accepted = (status: number) => status < 500 && status !== 401 && status !== 403;
      const request = { method: "GET", path: "studies?limit=1", accepted } as const;
      await probeHttp(line(), { ...request, headers: { Accept: JSON_TYPE } }, signal);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(), // the client keeps the connections
  };
}

/** An answer that does not say what became of the instance: success is believed only where it is unmixed. */
function unnamed(reply: Reply, now: number): Delivery {
  const status = `HTTP ${reply.status}`;
  if (reply.status === 200) {
    return { kind: "accepted", status, warning: "the answer does not name the instance" };
  }
  if (reply.status === 409) return failedByHttp(reply, now);
  return { kind: "permanent", status, reason: "the answer does not say whether it is stored" };
}

function absent(): Proof {
  return { kind: "missing", reason: "the receiver does not find it" };
}

function unproven(status: number): Proof {
  if (NOTHING.includes(status)) return absent();
  const kind = NO_SERVICE.includes(status) ? "unsupported" : "pending";
  return { kind, reason: `the receiver answers HTTP status ${status}` };
}

/** Of the first part of a multipart answer, or of an answer that is the file itself. */
async function firstDigest({ headers, body }: HttpAnswer): Promise<DataSetDigest> {
  const contentType = headers.get("content-type") ?? "";
  if (!/^multipart\//i.test(contentType)) return await readable(dataSetDigest(body));
  for await (const part of fileParts(body, contentType)) return await readable(dataSetDigest(part));
  throw new DicomError("network", "Cannot compare instance: the answer is empty");
}

/** What is no DICOM file is no answer. */
async function readable(digest: Promise<DataSetDigest>): Promise<DataSetDigest> {
  try {
    return await digest;
  } catch (cause) {
    if (!(cause instanceof DicomError) || cause.code !== "bad-file") throw cause;
    throw new DicomError("network", "Cannot compare instance: the answer is no file", { cause });
  }
}

function compared(theirs: DataSetDigest, ours: DataSetDigest): Proof {
  if (theirs.sha256 === ours.sha256) return { kind: "proven" };
  return theirs.transferSyntaxUid === ours.transferSyntaxUid
    ? { kind: "missing", reason: "the receiver has other bytes" }
    : {
      kind: "unsupported",
      reason: `the receiver keeps it in transfer syntax ${theirs.transferSyntaxUid}`,
    };
}
