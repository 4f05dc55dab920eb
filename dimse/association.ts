import type { Socket } from "../core/net/socket.ts";
import { AbortReason, endedError, type Ending, RELEASED } from "./association/ending.ts";
import { type Patience, UpperLayer } from "./association/upper_layer.ts";
import { type Watch, watchArrivals } from "./association/watch.ts";
import { type Message, MessageReader, type OutgoingMessage, writeMessage } from "./message.ts";
import { type AgreedContext, agreedContexts, type Negotiation } from "./negotiation.ts";
import { type AssociateAccept, type AssociateRequest, encodePdu } from "./pdu.ts";
import type { ReceivedPdu } from "./pdu_stream.ts";
import type { Role } from "./state_table.ts";

/** What both sides said when they associated. */
export interface Agreement {
  readonly request: AssociateRequest;
  readonly accept: AssociateAccept;
}

/** What an association is made over. */
export interface AssociationOptions extends Patience {
  readonly socket: Socket;
  /** Longest body of a P-DATA-TF PDU that this side announces, in bytes. */
  readonly maximumLength: number;
}

/** Some peers count the header of a PDU to its length, or not. */
const TOLERANCE = 64;

/** An established association, for either role: messages in both directions until one side ends it. */
export class Association implements AsyncDisposable {
  readonly role: Role;
  readonly request: AssociateRequest;
  readonly accept: AssociateAccept;
  /** By id. */
  readonly contexts: ReadonlyMap<number, AgreedContext>;
  readonly remoteAddress: string;
  readonly #layer: UpperLayer;
  readonly #reader: MessageReader;
  readonly #maximumLength: number;
  #sending: Promise<void> = Promise.resolve();
  /** What is being read, or was read and not taken. */
  #arriving: Promise<Message | undefined> | undefined;
  #isWatched = false;

