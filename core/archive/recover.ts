import { sha256Of } from "../bytes/digest.ts";
import { DicomError } from "../errors.ts";
import type { StoredSource, UnflushedRow } from "../ports.ts";
import { type IngestPorts, newInstance } from "./ingest.ts";

/** What recovery needs. */
export type RecoverPorts = Pick<
  IngestPorts,
  "index" | "files" | "clock" | "log" | "extract" | "plan"
>;

/**
 * Finishes what the process had not finished when it ended: rows whose file did not become durable are taken
 * back (nobody was told that they were stored), files that were to be removed are removed, and complete files
 * without a row are indexed.
 */
export async function recover(ports: RecoverPorts): Promise<void> {
  const { index, files, log } = ports;
  const whole: number[] = [];
  for (const row of await index.unflushed()) {
    if (await checkRow(ports, row)) whole.push(row.row);
  }
  const obsolete = await index.obsoleteFiles();
  await files.remove(obsolete);
  const marks = whole.map((row) => index.markFlushed(row)); // to go along with the next write
  await Promise.all([...marks, index.forgetFiles(obsolete)]);
  for await (const orphan of files.recover()) {
    const kind = await recoverFile(ports, orphan);
    log("warning", `found a file without a row: ${kind}`, { uuid: orphan.file.uuid });
  }
}

/** Keeps a row if its file is all there, which is durable then. @returns whether it stays */
async function checkRow(
  { index, log, files }: RecoverPorts,
  { id, file }: UnflushedRow,
): Promise<boolean> {
  if (await isWhole(files, file)) {
    await files.settle(file.uuid);
    return true;
  }
  log("warning", "took back an instance whose file was not complete", { id });
  await index.removeFile(file.uuid);
  return false;
}

async function isWhole(files: RecoverPorts["files"], file: UnflushedRow["file"]): Promise<boolean> {
  try {
    await using open = await files.open(file.uuid);
    return open.size === file.size && await sha256Of(open) === file.sha256;
  } catch (error) {
    if (error instanceof DicomError && error.code === "missing-file") return false;
    throw error;
  }
}

/** Makes a complete file durable and indexes it; a damaged one, or one that is there already, is removed. */
async function recoverFile(ports: RecoverPorts, orphan: StoredSource): Promise<string> {
  try {
    const extract = await ports.extract(orphan.source);
    const instance = newInstance(ports, orphan, extract, { kind: "recovery" });
    await ports.files.settle(orphan.file.uuid);
    const plan = await ports.plan?.(instance, orphan.source, { kind: "recovery" });
    const outcome = await ports.index.store(instance, "Never", true, plan);
    if (outcome.kind === "stored") return "indexed";
  } catch (error) {
    if (!(error instanceof DicomError && REMOVED.has(error.code))) throw error;
  }
  await ports.files.remove([orphan.file.uuid]);
  return "removed";
}

/** Failures that say that a file is no instance. */
const REMOVED: ReadonlySet<string> = new Set(["bad-file", "missing-tag"]);
