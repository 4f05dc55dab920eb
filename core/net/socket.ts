/** A byte stream to another machine, over TCP or TLS. */
export interface Socket {
  /** IP address of the other end. */
  readonly remoteAddress: string;
  /** Whether it is encrypted. */
  readonly secure: boolean;
  /** Fills the start of `into`. @returns how many bytes, or null at the end; rejects once closed */
  read(into: Uint8Array): Promise<number | null>;
  /** @returns how many bytes were taken, at least one; rejects once closed */
  write(bytes: Uint8Array): Promise<number>;
  /** Tells the other end that nothing follows; reading goes on. */
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
