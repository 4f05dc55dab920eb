import type { ErrorCode } from "../../core/errors.ts";
import type { Renaming } from "./writer.ts";

/** What the thread that writes is asked for. `id` numbers what is answered. */
export type Request =
  | { readonly call: "begin"; readonly file: number; readonly path: string }
  | { readonly call: "push"; readonly file: number; readonly bytes: Uint8Array }
  | {
    readonly call: "write";
    readonly file: number;
    readonly bytes: Uint8Array;
    readonly id: number;
  }
  | {
    readonly call: "end";
    readonly file: number;
    readonly bytes: Uint8Array;
    readonly sync: boolean;
    readonly id: number;
    /** Answered when the file is flushed. */
    readonly flushId: number;
  }
  | { readonly call: "abandon"; readonly file: number; readonly id: number }
  | { readonly call: "rename"; readonly files: readonly Renaming[]; readonly id: number };

/** How a request ended; the digest of a file that did. */
export type Answer =
  | { readonly id: number; readonly value: string | undefined }
  | {
    readonly id: number;
    readonly failure: { readonly code: ErrorCode; readonly message: string };
  };
