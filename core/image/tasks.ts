import type { PixelCodecs } from "./codecs.ts";
import { decodeTask } from "./tasks/decode.ts";
import { renderTask } from "./tasks/render.ts";
import { transcodeTask } from "./tasks/transcode.ts";

/** What a worker can be asked; a new one is one function in `tasks/` and one line here. */
export const TASKS = {
  decode: decodeTask,
  render: renderTask,
  transcode: transcodeTask,
} as const satisfies Record<string, Task<never, unknown>>;

/** Work on one frame, off the main thread. Input and output are sent: plain objects, with bytes as their own fields. */
export type Task<Input, Output> = (input: Input, codecs: PixelCodecs) => Promise<Output>;

export type TaskName = keyof typeof TASKS;
export type TaskInput<Name extends TaskName> = Parameters<typeof TASKS[Name]>[0];
export type TaskOutput<Name extends TaskName> = Awaited<ReturnType<typeof TASKS[Name]>>;

/** Workers that do tasks. */
export interface ImageWorkers {
  /**
   * Does a task in a worker, as soon as one is free.
   *
   * @throws DicomError as the task does; `timeout` if it takes too long; `not-enough-memory` if it kills its worker
   */
  run<Name extends TaskName>(
    name: Name,
    input: TaskInput<Name>,
    signal?: AbortSignal,
  ): Promise<TaskOutput<Name>>;
}
