import { createCodecs } from "../../core/image/codecs.ts";
import { nativeCodecsModule } from "../../core/image/codecs/native_module.ts";
import { type ImageWorkers, type Task, TASKS } from "../../core/image/tasks.ts";

/** Does tasks in this thread. */
export async function createLocalWorkers(): Promise<ImageWorkers> {
  const codecs = createCodecs(await nativeCodecsModule());
  return {
    // Names and inputs belong together by the interface.
    run: async (name, input) => await (TASKS[name] as Task<unknown, never>)(input, codecs),
  };
}
