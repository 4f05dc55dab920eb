import { DicomError } from "../../core/errors.ts";
import type { RemoteAe } from "../../core/ports/dicom_client.ts";
import type { Clock } from "../../core/ports.ts";
import {
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
} from "../../core/dicom/implementation.ts";
import { type Association, requestAssociation } from "../association.ts";
import { type AgreedContext, APPLICATION_CONTEXT } from "../negotiation.ts";
import type { AssociateRequest } from "../pdu.ts";
import { EMPTY_USER_INFORMATION } from "../user_information.ts";
import { type ClientTls, connect, connectionMessage } from "./connect.ts";
import { contextsOf, type Proposal, proposalKey, rolesOf } from "./proposals.ts";

/** What all associations of this side have in common. */
export interface LinkOptions {
  readonly clock: Clock;
  readonly tls?: ClientTls;
  /** Longest P-DATA-TF to receive, in bytes without the PDU header (option `MaximumPduLength`). */
  readonly maximumLength: number;
}

/** How long to wait for the answer to a request of a remote that has no limit of its own. */
const ARTIM_MS = 30_000;

/** An association that this side has opened. */
export class Link {
  readonly remote: RemoteAe;
  readonly clock: Clock;
  readonly association: Association;
  readonly contexts: readonly AgreedContext[];
  readonly #proposed: ReadonlySet<string>;
  #messageId = 0;

  constructor(
    remote: RemoteAe,
    association: Association,
    { clock, proposals }: { readonly clock: Clock; readonly proposals: readonly Proposal[] },
  ) {
    this.remote = remote;
    this.clock = clock;
    this.association = association;
    this.contexts = [...association.contexts.values()];
    this.#proposed = new Set(proposals.map(proposalKey));
  }

  /** Whether it lasts. */
  get isOpen(): boolean {
    return this.association.ending === undefined;
  }

  /** Whether all of `proposals` were proposed when it was opened. */
  covers(proposals: readonly Proposal[]): boolean {
    return proposals.every((proposal) => this.#proposed.has(proposalKey(proposal)));
  }

  /** A Message ID for the next request (PS3.7 Section 9.1). */
  nextMessageId(): number {
    this.#messageId = this.#messageId % 0xffff + 1;
    return this.#messageId;
  }

  /**
   * The context for a service that this side uses, or with `asScp` performs.
   *
   * @throws DicomError `network` if the remote did not accept one
   */
  contextOf(abstractSyntaxUid: string, asScp = false): AgreedContext {
    const found = this.contexts.find((context) =>
      context.abstractSyntaxUid === abstractSyntaxUid &&
      (asScp ? context.requestorRoles.scp : context.requestorRoles.scu)
    );
    if (found) return found;
    const fact = `it does not accept SOP class ${abstractSyntaxUid}`;
    throw new DicomError("network", connectionMessage(this.remote.calledAet, fact), {
      refusal: "service",
    });
  }
}

/**
 * Opens an association.
 *
 * @throws DicomError `network` or `timeout` where the remote cannot be reached or rejects it; the reason of `signal`
 */
export async function openLink(
  remote: RemoteAe,
  proposals: readonly Proposal[],
  options: LinkOptions & { readonly signal: AbortSignal },
): Promise<Link> {
  const { clock, maximumLength, signal } = options;
  const socket = await connect(remote, options);
  const closing = () => socket.close();
  signal.addEventListener("abort", closing, { once: true });
  try {
    const association = await requestAssociation(requestOf(remote, proposals, maximumLength), {
      socket,
      clock,
      maximumLength,
      artimMs: remote.timeoutMs || ARTIM_MS,
      idleMs: remote.timeoutMs,
    });
    return new Link(remote, association, { clock, proposals });
  } catch (cause) {
    signal.throwIfAborted();
    if (!(cause instanceof DicomError)) throw cause;
    const { code, message, refusal } = cause;
    throw new DicomError(code, connectionMessage(remote.calledAet, message), { cause, refusal });
  } finally {
    signal.removeEventListener("abort", closing);
  }
}

function requestOf(
  { calledAet, callingAet }: RemoteAe,
  proposals: readonly Proposal[],
  maximumLength: number,
): AssociateRequest {
  return {
    kind: "associateRequest",
    protocolVersion: 1,
    calledAeTitle: calledAet,
    callingAeTitle: callingAet,
    applicationContext: APPLICATION_CONTEXT,
    contexts: contextsOf(proposals),
    user: {
      ...EMPTY_USER_INFORMATION,
      maximumLength,
      implementationClassUid: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: IMPLEMENTATION_VERSION_NAME,
      roles: rolesOf(proposals),
    },
  };
}
