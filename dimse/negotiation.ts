import {
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
} from "../core/dicom/implementation.ts";
import type {
  AssociateAccept,
  AssociateRequest,
  NegotiatedContext,
  PduOf,
  ProposedContext,
} from "./pdu.ts";
import { EMPTY_USER_INFORMATION, type RoleSelection } from "./user_information.ts";

/** DICOM Application Context Name (PS3.7 Annex A.2.1). */
export const APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1";

/** Result of the negotiation of a presentation context (PS3.8 Table 9-18). */
export const ContextResult = {
  accepted: 0,
  userRejection: 1,
  noReason: 2,
  abstractSyntaxNotSupported: 3,
  transferSyntaxesNotSupported: 4,
} as const;

const PERMANENT = 1;
const TRANSIENT = 2;
const USER = 1;
const PROVIDER_ACSE = 2;
const PROVIDER_PRESENTATION = 3;

/** Why an association is rejected, each with result, source and reason (PS3.8 Table 9-21). */
export const REJECTIONS = {
  noReason: { result: PERMANENT, source: USER, reason: 1 },
  applicationContextNotSupported: { result: PERMANENT, source: USER, reason: 2 },
  callingAeTitleNotRecognized: { result: PERMANENT, source: USER, reason: 3 },
  calledAeTitleNotRecognized: { result: PERMANENT, source: USER, reason: 7 },
  protocolVersionNotSupported: { result: PERMANENT, source: PROVIDER_ACSE, reason: 2 },
  temporaryCongestion: { result: TRANSIENT, source: PROVIDER_PRESENTATION, reason: 1 },
  localLimitExceeded: { result: TRANSIENT, source: PROVIDER_PRESENTATION, reason: 2 },
} as const satisfies Record<string, Omit<PduOf<"associateReject">, "kind">>;

/** The name of a reason to reject. */
export type Rejection = keyof typeof REJECTIONS;

/** Which roles the requestor of an association may take for a SOP class (PS3.7 Section D.3.3.4). */
export interface RequestorRoles {
  readonly scu: boolean;
  readonly scp: boolean;
}

/** The roles where nothing is negotiated. */
const DEFAULT_ROLES: RequestorRoles = { scu: true, scp: false };

/** What is accepted for an abstract syntax. */
export interface SupportedSyntax {
  /** Whether a transfer syntax, by UID, is acceptable. */
  accepts(transferSyntaxUid: string): boolean;
  readonly roles: RequestorRoles;
}

/** What an acceptor accepts. */
export interface NegotiationPolicy {
  /** Why a call is refused that one AE title makes to another; undefined if it is not. */
  refuse(call: { readonly calling: string; readonly called: string }): Refusal | undefined;
  /** What is accepted for an abstract syntax, by UID; undefined if nothing is. */
  support(abstractSyntaxUid: string): SupportedSyntax | undefined;
  /** Longest P-DATA-TF to receive, in bytes without the PDU header; 0 for no limit. */
  readonly maximumLength: number;
}

/** Why an association is rejected, for the peer and for the log. */
export interface Refusal {
  readonly rejection: Rejection;
  /** A clause for the log, as "the called AE title is X, not Y". */
  readonly why: string;
}

/** A presentation context that both sides may use. */
export interface AgreedContext {
  readonly id: number;
  readonly abstractSyntaxUid: string;
  readonly transferSyntaxUid: string;
  readonly requestorRoles: RequestorRoles;
}

/** The answer to a request for an association, ready to be sent. */
export type Negotiation =
  | {
    readonly kind: "accept";
    readonly pdu: AssociateAccept;
    readonly contexts: ReadonlyMap<number, AgreedContext>;
  }
  | { readonly kind: "reject"; readonly pdu: PduOf<"associateReject">; readonly why: string };

/**
 * Decides on a request for an association (PS3.8 Section 9.3, PS3.7 Annex D.3).
 *
 * Of each context the first acceptable transfer syntax in the order of the requestor is taken. Asynchronous operations,
 * extended negotiation and user identity get no answer, which tells the requestor that they are not used.
 */
