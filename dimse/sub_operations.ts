import type { SelectedInstance, Selection } from "../core/archive/query_retrieve/select.ts";
import { DicomError } from "../core/errors.ts";
import type { OpenFile } from "../core/ports.ts";
import type { Command } from "./command.ts";
import { encodeAnswer } from "./identifier.ts";
import type { Request, Response, ServiceContext } from "./service.ts";
import { Status } from "./status.ts";

/** Sends one instance. @returns the status of the C-STORE response */
export type SendOne = (instance: SelectedInstance, file: OpenFile) => Promise<number>;

/** "Unable to perform sub-operations" (PS3.4 Tables C.4-2 and C.4-3). */
const UNABLE_TO_PERFORM = 0xa702;
/** "Sub-operations complete, one or more failures or warnings" (PS3.4 Tables C.4-2 and C.4-3). */
export const SOME_FAILED = 0xb000;

/** Statuses of C-STORE where the remote has the instance: success, and that it had it before. */
const COMPLETED: ReadonlySet<number> = new Set([0x0000, 0x0111]);

const FAILED_SOP_INSTANCE_UID_LIST = 0x00080058;
/** Remotes that do not answer so many times in a row are not asked again. */
const MOST_SILENCES = 3;
/** The longest list of failed instances that is sent, in UIDs: a value of 32-bit length, but in memory. */
const MOST_LISTED = 50_000;

/** What is counted (PS3.7 Section 9.1.4). */
interface Progress {
  remaining: number;
  completed: number;
  warning: number;
  readonly failed: string[];
  silences: number;
}

/**
 * The responses of a C-MOVE or C-GET: one after each sub-operation, the last one final. A cancelled retrieval ends
 * behind the sub-operation at work.
 */
export async function* subOperations(
  request: Request,
  selection: Selection,
  { app, signal, send }: Pick<ServiceContext, "app" | "signal"> & { readonly send: SendOne },
): AsyncGenerator<Response> {
  const { instances, missing } = selection;
  const progress: Progress = {
    remaining: instances.length,
    completed: 0,
    warning: 0,
    failed: [...missing],
    silences: 0,
  };
  const log = app.logs.of("dicom");
  for (const instance of instances) {
    if (signal.aborted) return yield finalResponse(request, Status.cancel, progress);
    progress.remaining--;
    if (progress.silences >= MOST_SILENCES) progress.failed.push(instance.sopInstanceUid);
    else {
      try {
        await using file = await app.files.open(instance.uuid);
        count(progress, instance, await send(instance, file));
      } catch (error) {
        fail(progress, instance, error);
        const { sopInstanceUid } = instance;
        log("warning", "Sub-operation failed", { sopInstanceUid, error: String(error) });
      }
    }
    if (progress.remaining > 0) yield { status: Status.pending, command: counters(progress) };
  }
  yield finalResponse(request, finalStatus(progress), progress);
}

/** The response where nothing could be sent at all. */
export function noneSent(request: Request, { instances, missing }: Selection): Response {
  const failed = [...missing, ...instances.map(({ sopInstanceUid }) => sopInstanceUid)];
  const progress = { remaining: 0, completed: 0, warning: 0, failed, silences: 0 };
  return finalResponse(request, UNABLE_TO_PERFORM, progress);
}

function count(progress: Progress, { sopInstanceUid }: SelectedInstance, status: number): void {
  progress.silences = 0;
  if (COMPLETED.has(status)) progress.completed++;
  else if ((status & 0xf000) === 0xb000) progress.warning++;
  else progress.failed.push(sopInstanceUid);
}

function fail(progress: Progress, { sopInstanceUid }: SelectedInstance, error: unknown): void {
  progress.failed.push(sopInstanceUid);
  const isSilent = error instanceof DicomError && error.dimseStatus === undefined &&
    (error.code === "timeout" || error.code === "network");
  progress.silences = isSilent ? progress.silences + 1 : 0;
}

function finalStatus({ completed, warning, failed }: Progress): number {
  if (failed.length === 0) return warning === 0 ? Status.success : SOME_FAILED;
  return completed + warning === 0 ? UNABLE_TO_PERFORM : SOME_FAILED;
}

/** With the list of what failed (PS3.4 Section C.4.2.1.6); Remaining is there only where it was cancelled. */
function finalResponse(request: Request, status: number, progress: Progress): Response {
  const { failed } = progress;
  const all = counters(progress);
  const { numberOfRemainingSubOperations: _, ...others } = all;
  const response = { status, command: status === Status.cancel ? all : others };
  if (failed.length === 0) return response;
  const value = failed.slice(0, MOST_LISTED).join("\\");
  const list = { tag: FAILED_SOP_INSTANCE_UID_LIST, vr: "UI", value } as const;
  return { ...response, dataSet: encodeAnswer([list], request) };
}

/** Counters are 16 bits wide: beyond, they stay at the highest number. */
function counters({ remaining, completed, warning, failed }: Progress): Command {
  const cut = (number: number) => Math.min(number, 0xffff);
  return {
    numberOfRemainingSubOperations: cut(remaining),
    numberOfCompletedSubOperations: cut(completed),
    numberOfFailedSubOperations: cut(failed.length),
    numberOfWarningSubOperations: cut(warning),
  };
}
