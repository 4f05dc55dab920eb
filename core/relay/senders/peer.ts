import * as z from "zod";
import { digestsOf } from "../../bytes/digest.ts";
import type { Clock } from "../../ports.ts";
import type {
  Delivery,
  DutyInstance,
  Proof,
  ProofLevel,
  Sender,
} from "../../ports/destinations.ts";
import type { HttpClient, HttpRequest, HttpServer } from "../../ports/http_client.ts";
import { ask, type Reply } from "../http/ask.ts";
import { sha256OfAnswer } from "../http/digest.ts";
import { hopsHeader } from "../hops.ts";
import { fileBody } from "./http_body.ts";
import { failedByError, failedByHttp, unprovenByError } from "./outcome.ts";
import { probeHttp } from "./probe.ts";

/** What the sender needs. */
export interface PeerSenderPorts {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** The peer as it is configured now. @throws DicomError `unknown-resource` */
  server(): HttpServer;
}

/** Answer to an upload. */
const Stored = z.object({ ID: z.string(), Status: z.string().optional() });

/** Answer to `/tools/lookup`. */
const Found = z.array(z.object({ ID: z.string(), Type: z.string() }));

/** Statuses of uploads where the peer has not kept the instance. */
const REFUSALS: readonly string[] = ["FilteredOut", "Failure"];

/** Sends by `POST /instances`; proof by `/tools/lookup`, and by the MD5 of what is stored. */
export function createPeerSender({ http, clock, server }: PeerSenderPorts): Sender {
  const get = (path: string): HttpRequest => ({ method: "GET", path });

  async function deliver(instance: DutyInstance, signal: AbortSignal): Promise<Delivery> {
    await using file = await instance.open();
    const reply = await ask({ http, server: server() }, {
      method: "POST",
      path: "instances",
      headers: { "Content-Type": "application/dicom", ...hopsHeader(instance.hops) },
      body: fileBody(file),
    }, signal);
    return reply.status === 200 ? outcomeOf(reply) : failedByHttp(reply, clock.now());
  }

  async function find(instance: DutyInstance, signal: AbortSignal): Promise<Proof> {
    const text = new TextEncoder().encode(instance.sopInstanceUid);
    const reply = await ask({ http, server: server() }, {
      method: "POST",
      path: "tools/lookup",
      headers: { "Content-Type": "text/plain" },
      body: { length: text.length, read: () => once(text) },
    }, signal);
    const found = reply.status === 200 ? Found.safeParse(parsed(reply.text)).data : undefined;
    if (!found) return unanswered(reply);
    return found.some(({ ID, Type }) => Type === "Instance" && ID === instance.ids.Instance)
      ? { kind: "proven" }
      : { kind: "missing", reason: "the peer does not find it" };
  }

  async function compare(instance: DutyInstance, signal: AbortSignal): Promise<Proof> {
    const line = { http, server: server() };
    const path = `instances/${instance.ids.Instance}`;
    const reply = await ask(line, get(`${path}/attachments/dicom/md5`), signal);
    if (reply.status === 200) {
      await using file = await instance.open();
      const { md5 } = await digestsOf(file);
      if (reply.text.trim().toLowerCase() === md5) return { kind: "proven" };
      return await differing(instance, signal);
    }
    const theirs = await sha256OfAnswer(line, get(`${path}/file`), signal);
    if (theirs === undefined) return unanswered(reply);
    return theirs === instance.sha256 ? { kind: "proven" } : await differing(instance, signal);
  }

  /** Other bytes: another transfer syntax explains them, nothing else does. */
  async function differing(instance: DutyInstance, signal: AbortSignal): Promise<Proof> {
    const path = `instances/${instance.ids.Instance}/metadata/TransferSyntax`;
    const { status, text } = await ask({ http, server: server() }, get(path), signal);
    return status === 200 && text.trim() !== instance.transferSyntaxUid
      ? { kind: "unsupported", reason: `the peer keeps it in transfer syntax ${uidText(text)}` }
      : { kind: "missing", reason: "the peer has other bytes" };
  }

  async function proveOne(
    instance: DutyInstance,
    level: Exclude<ProofLevel, "ack">,
    signal: AbortSignal,
  ): Promise<Proof> {
    try {
      const found = await find(instance, signal);
      if (found.kind !== "proven" || level === "commit") return found;
      return await compare(instance, signal);
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
      const request = { ...get("system"), accepted: (status: number) => status === 200 };
      await probeHttp({ http, server: server() }, request, signal);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(), // the client keeps the connections
  };
}

function outcomeOf({ text }: Reply): Delivery {
  const stored = Stored.safeParse(parsed(text)).data;
  if (!stored) {
    const reason = "the answer does not say that it is stored";
    return { kind: "transient", status: "HTTP 200", reason, connectionFault: false };
  }
  const status = stored.Status ?? "Success";
  if (!REFUSALS.includes(status)) return { kind: "accepted", status };
  return { kind: "permanent", status, reason: `the peer does not keep it: ${status}` };
}

/** No answer to a question for proof. */
function unanswered({ status }: Reply): Proof {
  return { kind: "pending", reason: `the peer answers HTTP status ${status}` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A UID of somebody else's, fit to be shown. */
function uidText(text: string): string {
  return text.trim().replace(/[^0-9.]/g, "").slice(0, 64);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
