import type { Clock } from "../../core/ports.ts";
import {
  acceptAssociation,
  type Association,
  requestAssociation,
} from "../../dimse/association.ts";
import { APPLICATION_CONTEXT, negotiate } from "../../dimse/negotiation.ts";
import type { AssociateRequest } from "../../dimse/pdu.ts";
import { EMPTY_USER_INFORMATION } from "../../dimse/user_information.ts";
import type { Socket } from "../../core/net/socket.ts";

export const VERIFICATION = "1.2.840.10008.1.1";
export const IMPLICIT = "1.2.840.10008.1.2";

/** A request for an association with one context, number 1. */
export function associateRequest(maximumLength = 16_384): AssociateRequest {
  return {
    kind: "associateRequest",
    protocolVersion: 1,
    calledAeTitle: "CALLED",
    callingAeTitle: "CALLING",
    applicationContext: APPLICATION_CONTEXT,
    contexts: [{ id: 1, abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT] }],
    user: { ...EMPTY_USER_INFORMATION, maximumLength, implementationClassUid: "1.2.3" },
  };
}

/** What both sides need beside the socket. */
export interface Sides {
  readonly clock: Clock;
  readonly maximumLength?: number;
  readonly idleMs?: number;
}

/** Accepts an association as a server that accepts everything. */
export async function accept(
  socket: Socket,
  { clock, maximumLength = 16_384, idleMs = 30_000 }: Sides,
): Promise<Association> {
  const options = { socket, clock, maximumLength, artimMs: 10_000, idleMs };
  const result = await acceptAssociation(
    (request) =>
      negotiate(request, {
        maximumLength,
        refuse: () => undefined,
        support: () => ({ accepts: () => true, roles: { scu: true, scp: true } }),
      }),
    options,
  );
  if (result.kind === "accepted") return result.association;
  throw new Error(`no association: ${result.ending.reason}`);
}

/** Both ends of an association. */
export async function associated(
  [there, here]: readonly [Socket, Socket],
  sides: Sides,
): Promise<{ readonly scu: Association; readonly scp: Association }> {
  const { clock, maximumLength = 16_384, idleMs = 30_000 } = sides;
  const options = { socket: there, clock, maximumLength, artimMs: 10_000, idleMs };
  const [scu, scp] = await Promise.all([
    requestAssociation(associateRequest(maximumLength), options),
    accept(here, sides),
  ]);
  return { scu, scp };
}
