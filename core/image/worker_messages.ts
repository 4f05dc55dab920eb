import type { ErrorCode } from "../errors.ts";
import type { TaskName } from "./tasks.ts";

/** What a worker is asked; its first message is the module of `nativeCodecsModule()`. */
export interface TaskRequest {
  readonly name: TaskName;
  readonly input: unknown;
}

/** What it answers. */
export type TaskAnswer = { readonly output: unknown } | { readonly failure: TaskFailure };

/** Why a task failed. */
export interface TaskFailure {
  readonly code: ErrorCode;
  readonly message: string;
  /** Whether the worker is not to be asked again: a foreign codec failed in it. */
  readonly isFinal: boolean;
}

/** A message with the bytes in it, which are to be transferred: afterwards the sender has them no more. */
export interface Parcel<T> {
  readonly message: T;
  readonly transfer: ArrayBuffer[];
}

/** Makes the fields of `value` that are bytes transferable; those that share a buffer with other bytes are copied. */
export function parcelOf<T extends object>(value: T): Parcel<T> {
  const transfer: ArrayBuffer[] = [];
  const fields = Object.entries(value).map(([name, field]) => {
    if (!(field instanceof Uint8Array)) return [name, field] as const;
    const isWhole = field.byteLength === field.buffer.byteLength &&
      field.buffer instanceof ArrayBuffer;
    const bytes = isWhole ? field as Uint8Array<ArrayBuffer> : new Uint8Array(field);
    transfer.push(bytes.buffer);
    return [name, bytes] as const;
  });
  return { message: Object.fromEntries(fields) as T, transfer };
}
