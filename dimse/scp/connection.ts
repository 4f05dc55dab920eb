import type { App } from "../../core/app.ts";
import type { AssociationNotes } from "../../core/associations.ts";
import type { Socket } from "../../core/net/socket.ts";
import { acceptAssociation, type Association } from "../association.ts";
import type { Ending } from "../association/ending.ts";
import { negotiate, type Negotiation, type NegotiationPolicy, reject } from "../negotiation.ts";
import type { AssociateRequest } from "../pdu.ts";
import { refuseCall } from "./admission.ts";
import { dispatch } from "./dispatch.ts";

/** What a connection is served with. */
export interface ConnectionOptions {
  readonly app: App;
  readonly policy: Omit<NegotiationPolicy, "refuse">;
  readonly artimMs: number;
  readonly idleMs: number;
  /** Why no further association is admitted, if none is. */
  readonly isFull: () => string | undefined;
}

/** One connection from a remote: an association is accepted or rejected, and served until it ends. */
export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #notes: AssociationNotes;
  #association: Association | undefined;
  #isBusy = false;
  #isDraining = false;
  #hasEnded = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#notes = options.app.associations.open(socket.remoteAddress);
  }

  /** Serves until the connection is closed; never fails. */
  async run(): Promise<void> {
    try {
      await this.#live();
    } catch (error) {
      const log = this.#options.app.logs.of("dicom");
      log("error", "An association failed", { error: String(error) });
    } finally {
      this.#ended(GIVEN_UP); // unless it is known already
      this.#socket.close();
    }
  }

  /** Ends it when nothing is under way, or when that has been answered. */
  drain(): void {
    this.#isDraining = true;
    if (!this.#association) this.#socket.close();
    else if (!this.#isBusy) this.#association.abort("the server stops");
  }

  /** Ends it at once. */
  cut(): void {
    this.#association?.abort("the server stops");
    this.#socket.close();
  }

  #decide(request: AssociateRequest): Negotiation {
    const { app, policy, isFull } = this.#options;
    const { callingAeTitle, calledAeTitle } = request;
    this.#notes.called({ callingAet: callingAeTitle, calledAet: calledAeTitle });
    const why = isFull();
    if (why !== undefined) return reject({ rejection: "localLimitExceeded", why });
    const caller = { aet: callingAeTitle, ip: this.#socket.remoteAddress };
    const refuse = () => {
      const refusal = refuseCall(app, caller, calledAeTitle);
      if (refusal) this.#notes.rejected(refusal.remedy);
      return refusal;
    };
    return negotiate(request, { ...policy, refuse });
  }

  async #live(): Promise<void> {
    const { app, artimMs, idleMs, policy } = this.#options;
    const accepted = await acceptAssociation((request) => this.#decide(request), {
      socket: this.#socket,
      clock: app.clock,
      maximumLength: policy.maximumLength,
      artimMs,
      idleMs,
    });
    if (accepted.kind === "ended") this.#ended(accepted.ending);
    else await this.#serve(accepted.association);
  }

  async #serve(association: Association): Promise<void> {
    await using _ = association;
    this.#association = association;
    const { callingAeTitle, calledAeTitle } = association.request;
    const served = {
      app: this.#options.app,
      association,
      caller: { aet: callingAeTitle, ip: association.remoteAddress },
      calledAet: calledAeTitle,
      notes: this.#notes,
    };
    try {
      for (let message; (message = await association.receive());) {
        this.#isBusy = true;
        await dispatch(served, message);
        this.#isBusy = false;
        if (this.#isDraining) association.abort("the server stops");
      }
    } catch (error) {
      if (!association.ending) throw error;
    } finally {
      this.#ended(association.ending ?? GIVEN_UP); // before the connection is closed
    }
  }

  #ended(ending: Ending): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#notes.ended(ending);
    const level = ending.kind === "released" ? "info" : "warning";
    this.#options.app.logs.of("dicom")(level, `Association ${ending.kind}`, {
      remoteIp: this.#socket.remoteAddress,
      reason: ending.reason,
    });
  }
}

const GIVEN_UP: Ending = { kind: "aborted", by: "local", reason: "this side failed" };
