/** What a walk meets that is not a plain file it can give. */
export interface WalkEvents {
  /** A folder, or a path that was named, cannot be read. */
  unreadable(path: string): void;
  /** A symbolic link or a device. */
  skipped(path: string): void;
}

/**
 * Paths of all plain files below `paths`, which may be files too, folder by folder in the order of their names.
 * Symbolic links are not followed, but for `paths` themselves, so there is no loop.
 */
export async function* walk(
  paths: readonly string[],
  events: WalkEvents,
): AsyncGenerator<string> {
  for (const path of paths) {
    const info = await Deno.stat(path).catch(() => undefined);
    if (info?.isFile) yield path;
    else if (info?.isDirectory) yield* walkFolder(path, events);
    else events.unreadable(path);
  }
}

async function* walkFolder(root: string, events: WalkEvents): AsyncGenerator<string> {
  const waiting = [root];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const entries = await Array.fromAsync(Deno.readDir(folder)).catch(() => undefined);
    if (!entries) {
      events.unreadable(folder);
      continue;
    }
    entries.sort((a, b) => a.name < b.name ? -1 : 1);
    const folders: string[] = [];
    for (const { name, isFile, isDirectory } of entries) {
      const path = `${folder.replace(/\/+$/, "")}/${name}`;
      if (isFile) yield path;
      else if (isDirectory) folders.push(path);
      else events.skipped(path);
    }
    waiting.push(...folders.reverse());
  }
}
