import type { Log } from "../ports.ts";
import type { FileForms } from "../ports/file_forms.ts";

/** Compresses files one after the other, when nobody waits for it. */
export interface StorageCompression extends AsyncDisposable {
  /** Has a file compressed some time later. */
  add(uuid: string): void;
}

/**
 * Makes the queue. What waits when the process ends stays as it is, which is as good.
 *
 * @param enabled whether to compress at all (option `StorageCompression`)
 */
export function createStorageCompression(
  files: Pick<FileForms, "compress">,
  { enabled, log }: { readonly enabled: boolean; readonly log: Log },
): StorageCompression {
  const waiting: string[] = [];
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    for (let uuid = waiting.shift(); uuid !== undefined; uuid = waiting.shift()) {
      await files.compress(uuid).catch((error) => {
        log("warning", "cannot compress file", { uuid, error: String(error) }); // it may be removed by now
      });
    }
    working = undefined;
  }

  return {
    add(uuid) {
      if (!enabled) return;
      waiting.push(uuid);
      working ??= work();
    },
    async [Symbol.asyncDispose]() {
      waiting.length = 0;
      await working;
    },
  };
}
