import { systemClock } from "../../core/clock.ts";
import { SOP_CLASS, STORAGE_SOP_CLASS_UIDS } from "../../core/dicom/sop_class.ts";
import type { RemoteAe } from "../../core/ports/dicom_client.ts";
import { acceptAssociation, type Association } from "../../dimse/association.ts";
import { CommandField } from "../../dimse/command.ts";
import type { Message } from "../../dimse/message.ts";
import { negotiate } from "../../dimse/negotiation.ts";
import { createNegotiationPolicy } from "../../dimse/negotiation_policy.ts";
import { socketOf } from "../../core/net/conn_socket.ts";

const POLICY = createNegotiationPolicy({
  refuse: ({ called }) =>
    called === "PEER" ? undefined : { rejection: "calledAeTitleNotRecognized", why: "not us" },
  maximumLength: 16_384,
  acceptedTransferSyntaxes: ["*"],
  acceptedSopClasses: STORAGE_SOP_CLASS_UIDS,
  rejectedSopClasses: undefined,
  unknownSopClassAccepted: false,
  services: Object.values(SOP_CLASS),
});

/** What the other side does with each message; unless it returns true, success is answered. */
export type Behaviour = (message: Message, association: Association) => Promise<boolean | void>;

/** A remote on a port of this machine that behaves as told, or answers with success. */
export function startPeer(behave: Behaviour = () => Promise.resolve(false)) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const associations: Association[] = [];
  const serve = async (conn: Deno.Conn) => {
    const accepted = await acceptAssociation((request) => negotiate(request, POLICY), {
      socket: socketOf(conn),
      clock: systemClock,
      artimMs: 1_000,
      idleMs: 5_000,
      maximumLength: 16_384,
    });
    if (accepted.kind === "ended") return;
    const { association } = accepted;
    associations.push(association);
    try {
      for (;;) {
        const message = await association.receive();
        if (!message) break;
        if (!await behave(message, association)) await respond(association, message, 0x0000);
      }
    } catch { /* it was aborted */ }
    await association.closed;
  };
  const serving: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const conn of listener) serving.push(serve(conn));
  })();
  return {
    remote: {
      calledAet: "PEER",
      callingAet: "OUTPOST",
      host: "127.0.0.1",
      port: listener.addr.port,
      tls: false,
      timeoutMs: 5_000,
    } satisfies RemoteAe,
    associations,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const association of associations) association.abort("the test is over");
      await Promise.all(serving);
    },
  };
}

/** Sends a response without data set, with a comment if it is a failure. */
export function respond(association: Association, { contextId, command }: Message, status: number) {
  return association.send({
    contextId,
    command: {
      commandField: command.commandField | CommandField.response,
      messageIdBeingRespondedTo: command.messageId,
      affectedSopClassUid: command.affectedSopClassUid,
      errorComment: status === 0 ? undefined : "not\ttoday",
      status,
    },
  });
}
