import type { App } from "../core/app.ts";
import type { Config } from "../core/config.ts";
import type { Caller, DicomService } from "../core/modalities.ts";
import type { Command, KnownCommand } from "./command.ts";
import type { Message, OutgoingMessage } from "./message.ts";
import type { AgreedContext } from "./negotiation.ts";

/** A request on an accepted presentation context. */
export interface Request extends Message {
  readonly context: AgreedContext;
  readonly caller: Caller;
  /** AE title that was called. */
  readonly calledAet: string;
}

/** A response. */
export interface Response {
  /** PS3.7 Annex C, and PS3.4 by service. */
  readonly status: number;
  /** Encoded in the transfer syntax of the request's context. */
  readonly dataSet?: Uint8Array;
  /** More elements of the command set, such as counters and Error Comment. */
  readonly command?: Omit<Command, "commandField">;
}

/** What a service works with. */
export interface ServiceContext {
  readonly app: App;
  /** Aborts on C-CANCEL, and when the association ends. */
  readonly signal: AbortSignal;
  /** All presentation contexts of the association, by id. */
  readonly contexts: ReadonlyMap<number, AgreedContext>;
  /**
   * Sends a request over the same association and waits for the response: sub-operations of C-GET. Only for services
   * that are `interruptible`.
   *
   * @throws DicomError `network` or `timeout`
   */
  invoke(message: OutgoingMessage): Promise<KnownCommand>;
}

/** One DIMSE service as SCP. */
export interface DimseService {
  /** As in the log, such as `C-STORE`. */
  readonly name: string;
  /** Command Field (0000,0100) of its request. */
  readonly commandField: number;
  /** SOP classes that are served, by the configuration; those of storage are accepted besides, for C-STORE. */
  sopClassUids(config: Config): readonly string[];
  /** What a caller must be permitted, for a SOP class. */
  permission(sopClassUid: string): DicomService;
  /** Whether it is the remote that performs the service: then the role it has taken does not matter. */
  readonly isFromScp?: true;
  /**
   * Whether it may take long: its data set is then read before, and while it works C-CANCEL and the end of the
   * association are noticed.
   */
  readonly isInterruptible: boolean;
  /**
   * The responses, the last one final.
   *
   * @throws DicomError, which is answered by the status for its code
   */
  handle(request: Request, context: ServiceContext): AsyncIterable<Response>;
  /** Status of a failure, where it is another than of `FAILURE_STATUS`. */
  failureStatus?(error: unknown): number;
}
