import { statfs } from "node:fs/promises";
import type { Disk } from "../core/ports/disk.ts";
import { ignoreMissing, rethrowWriteError } from "./failures.ts";

const PIECE = 1 << 20;

/** The disk of `folder`; the ballast is a file in it. */
export function openDisk(folder: string): Disk {
  const path = `${folder}/outpost.ballast`;
  return {
    async space() {
      const { bsize, bavail, blocks } = await statfs(folder);
      return { free: bsize * bavail, total: bsize * blocks };
    },
    async takeBallast(bytes) {
      const there = await Deno.stat(path).catch(() => undefined);
      if (there?.size === bytes) return;
      using file = await Deno.open(path, { create: true, write: true, truncate: true });
      const zeros = new Uint8Array(PIECE); // written, for a hole would hold no room back
      for (let left = bytes; left > 0;) {
        left -= await file.write(zeros.subarray(0, left)).catch(rethrowWriteError);
      }
      await file.syncData();
    },
    async releaseBallast() {
      try {
        await Deno.remove(path);
        return true;
      } catch (error) {
        ignoreMissing(error);
        return false;
      }
    },
  };
}

/** Writes a little into `folder`, and nothing stays. @throws DicomError `cannot-write` or `storage-full` */
export async function tryWrite(folder: string): Promise<void> {
  const path = `${folder}/outpost.probe`;
  await Deno.writeFile(path, new Uint8Array(1)).catch(rethrowWriteError);
  await Deno.remove(path).catch(rethrowWriteError);
}
