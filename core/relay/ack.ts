import type { Config } from "../config.ts";

/** What "stored" is answered for (option `Relay.Ack`). */
export type Ack = Config["relay"]["Ack"];

/** What a power cut may take of what was answered for: that of so many milliseconds, and of one flush. */
export const LOSS_WINDOW_MS: Readonly<Record<Ack, number>> = { durable: 0, buffered: 250 };

/** What whoever runs the server is to see all the time; null for nothing. */
export const ACK_WARNING: Readonly<Record<Ack, string | null>> = {
  durable: null,
  buffered:
    `Relay.Ack is "buffered": a power cut loses what was answered within the last ${LOSS_WINDOW_MS.buffered} ms and one flush`,
};
