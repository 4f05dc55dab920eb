import { createExtract } from "../../core/archive/extract.ts";
import { DEFAULT_MAIN_TAGS } from "../../core/archive/resource.ts";
import { kindOf } from "../../core/archive/sendable.ts";
import { defaultCharacterSets } from "../../core/dicom/charset.ts";
import { DicomError } from "../../core/errors.ts";
import type { OpenFile } from "../../core/ports.ts";
import type { DicomClient, RemoteAe, StorageKind } from "../../core/ports/dicom_client.ts";

/** What sending files needs. */
export interface SendFilesOptions {
  readonly client: Pick<DicomClient, "openStore">;
  readonly remote: RemoteAe;
  /** @throws DicomError, or what the system says */
  readonly openFile: (path: string) => Promise<OpenFile>;
  /** Told what was not sent, and why. */
  readonly report: (path: string, fact: string) => void;
  readonly signal: AbortSignal;
}

/** Numbers of files. */
export interface SendTally {
  readonly sent: number;
  readonly failed: number;
  /** Media directories, and files that are no DICOM. */
  readonly skipped: number;
}

/** A file that can be sent. */
interface Sendable extends StorageKind {
  readonly path: string;
  readonly sopInstanceUid: string;
}

const MAXIMUM_INFLATED = 1024 ** 3;
const MEDIA_DIRECTORY = "1.2.840.10008.1.3.10";
const PREAMBLE = 128;

/**
 * Sends files over one association; those that the remote refuses are reported, and the others sent.
 *
 * @throws DicomError `network` or `timeout` if the remote does not answer (any more)
 */
export async function sendFiles(
  paths: AsyncIterable<string>,
  options: SendFilesOptions,
): Promise<SendTally> {
  const tally = { sent: 0, failed: 0, skipped: 0 };
  const wanted: Sendable[] = [];
  for await (const path of paths) {
    options.signal.throwIfAborted();
    const outcome = await describe(path, options);
    if (typeof outcome === "object") wanted.push(outcome);
    else tally[outcome]++;
  }
  if (wanted.length === 0) return tally;
  const { client, remote, signal } = options;
  const request = { kinds: kindsOf(wanted), allowTranscoding: true };
  await using session = await client.openStore(remote, request, signal);
  for (const { path, ...instance } of wanted) {
    try {
      await using file = await options.openFile(path);
      await session.store({ ...instance, file }, signal);
      tally.sent++;
    } catch (error) {
      if (isOfRemote(error) || signal.aborted) throw error;
      options.report(path, factOf(error));
      tally.failed++;
    }
  }
  return tally;
}

const extract = createExtract({
  mainTags: DEFAULT_MAIN_TAGS,
  defaultSets: defaultCharacterSets("Latin1"),
  maximumInflated: MAXIMUM_INFLATED,
});

async function describe(
  path: string,
  { openFile, report }: SendFilesOptions,
): Promise<Sendable | "failed" | "skipped"> {
  try {
    await using file = await openFile(path);
    if (!await looksLikeDicom(file)) return "skipped";
    const { identity: { sopInstanceUid }, metadata } = await extract(file);
    const kind = kindOf({ metadata: metadata.Instance });
    if (kind?.sopClassUid === MEDIA_DIRECTORY) return "skipped";
    if (kind) return { path, sopInstanceUid, ...kind };
    report(path, "it names no SOP class");
  } catch (error) {
    report(path, factOf(error));
  }
  return "failed";
}

/** Whether a file has the prefix of PS3.10 Section 7.1; what has not and is meant to be sent is rare. */
async function looksLikeDicom(file: OpenFile): Promise<boolean> {
  const prefix = await file.read(PREAMBLE, 4);
  return new TextDecoder().decode(prefix) === "DICM";
}

function kindsOf(instances: readonly Sendable[]): StorageKind[] {
  const kinds = instances.map(({ sopClassUid, transferSyntaxUid }) =>
    [`${sopClassUid} ${transferSyntaxUid}`, { sopClassUid, transferSyntaxUid }] as const
  );
  return [...new Map(kinds).values()];
}

/** Whether the remote is not there any more, so that the files that follow need not be tried. */
function isOfRemote(error: unknown): boolean {
  return error instanceof DicomError && error.dimseStatus === undefined &&
    (error.code === "timeout" || error.code === "network");
}

function factOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