  constructor(role: Role, layer: UpperLayer, { request, accept }: Agreement) {
    this.role = role;
    this.request = request;
    this.accept = accept;
    this.contexts = agreedContexts(request, accept);
    this.remoteAddress = layer.socket.remoteAddress;
    this.#layer = layer;
    this.#reader = new MessageReader({
      nextData: () => this.#nextData(),
      accepts: (contextId) => this.contexts.has(contextId),
      violated: (fact) => layer.violated(AbortReason.invalidParameter, fact),
    });
    const { user } = role === "requestor" ? accept : request;
    this.#maximumLength = user.maximumLength ?? 0;
  }

  /** How it ended; undefined while it lasts. */
  get ending(): Ending | undefined {
    return this.#layer.ending;
  }

  /** Aborts, with a DicomError `network` or `timeout`, when it ends. */
  get signal(): AbortSignal {
    return this.#layer.signal;
  }

  /** Resolves when the connection is closed. */
  get closed(): Promise<void> {
    return this.#layer.closed;
  }

  /**
   * The next message, when what is left of the one before has been passed over; undefined when the remote has asked
   * for release, which is then granted, or got it.
   *
   * @throws DicomError `network` if the remote aborts or does not speak DIMSE, `timeout` if it is silent too long
   */
  async receive(): Promise<Message | undefined> {
    if (this.#reader.isEmpty) this.#layer.rest();
    this.#layer.expect(); // a read may be under way that expects nothing
    const message = await this.#arrival();
    this.#layer.expectNothing();
    this.#arriving = undefined;
    if (message) return message;
    if (this.#layer.state === 8) this.#layer.fire("releaseResponse", { ending: RELEASED });
    return undefined;
  }

  /**
   * Sends a message; several calls follow one another. A data set that fails aborts the association.
   *
   * @throws DicomError `network` or `timeout` if the association ends before, or what the data set throws
   */
  send(message: OutgoingMessage): Promise<void> {
    const sent = this.#sending.then(() => this.#write(message));
    this.#sending = sent.catch(() => {});
    return sent;
  }

  /**
   * Reads on while this side is at work, on what message `messageId` asked for or on nothing: so the end of the
   * association is noticed, and C-CANCEL. One at a time.
   */
  watch(messageId?: number): Watch {
    this.#isWatched = true;
    return watchArrivals(messageId, {
      association: this,
      arrival: () => this.#arrival(),
      taken: () => this.#arriving = undefined,
      expect: () => this.#layer.expect(),
      expectNothing: () => this.#layer.expectNothing(),
      over: () => this.#isWatched = false,
    });
  }

  /** Asks for release and waits for it, or for any other end; what still arrives is dropped. */
  async release(): Promise<void> {
    await this.#sending;
    if (!this.#layer.fire("releaseRequest", { ending: RELEASED })) return;
    this.#layer.expect();
    while (await this.#arrival().catch(() => undefined)) this.#arriving = undefined;
    await this.closed;
  }

  /** Ends it at once. @param reason for the log */
  abort(reason: string): void {
    this.#layer.abort({ kind: "aborted", by: "local", reason });
  }

  /** Aborts what has not ended, and waits until the connection is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.ending) this.abort("this side gave it up");
    await this.closed;
  }

  /** The next message, read once however often it is asked for; undefined after the last. */
  #arrival(): Promise<Message | undefined> {
    return this.#arriving ??= this.#reader.next();
  }

  async #nextData(): Promise<ReceivedPdu | undefined> {
    if (!this.#isWatched) this.#layer.expect();
    const indication = await this.#layer.next();
    if (!this.#isWatched) this.#layer.expectNothing();
    if (indication.kind === "ended" && indication.ending.kind !== "released") {
      throw endedError(indication.ending);
    }
    return indication.kind === "data" ? indication.pdu : undefined;
  }

  async #write(message: OutgoingMessage): Promise<void> {
    try {
      await writeMessage(message, {
        maximumLength: this.#maximumLength,
        write: (pdus) => this.#layer.send(pdus),
      });
    } catch (error) {
      if (!this.ending) this.abort("what was to be sent could not be read");
      throw error;
    }
  }
}

/** Asks for an association. @throws DicomError `network` if it is rejected or fails, `timeout` */
export async function requestAssociation(
  request: AssociateRequest,
  options: AssociationOptions,
): Promise<Association> {
  const layer = new UpperLayer({ ...options, role: "requestor", ...limits(options) });
  layer.fire("associateRequest", { bytes: encodePdu(request) });
  layer.expect();
  const indication = await layer.next();
  layer.expectNothing();
  if (indication.kind === "associate" && indication.pdu.kind === "associateAccept") {
    return new Association("requestor", layer, { request, accept: indication.pdu });
  }
  throw endedError(layer.ending ?? RELEASED); // a remote that is silent may take its time to close
}

/** What became of a connection. */
export type Acceptance =
  | { readonly kind: "accepted"; readonly association: Association }
  | { readonly kind: "ended"; readonly ending: Ending };

/** Waits for the request on a new connection and answers it as `decide` says. */
export async function acceptAssociation(
  decide: (request: AssociateRequest) => Negotiation,
  options: AssociationOptions,
): Promise<Acceptance> {
  const layer = new UpperLayer({ ...options, role: "acceptor", ...limits(options) });
  layer.fire("transportIndication");
  const indication = await layer.next();
  if (indication.kind === "associate" && indication.pdu.kind === "associateRequest") {
    const request = indication.pdu;
    const decision = decide(request);
    if (decision.kind === "accept") {
      const accept = decision.pdu;
      layer.fire("acceptResponse", { bytes: encodePdu(accept) });
      return {
        kind: "accepted",
        association: new Association("acceptor", layer, { request, accept }),
      };
    }
    const ending: Ending = { kind: "rejected", by: "local", reason: decision.why };
    layer.fire("rejectResponse", { bytes: encodePdu(decision.pdu), ending });
  }
  await layer.closed;
  return { kind: "ended", ending: layer.ending ?? RELEASED };
}

function limits({ maximumLength }: AssociationOptions): { readonly maximumLength: number } {
  return { maximumLength: maximumLength + TOLERANCE };
}