export function negotiate(request: AssociateRequest, policy: NegotiationPolicy): Negotiation {
  const refusal = refuse(request, policy);
  if (refusal) return reject(refusal);
  const pdu: AssociateAccept = {
    kind: "associateAccept",
    protocolVersion: 1,
    calledAeTitle: request.calledAeTitle,
    callingAeTitle: request.callingAeTitle,
    applicationContext: APPLICATION_CONTEXT,
    contexts: request.contexts.map((context) => answerContext(context, policy)),
    user: {
      ...EMPTY_USER_INFORMATION,
      maximumLength: policy.maximumLength,
      implementationClassUid: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: IMPLEMENTATION_VERSION_NAME,
      roles: answerRoles(request.user.roles, policy),
    },
  };
  return { kind: "accept", pdu, contexts: agreedContexts(request, pdu) };
}

/** The answer that rejects an association. */
export function reject({ rejection, why }: Refusal): Negotiation & { kind: "reject" } {
  return { kind: "reject", pdu: { kind: "associateReject", ...REJECTIONS[rejection] }, why };
}

/**
 * The presentation contexts, by id, that request and answer agree on; accepted ones that were not proposed, with that
 * transfer syntax, are left out.
 */
export function agreedContexts(
  request: AssociateRequest,
  answer: AssociateAccept,
): ReadonlyMap<number, AgreedContext> {
  const answers = new Map(answer.contexts.map((context) => [context.id, context]));
  const agreed = new Map<number, AgreedContext>();
  for (const { id, abstractSyntax, transferSyntaxes } of request.contexts) {
    const { result, transferSyntax } = answers.get(id) ?? {};
    if (result !== ContextResult.accepted || transferSyntax === undefined) continue;
    if (!transferSyntaxes.includes(transferSyntax)) continue;
    agreed.set(id, {
      id,
      abstractSyntaxUid: abstractSyntax,
      transferSyntaxUid: transferSyntax,
      requestorRoles: agreedRoles(abstractSyntax, request.user.roles, answer.user.roles),
    });
  }
  return agreed;
}

function refuse(request: AssociateRequest, policy: NegotiationPolicy): Refusal | undefined {
  if ((request.protocolVersion & 1) === 0) {
    const why = `protocol version 1 is not among those of the caller (${request.protocolVersion})`;
    return { rejection: "protocolVersionNotSupported", why };
  }
  if (request.applicationContext !== APPLICATION_CONTEXT) {
    const why = `the application context is ${request.applicationContext ?? "missing"}`;
    return { rejection: "applicationContextNotSupported", why };
  }
  return policy.refuse({ calling: request.callingAeTitle, called: request.calledAeTitle });
}

function answerContext(
  { id, abstractSyntax, transferSyntaxes }: ProposedContext,
  policy: NegotiationPolicy,
): NegotiatedContext {
  const supported = policy.support(abstractSyntax);
  const chosen = transferSyntaxes.find((uid) => supported?.accepts(uid));
  const transferSyntax = chosen ?? transferSyntaxes[0] ?? ""; // not significant unless accepted
  return { id, result: resultOf(supported, chosen), transferSyntax };
}

function resultOf(supported: SupportedSyntax | undefined, chosen: string | undefined): number {
  if (!supported) return ContextResult.abstractSyntaxNotSupported;
  return chosen === undefined ? ContextResult.transferSyntaxesNotSupported : ContextResult.accepted;
}

/** An answer to each proposed role of a supported SOP class: 1 only where proposed and supported. */
function answerRoles(
  proposed: readonly RoleSelection[],
  policy: NegotiationPolicy,
): RoleSelection[] {
  return proposed.flatMap(({ sopClassUid, scu, scp }) => {
    const roles = policy.support(sopClassUid)?.roles;
    if (!roles) return [];
    return [{ sopClassUid, scu: both(scu, roles.scu), scp: both(scp, roles.scp) }];
  });
}

function both(proposed: number, supported: boolean): 0 | 1 {
  return proposed !== 0 && supported ? 1 : 0;
}

/** What both sides said 1 to; the default where one of them said nothing. */
function agreedRoles(
  abstractSyntaxUid: string,
  proposed: readonly RoleSelection[],
  answered: readonly RoleSelection[],
): RequestorRoles {
  const isOfSyntax = ({ sopClassUid }: RoleSelection) => sopClassUid === abstractSyntaxUid;
  const proposal = proposed.find(isOfSyntax);
  const answer = answered.find(isOfSyntax);
  if (!proposal || !answer) return DEFAULT_ROLES;
  return {
    scu: both(proposal.scu, answer.scu !== 0) === 1,
    scp: both(proposal.scp, answer.scp !== 0) === 1,
  };
}
