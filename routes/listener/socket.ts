/** A byte stream to a client, over TCP or TLS. */
export interface Socket {
  /** IP address of the client. */
  readonly remoteAddress: string;
  /** Whether it is encrypted. */
  readonly secure: boolean;
  /** Fills the start of `into`. @returns how many bytes, or null at the end; rejects once closed */
  read(into: Uint8Array): Promise<number | null>;
  /** @returns how many bytes were taken, at least one; rejects once closed */
  write(bytes: Uint8Array): Promise<number>;
  /** Tells the client that nothing follows; reading goes on. */
  closeWrite(): Promise<void>;
  /** Closes both directions at once; more than once is no error. */
  close(): void;
}

/** Something that listens on one address. */
export interface Acceptor {
  readonly hostname: string;
  readonly port: number;
  /** Accepts no more; sockets that are open stay so. Resolves when the port is free. */
  close(): Promise<void>;
}

/** When what is being waited for must have happened. */
export class Deadline {
  #at = Infinity;

  /** Starts anew: `ms` from now. */
  set(ms: number): void {
    this.#at = performance.now() + ms;
  }

  /** Nothing is being waited for. */
  clear(): void {
    this.#at = Infinity;
  }

  /** Whether it was before `now`, in ms as `performance.now()` gives them. */
  isPast(now: number): boolean {
    return this.#at < now;
  }
}
