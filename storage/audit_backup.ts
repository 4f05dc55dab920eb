import { DicomError } from "../core/errors.ts";
import { auditFiles } from "./audit_folder.ts";
import { syncDirectory } from "./directory_sync.ts";
import { ignoreMissing } from "./failures.ts";

const LF = 0x0a;

/**
 * Copies what an audit log holds at this moment, which may be in use: lines that are whole. Files are never linked, for
 * the newest one grows. A file that is there with the same size is left as it is, and files that the log has dropped
 * in the meantime stay, so that the backup reaches back further.
 *
 * @param from folder of the log; nothing is done if it is not there
 * @throws DicomError `cannot-write`
 */
export async function copyAuditLog(from: string, to: string): Promise<void> {
  const names = await auditFiles(from);
  if (names.length === 0) return;
  try {
    await Deno.mkdir(to, { recursive: true, mode: 0o700 });
    for (const name of names) {
      const bytes = await Deno.readFile(`${from}/${name}`).catch(ignoreMissing); // dropped just now
      if (bytes) await keep(`${to}/${name}`, bytes.subarray(0, bytes.lastIndexOf(LF) + 1));
    }
    await syncDirectory(to);
  } catch (cause) {
    throw new DicomError("cannot-write", "Cannot back up the audit log", { cause });
  }
}

async function keep(path: string, bytes: Uint8Array): Promise<void> {
  const there = await Deno.stat(path).catch(ignoreMissing);
  if (there?.size === bytes.length) return;
  const passing = `${path}.tmp`;
  await Deno.writeFile(passing, bytes, { mode: 0o600 });
  {
    using file = await Deno.open(passing, { write: true });
    await file.syncData();
  }
  await Deno.rename(passing, path);
}
