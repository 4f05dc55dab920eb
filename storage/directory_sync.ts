/** Flushes a directory, so that the names in it survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  using directory = await Deno.open(path);
  await directory.sync();
}

/**
 * A function that flushes directories: calls that come while one flush of the same directory runs share the
 * next one, for only a flush that starts after a rename is sure to cover it.
 */
export function createDirectorySync(enabled: boolean): (path: string) => Promise<void> {
  const states = new Map<string, { running: Promise<void>; next: Promise<void> | undefined }>();
  return (path) => {
    if (!enabled) return Promise.resolve();
    const state = states.get(path);
    if (state) {
      state.next ??= state.running.catch(() => {}).then(() => start(path));
      return state.next;
    }
    return start(path);
  };

  function start(path: string): Promise<void> {
    const running = syncDirectory(path).finally(() => {
      if (states.get(path)?.running === running && !states.get(path)?.next) states.delete(path);
    });
    states.set(path, { running, next: undefined });
    return running;
  }
}
