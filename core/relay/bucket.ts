import type { Clock, OpenFile } from "../ports.ts";

/** Pieces of a throttled file take about so long. */
const PIECE_MS = 50;
const SMALLEST_PIECE = 1024;

/** Limits how many bytes a second pass. */
export interface Bucket {
  /** 0 for no limit. */
  readonly bytesPerSecond: number;
  /** Resolves when `bytes` more may pass. @throws what `signal` was aborted with */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

/** Makes a bucket of `bytesPerSecond`; it saves up nothing, so no burst exceeds the rate. */
export function createBucket(clock: Clock, bytesPerSecond: number): Bucket {
  let freeAt = 0;
  return {
    bytesPerSecond,
    async take(bytes, signal) {
      if (bytesPerSecond === 0) return;
      const now = clock.now();
      // A clock that was set back must not hold anything up.
      const start = freeAt > now + MOST_DEBT_MS ? now : Math.max(now, freeAt);
      freeAt = start + bytes / bytesPerSecond * 1000;
      if (start > now) await sleepUntil(clock, start, signal);
    },
  };
}

const MOST_DEBT_MS = 600_000;

/** `file`, read no faster than all `buckets` allow. */
export function throttled(
  file: OpenFile,
  buckets: readonly Bucket[],
  signal: AbortSignal,
): OpenFile {
  const rates = buckets.map(({ bytesPerSecond }) => bytesPerSecond).filter((rate) => rate > 0);
  if (rates.length === 0) return file;
  const piece = Math.max(SMALLEST_PIECE, Math.floor(Math.min(...rates) * PIECE_MS / 1000));
  return {
    size: file.size,
    async read(at, length) {
      const bytes = await file.read(at, Math.min(length, piece));
      for (const bucket of buckets) await bucket.take(bytes.length, signal);
      return bytes;
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

/** Resolves at time `at`. @throws what `signal` was aborted with */
export function sleepUntil(clock: Clock, at: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => {
      timer[Symbol.dispose]();
      reject(signal.reason);
    };
    const timer = clock.schedule(at, () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    signal.addEventListener("abort", abort, { once: true });
  });
}
