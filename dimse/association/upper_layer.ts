import { DicomError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { Socket } from "../../core/net/socket.ts";
import { decodePdu, type Pdu, type PduKind } from "../pdu.ts";
import { PduStream, type ReceivedPdu } from "../pdu_stream.ts";
import { type Event, type Role, type State, step } from "../state_table.ts";
import { Deadline } from "./deadline.ts";
import { type Duties, type Input, PERFORM } from "./effects.ts";
import {
  AbortReason,
  endedError,
  type Ending,
  endingOf,
  RELEASED,
  timeout,
  unexpectedPdu,
} from "./ending.ts";

/** How long the two sides may take. */
export interface Patience {
  readonly clock: Clock;
  /** For the association to be asked for or answered, and for the connection to be closed at its end. */
  readonly artimMs: number;
  /** For whatever else the remote is waited for; 0 for no limit. */
  readonly idleMs: number;
}

/** What an upper layer is made of. */
export interface UpperLayerOptions extends Patience {
  readonly role: Role;
  readonly socket: Socket;
  /** Longest body of a P-DATA-TF PDU to receive, in bytes. */
  readonly maximumLength: number;
}

/** What the remote did, for the user of the upper layer. */
export type Indication =
  | { readonly kind: "associate"; readonly pdu: Pdu }
  | { readonly kind: "data"; readonly pdu: ReceivedPdu }
  | { readonly kind: "release" }
  | { readonly kind: "ended"; readonly ending: Ending };

/** The event of each PDU (PS3.8 Table 9-10). */
const PDU_EVENTS = {
  associateRequest: "associateRequestPdu",
  associateAccept: "associateAcceptPdu",
  associateReject: "associateRejectPdu",
  data: "dataPdu",
  releaseRequest: "releaseRequestPdu",
  releaseReply: "releaseReplyPdu",
  abort: "abortPdu",
} as const satisfies Record<PduKind, Event>;

/** What an effect may tell the user. */
type Duty = Parameters<Duties["indicate"]>[0];

/** How long what was written last may take before the connection is cut. */
const FLUSH_MS = 1000;
const NOTHING = new Uint8Array();
const LOST: Ending = { kind: "lost", by: "remote", reason: "the connection was closed" };

/** The DICOM upper layer (PS3.8 Section 9): one connection driven by the state table, for either role. */
export class UpperLayer {
  readonly socket: Socket;
  readonly #role: Role;
  readonly #stream: PduStream;
  readonly #duties: Duties;
  readonly #artim: Deadline;
  readonly #idle: Deadline;
  readonly #writing: Deadline;
  readonly #flushing: Deadline;
  readonly #patience: Patience;
  readonly #controller = new AbortController();
  readonly #closed = Promise.withResolvers<void>();
  #state: State = 1;
  #ending: Ending | undefined;
  #indicated: Duty | undefined;
  #writes: Promise<void> = Promise.resolve();
  #reading = false;
  #isLingering = false;
  #isClosed = false;
  /** Whether the start of the next PDU is not known any more. */
  #isOutOfStep = false;
  #wake: (() => void) | undefined;

  constructor(options: UpperLayerOptions) {
    const { socket, role, clock, artimMs, maximumLength } = options;
    this.socket = socket;
    this.#role = role;
    this.#patience = options;
    this.#stream = new PduStream(socket, maximumLength);
    this.#artim = new Deadline(clock, () => {
      this.fire("artimExpired", { ending: timeout("it took too long to associate or to close") });
    });
    const silent = () => this.abort(timeout("the remote was silent for too long"));
    this.#idle = new Deadline(clock, silent);
    this.#writing = new Deadline(clock, silent);
    this.#flushing = new Deadline(clock, () => socket.close());
    this.#duties = {
      connect: (bytes) => void this.fire("transportConfirm", { bytes }), // the socket is open already
      close: () => {}, // follows from the state, as where the remote closes
      write: (bytes) => this.#write(bytes),
      startArtim: () => this.#artim.set(artimMs),
      stopArtim: () => this.#artim.clear(),
      indicate: (indication) => this.#indicated = indication,
      end: (ending) => this.#end(ending),
    };
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  get state(): State {
    return this.#state;
  }

  /** Aborts with a DicomError when the association ends. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /**
   * Has the state table act on `event`.
   *
   * @returns whether the event can happen now
   */
  fire(event: Event, input: Partial<Input> = {}): boolean {
    const outcome = step(this.#state, event, this.#role);
    if (!outcome) return false;
    this.#state = outcome.next;
    const given = { bytes: NOTHING, ending: LOST, abortReason: AbortReason.notSpecified, ...input };
    for (const effect of outcome.effects) PERFORM[effect](this.#duties, given);
    if (this.#state === 13) this.#end(given.ending);
    if (this.#state === 13) this.#linger();
    else if (this.#state === 1) this.#close(given.ending);
    return true;
  }

  /** Sends P-DATA-TF PDUs. @throws DicomError `network` or `timeout` if the association has ended */
  async send(bytes: Uint8Array): Promise<void> {
    if (!this.fire("dataRequest", { bytes })) throw endedError(this.#ending ?? RELEASED);
    await this.#writes;
    if (this.#ending) throw endedError(this.#ending);
  }

  /** Ends it at once. */
  abort(ending: Ending): void {
    this.fire("abortRequest", { ending });
  }

  /** Ends it because of what the remote sent (PS3.8 Section 9.3.8). */
  violated(reason: number, fact: string): void {
    if (this.#ending) return;
    this.fire("invalidPdu", {
      abortReason: reason,
      ending: { kind: "aborted", by: "local", reason: fact },
    });
  }

  /** What the remote did next; one caller at a time. Data are good until the next call. */
  async next(): Promise<Indication> {
    for (;;) {
      if (this.#ending) return { kind: "ended", ending: this.#ending };
      const indication = this.#take();
      if (indication) return indication;
      if (!this.#ending) await this.#moreBytes();
    }
  }

  /** From now on the remote is waited for: it has the time of `Patience`, again after each sign of life. */
  expect(): void {
    this.#idle.set(this.#patience.idleMs);
  }

  /** The remote need not say anything. */
  expectNothing(): void {
    this.#idle.clear();
  }

  /** Gives memory back until something comes. */
  rest(): void {
    if (!this.#reading) this.#stream.rest();
  }

  #take(): Indication | undefined {
    try {
      const received = this.#stream.take();
      return received && this.#receive(received);
    } catch (error) {
      if (!(error instanceof DicomError)) throw error;
      const { unrecognizedPdu, invalidParameter } = AbortReason;
      const reason = this.#stream.isUnknown ? unrecognizedPdu : invalidParameter;
      this.#isOutOfStep = true; // where the next PDU starts is as doubtful as this one
      this.violated(reason, error.message);
      return undefined;
    }
  }

  #receive(received: ReceivedPdu): Indication | undefined {
    const { type, kind, bytes, start, end } = received;
    const pdu = kind === "data" ? undefined : decodePdu(type, bytes.subarray(start, end));
    this.#indicated = undefined;
    const ending = (pdu && endingOf(pdu)) ?? unexpectedPdu(kind);
    this.fire(PDU_EVENTS[kind], { abortReason: AbortReason.unexpectedPdu, ending });
    // When both ask for release nobody has anything to add.
    if (this.#state === 9 || this.#state === 12) this.fire("releaseResponse", { ending: RELEASED });
    const indicated = this.#indicated as Duty | undefined; // an effect may have set it
    if (indicated === "associate" && pdu) return { kind: "associate", pdu };
    if (indicated === "data") return { kind: "data", pdu: received };
    return indicated === "release" && this.#state === 8 ? { kind: "release" } : undefined;
  }

  /** Resolves when there are more bytes, or when it has ended. */
  #moreBytes(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    this.#read();
    return promise;
  }

  /** Reads once, unless a read is under way. */
  #read(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#stream.fill().then((isOpen) => {
      this.#reading = false;
      if (isOpen) this.#idle.touch();
      else this.fire("transportClosed");
      this.#wake?.();
      if (this.#state === 13) this.#linger();
      else if (this.#state === 1) this.#settle();
    });
  }

  /** Waits for the remote to close the connection (state 13); it is heard only when it has heard us. */
  #linger(): void {
    if (this.#isLingering || this.#reading) return;
    this.#isLingering = true;
    for (let left = Infinity; this.#stream.buffered < left && this.#state === 13;) {
      left = this.#stream.buffered;
      if (this.#isOutOfStep) this.#stream.discard();
      else this.#take();
    }
    this.#writes.then(() => {
      this.#isLingering = false;
      if (this.#state === 13) this.#read();
    });
  }

  #write(bytes: Uint8Array): void {
    this.#writes = this.#writes.then(async () => {
      if (this.#isClosed) return;
      try {
        for (let at = 0; at < bytes.length;) {
          this.#writing.set(this.#patience.idleMs);
          at += await this.socket.write(at === 0 ? bytes : bytes.subarray(at));
        }
      } catch {
        this.fire("transportClosed");
      } finally {
        this.#writing.clear();
      }
    });
  }

  #end(ending: Ending): void {
    if (this.#ending) return;
    this.#ending = ending;
    this.#idle.clear();
    this.#wake?.();
    this.#controller.abort(endedError(ending));
  }

  /** Closes the connection when the last PDU is out. */
  #close(ending: Ending): void {
    this.#end(ending);
    this.#artim[Symbol.dispose]();
    this.#idle[Symbol.dispose]();
    this.#flushing.set(FLUSH_MS);
    this.#writes.then(() => {
      this.#flushing[Symbol.dispose]();
      this.#writing[Symbol.dispose]();
      this.#isClosed = true;
      this.socket.close();
      this.#settle();
    });
  }

  #settle(): void {
    if (!this.#isClosed || this.#reading) return;
    this.#stream.discard();
    this.#stream.rest();
    this.#closed.resolve();
  }
}
