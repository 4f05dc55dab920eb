import { DicomError } from "../core/errors.ts";

/**
 * Makes sure that one process at a time uses a folder; the lock goes with the process.
 *
 * @throws DicomError `configuration` if another process has it, or nothing can be written there
 */
export async function lockFolder(folder: string): Promise<Disposable> {
  const file = await openLock(folder);
  if (await file.tryLock(true)) return file;
  file.close();
  throw new DicomError("configuration", `Cannot use ${folder}: another server is running on it`);
}

async function openLock(folder: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    return await Deno.open(`${folder}/outpost.lock`, { create: true, write: true });
  } catch (cause) {
    const fact = cause instanceof Error ? cause.message.replace(/:.*/s, "") : String(cause);
    throw new DicomError("configuration", `Cannot write to ${folder}: ${fact}`, { cause });
  }
}
