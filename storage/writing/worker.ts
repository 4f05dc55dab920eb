/// <reference lib="deno.worker" />
import { DicomError } from "../../core/errors.ts";
import { createLocalWriter } from "./local_writer.ts";
import type { Answer, Request } from "./protocol.ts";
import type { FileBeingWritten, Renaming } from "./writer.ts";

/** Writes files beside the main thread, which then never waits for the page cache, and hashes them. */

const writer = createLocalWriter();
const files = new Map<number, FileBeingWritten>();

self.onmessage = ({ data }: MessageEvent<Request>) => serve(data);

function serve(request: Request): void {
  if (request.call === "begin") {
    files.set(request.file, writer.begin(request.path));
    return;
  }
  if (request.call === "rename") return answer(request.id, renameAll(request.files));
  const file = files.get(request.file)!; // "begin" comes first, and nothing after the last call
  if (request.call === "push") file.push(request.bytes);
  else if (request.call === "write") answer(request.id, file.write(request.bytes));
  else {
    files.delete(request.file);
    if (request.call === "abandon") return answer(request.id, file.abandon());
    const { sha256, flushed } = file.end(request.bytes, request.sync);
    answer(request.id, sha256);
    answer(request.flushId, flushed);
  }
}

async function renameAll(renamings: readonly Renaming[]): Promise<void> {
  const failed = (await Promise.allSettled(renamings.map(writer.rename)))
    .find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

function answer(id: number, outcome: Promise<string | void>): void {
  const send = (message: Answer) => self.postMessage(message);
  outcome.then(
    (value) => send({ id, value: value ?? undefined }),
    (error) => send({ id, failure: failureOf(error) }),
  );
}

function failureOf(error: unknown) {
  const { code, message } = error instanceof DicomError
    ? error
    : new DicomError("cannot-write", "Cannot store instance: writing failed");
  return { code, message };
}
