import type { FolderInventory, FoundFile } from "../core/ports/inventory.ts";
import { COMPRESSED, looksCompressed } from "./compressed_files.ts";
import { ignoreMissing } from "./failures.ts";
import { parseName } from "./paths.ts";

const TWO_DIGITS = /^[0-9a-f]{2}$/;

/** What lies below the folder of files at `root`; names that are not of the archive are passed over. */
export function createInventory(root: string): FolderInventory {
  return {
    async *folders() {
      for (const first of await subfolders(root)) {
        for (const second of await subfolders(`${root}/${first}`)) {
          const files = await filesIn(root, `${first}/${second}`);
          if (files.length > 0) yield { prefix: first + second, files };
        }
      }
    },
    async writtenAt({ path }) {
      const { mtime } = await Deno.stat(`${root}/${path}`);
      return mtime?.getTime() ?? 0;
    },
    async nameCompressed({ path }) {
      if (path.endsWith(COMPRESSED) || !await looksCompressed(`${root}/${path}`)) return false;
      await Deno.rename(`${root}/${path}`, `${root}/${path}${COMPRESSED}`);
      return true;
    },
    namePlain: ({ path }) => Deno.rename(`${root}/${path}${COMPRESSED}`, `${root}/${path}`),
    removeLeftover: ({ path }) => Deno.remove(`${root}/${path}`).catch(ignoreMissing),
  };
}

async function subfolders(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory && TWO_DIGITS.test(name)) names.push(name);
  }
  return names.sort();
}

async function filesIn(root: string, folder: string): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  for await (const { name, isFile } of Deno.readDir(`${root}/${folder}`)) {
    const found = isFile ? describe(name) : undefined;
    if (found) files.push({ path: `${folder}/${name}`, ...found });
  }
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

function describe(name: string): Omit<FoundFile, "path"> | undefined {
  const plain = parseName(name.endsWith(COMPRESSED) ? name.slice(0, -COMPRESSED.length) : name);
  if (plain) return { uuid: plain.uuid, complete: !plain.staged };
  const passing = /^([0-9a-f-]{36})(?:\.z)?\.[0-9a-f-]{36}\.tmp$/.exec(name);
  return passing ? { uuid: passing[1]!, complete: false } : undefined;
}
