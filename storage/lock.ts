import { DicomError } from "../core/errors.ts";

/**
 * Makes sure that one process at a time uses a folder; the lock goes with the process.
 *
 * @throws DicomError `configuration` if another process has it
 */
export async function lockFolder(folder: string): Promise<Disposable> {
  await Deno.mkdir(folder, { recursive: true });
  const file = await Deno.open(`${folder}/outpost.lock`, { create: true, write: true });
  if (await file.tryLock(true)) return file;
  file.close();
  throw new DicomError("configuration", `Cannot use ${folder}: another server is running on it`);
}
