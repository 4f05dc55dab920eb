/// <reference lib="deno.worker" />
import { DicomError } from "../errors.ts";
import { createCodecs, type PixelCodecs } from "./codecs.ts";
import { type Task, TASKS } from "./tasks.ts";
import {
  parcelOf,
  type TaskAnswer,
  type TaskFailure,
  type TaskRequest,
} from "./worker_messages.ts";

/** Decodes, renders and encodes frames beside the main thread, without any permission. */

self.onmessage = ({ data: module }: MessageEvent<WebAssembly.Module>) => {
  const codecs = createCodecs(module);
  self.onmessage = ({ data }: MessageEvent<TaskRequest>) => void serve(data, codecs);
};

async function serve({ name, input }: TaskRequest, codecs: PixelCodecs): Promise<void> {
  try {
    const task = TASKS[name] as Task<unknown, object>; // the pool sends what belongs to the name
    const { message, transfer } = parcelOf(await task(input, codecs));
    answer({ output: message }, transfer);
  } catch (error) {
    answer({ failure: failureOf(error, codecs.native.hasFailed) }, []);
  }
}

function answer(message: TaskAnswer, transfer: ArrayBuffer[]): void {
  self.postMessage(message, transfer);
}

/** What no codec has foreseen may have left anything behind. */
function failureOf(error: unknown, hasFailed: boolean): TaskFailure {
  if (error instanceof DicomError) {
    return { code: error.code, message: error.message, isFinal: hasFailed };
  }
  const fact = error instanceof Error ? error.message : String(error);
  return { code: "bad-file", message: `Cannot process frame: ${fact}`, isFinal: true };
}
