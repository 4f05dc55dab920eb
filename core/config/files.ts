import { join, resolve } from "node:path";
import { DicomError } from "../errors.ts";
import type { Source } from "./settings.ts";

const MAXIMUM_BYTES = 16 * 1024 * 1024;

/**
 * Reads the configuration at `path`: one file, or all `*.json` files of a folder, by name. The names of the sources
 * are absolute.
 * @throws DicomError `configuration` if there is none, or one cannot be read or exceeds 16 MB
 */
export async function readConfigurationFiles(path: string): Promise<readonly Source[]> {
  const absolute = resolve(path);
  const { isDirectory } = await attempt(absolute, () => Deno.stat(absolute));
  const files = isDirectory ? await attempt(absolute, () => jsonFilesOf(absolute)) : [absolute];
  if (files.length === 0) throw cannotRead(absolute, "the folder has no .json file");
  return await Promise.all(files.map(readSource));
}

async function readSource(name: string): Promise<Source> {
  const { size } = await attempt(name, () => Deno.stat(name));
  if (size > MAXIMUM_BYTES) throw cannotRead(name, `it is larger than ${MAXIMUM_BYTES} bytes`);
  return { name, text: await attempt(name, () => Deno.readTextFile(name)) };
}

async function jsonFilesOf(folder: string): Promise<readonly string[]> {
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  return names.filter((name) => name.endsWith(".json")).sort().map((name) => join(folder, name));
}

async function attempt<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const isMissing = cause instanceof Deno.errors.NotFound;
    throw cannotRead(path, isMissing ? "there is no such file" : "it cannot be opened", cause);
  }
}

function cannotRead(path: string, fact: string, cause?: unknown): DicomError {
  return new DicomError("configuration", `Cannot read ${path}: ${fact}`, { cause });
}
