import { join } from "node:path";
import { DicomError } from "../core/errors.ts";
import type { WorklistFile, WorklistFolder } from "../core/ports/worklist_folder.ts";
import { openSource } from "./file_source.ts";

/** Folders within folders that are looked into. */
const MAXIMUM_DEPTH = 8;
/** Files that are looked at. */
const MAXIMUM_FILES = 100_000;

/** The worklist files below `root`, which need not exist yet. */
export function openWorklistFolder(root: string): WorklistFolder {
  return {
    async list() {
      const files: WorklistFile[] = [];
      for await (const name of namesIn(root, "", 0)) {
        const file = await describe(root, name);
        if (file) files.push(file);
        if (files.length === MAXIMUM_FILES) break;
      }
      return files.sort((a, b) => a.name < b.name ? -1 : 1);
    },

    async open(name) {
      try {
        return openSource(await Deno.open(join(root, name)));
      } catch (cause) {
        throw missing("worklist file", cause);
      }
    },
  };
}

/** Names of files below `folder`, which is `depth` folders below `root`. */
async function* namesIn(root: string, folder: string, depth: number): AsyncGenerator<string> {
  try {
    for await (const { name, isDirectory, isFile } of Deno.readDir(join(root, folder))) {
      const path = join(folder, name);
      if (isDirectory && depth < MAXIMUM_DEPTH) yield* namesIn(root, path, depth + 1);
      else if (isFile && /\.wl$/i.test(name)) yield path;
    }
  } catch (cause) {
    if (depth === 0) throw missing("folder of worklists", cause);
  }
}

async function describe(root: string, name: string): Promise<WorklistFile | undefined> {
  try {
    const { size, mtime } = await Deno.stat(join(root, name));
    return { name, size, modifiedAt: mtime?.getTime() ?? 0 };
  } catch {
    return undefined; // it was removed meanwhile
  }
}

function missing(what: string, cause: unknown): DicomError {
  const fact = cause instanceof Error ? cause.name : "it is not there";
  return new DicomError("missing-file", `Cannot read ${what}: ${fact}`, { cause });
}
