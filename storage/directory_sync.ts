/** Directories that stay open between flushes: files of a moment lie in one. */
const KEPT_OPEN = 4;

/** Flushes a directory, so that the names in it survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  using directory = await Deno.open(path);
  await directory.sync();
}

/** Flushes directories, sharing flushes among those that wait for the same one. */
export interface DirectorySync extends Disposable {
  (path: string): Promise<void>;
}

/** A directory that is flushed often. */
interface OpenDirectory {
  readonly file: Promise<Deno.FsFile>;
  running: Promise<void> | undefined;
  next: Promise<void> | undefined;
}

/**
 * Makes the function that flushes directories. A flush covers only renames that were done before it began, so
 * calls that come while one runs share the next one.
 */
export function createDirectorySync(enabled: boolean): DirectorySync {
  const open = new Map<string, OpenDirectory>();

  function directoryAt(path: string): OpenDirectory {
    let directory = open.get(path);
    if (!directory) {
      directory = { file: Deno.open(path), running: undefined, next: undefined };
      directory.file.catch(() => open.delete(path));
      open.set(path, directory);
    }
    return directory;
  }

  /** Those in use stay open, however many they are. */
  function closeIdle(): void {
    for (const [path, { file, running, next }] of open) {
      if (open.size <= KEPT_OPEN) return;
      if (running || next) continue;
      open.delete(path);
      file.then((directory) => directory.close(), () => {});
    }
  }

  function start(directory: OpenDirectory): Promise<void> {
    const running = directory.file.then((file) => file.sync()).finally(() => {
      if (directory.running === running) directory.running = undefined;
      closeIdle();
    });
    directory.running = running;
    directory.next = undefined;
    return running;
  }

  const sync = (path: string) => {
    if (!enabled) return Promise.resolve();
    const directory = directoryAt(path);
    if (!directory.running) return start(directory);
    return directory.next ??= directory.running.catch(() => {}).then(() => start(directory));
  };
  return Object.assign(sync, {
    [Symbol.dispose]() {
      for (const { file } of open.values()) file.then((directory) => directory.close(), () => {});
      open.clear();
    },
  });
}
