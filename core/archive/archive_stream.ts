import { EXPLICIT_LITTLE_ENDIAN } from "../dicom/transfer_syntax.ts";
import { DicomError } from "../errors.ts";
import type { Clock, FileStore, Index, ResourceRef } from "../ports.ts";
import { LentPieces } from "./archive_stream/lent_pieces.ts";
import { missingHead, type Part10File, withHead } from "./archive_stream/part10_file.ts";
import {
  type ArchivePlan,
  planArchive,
  type PlannedInstance,
  type PlanOptions,
} from "./archive_stream/plan.ts";
import { concurrently } from "./concurrently.ts";
import { createDicomDirectory, type DicomDirectory } from "./dicomdir.ts";
import type { InstanceReader } from "./instance_reader.ts";
import { bytesOf, type TranscodedFile, type Transcoder, type Wanted } from "./transcoding.ts";
import { zipArchive, zipLength, type ZipMember } from "./zip_writer.ts";

/** What is to be archived, and how; plain JSON. */
export interface ArchiveRequest extends PlanOptions {
  readonly resources: readonly ResourceRef[];
  /** Null to leave files as they are. */
  readonly transcode: Wanted | null;
  /** Of media: whether series have their description (type 3, which makes it an extended SOP class). */
  readonly extended: boolean;
}

/** An archive that can be made. */
export interface ReadyArchive {
  readonly instances: number;
  /** Bytes of the files in it, before they are transcoded. */
  readonly size: number;
  /** Bytes of the archive; undefined if that is seen when it is made. */
  readonly length: number | undefined;
  /**
   * The archive, made while it is read.
   *
   * @param lent whether pieces need be good only until the next is asked for, which takes less memory
   */
  read(lent: boolean): AsyncGenerator<Uint8Array>;
}

/** Makes archives. */
export interface Archives {
  /**
   * Gets an archive ready: all its files can be opened, and none needs transcoding that is impossible.
   *
   * @throws DicomError `unknown-resource`, `missing-file`, `corrupted-file`; `not-implemented` for a transcoding
   */
  prepare(request: ArchiveRequest): Promise<ReadyArchive>;
}

/** What archives are made of. */
export interface ArchivePorts {
  readonly index: Pick<Index, "get" | "find" | "findIds">;
  readonly files: Pick<FileStore, "open">;
  readonly reader: Pick<InstanceReader, "dataSet">;
  readonly transcoder: Transcoder;
  readonly clock: Pick<Clock, "now">;
  /** Source of DICOMDIR files. */
  readonly aet: string;
}

/** The comment of all archives, which is Orthanc's and which clients may look for. */
const COMMENT = "Created by Orthanc";
/** Files that are opened at a time, to see whether they can be. */
const CHECKS = 8;

/** Makes the function that gets archives ready. */
export function createArchives(ports: ArchivePorts): Archives {
  const memory: LentPieces[] = [];
  return {
    async prepare(request) {
      const plan = await planArchive(ports.index, request.resources, request);
      await checkFiles(plan, request, ports);
      const isCopy = request.layout === "archive" && !request.transcode;
      const zip = (lent: LentPieces | undefined) => {
        const reading = { ...request, lent };
        const isMedia = request.layout === "media";
        return zipArchive(
          isMedia ? mediaMembers(plan, reading, ports) : fileMembers(plan, reading, ports),
          { comment: COMMENT, modifiedAt: ports.clock.now() },
        );
      };
      const members = plan.instances.map(({ name, file }) => ({ name, size: file.size }));
      return {
        instances: plan.instances.length,
        size: plan.size,
        length: isCopy ? zipLength(members, COMMENT) : undefined,
        read: (isLent) => isLent ? lending(memory, zip) : zip(undefined),
      };
    },
  };
}

/** Reads with memory of an archive that ended, if there is any, and leaves it to the next. */
async function* lending(
  unused: LentPieces[],
  read: (lent: LentPieces) => AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const lent = unused.pop() ?? new LentPieces();
  try {
    yield* read(lent);
  } finally {
    if (unused.length === 0) unused.push(lent);
  }
}

/** All files can be opened; of each transfer syntax one is transcoded, up to its first frame. */
async function checkFiles(
  { instances }: ArchivePlan,
  { transcode }: ArchiveRequest,
  { files, transcoder }: ArchivePorts,
): Promise<void> {
  const tried = new Set<string | undefined>();
  await concurrently(each(instances), CHECKS, async ({ file, transferSyntaxUid }) => {
    await using open = await files.open(file.uuid);
    if (open.size !== file.size) {
      throw new DicomError("corrupted-file", `Cannot archive file ${file.uuid}: it is cut short`);
    }
    if (!transcode || tried.has(transferSyntaxUid)) return;
    tried.add(transferSyntaxUid);
    await transcoder.transcode(open, transcode);
  });
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

/** How files are read. */
interface Reading extends ArchiveRequest {
  /** Memory for what need not be kept. */
  readonly lent: LentPieces | undefined;
}

/** Is told of each file when it is its turn, with what becomes of it where it is transcoded. */
type Opened = (instance: PlannedInstance, transcoded: TranscodedFile | undefined) => Promise<void>;

async function* fileMembers(
  { instances }: ArchivePlan,
  { transcode, layout, lent }: Reading,
  ports: ArchivePorts,
  opened?: Opened,
): AsyncGenerator<ZipMember> {
  for (const instance of instances) {
    const { name, file } = instance;
    const missing = layout === "media" && !transcode ? await headOf(instance, ports) : undefined;
    const size = transcode ? undefined : file.size + sizeAdded(missing);
    yield { name, size, bytes: fileBytes(instance, { transcode, missing, lent, opened }, ports) };
  }
}

/** A file, which is open while it is read. */
async function* fileBytes(
  instance: PlannedInstance,
  { transcode, missing, lent, opened }: Pick<Reading, "transcode" | "lent"> & {
    readonly missing: Part10File | undefined;
    readonly opened: Opened | undefined;
  },
  { files, transcoder }: ArchivePorts,
): AsyncGenerator<Uint8Array> {
  await using file = await files.open(instance.file.uuid);
  const transcoded = transcode ? await transcoder.transcode(file, transcode) : undefined;
  await opened?.(instance, transcoded);
  yield* transcoded ? bytesOf(transcoded) : withHead(file, missing, lent);
}

async function headOf(
  { file: { uuid } }: PlannedInstance,
  ports: ArchivePorts,
): Promise<Part10File | undefined> {
  await using file = await ports.files.open(uuid);
  return await missingHead(file, uuid, ports);
}

function sizeAdded(missing: Part10File | undefined): number {
  return missing ? missing.head.length - missing.skipped : 0;
}

/** The files, and at the end the directory that tells of them. */
async function* mediaMembers(
  plan: ArchivePlan,
  request: Reading,
  ports: ArchivePorts,
): AsyncGenerator<ZipMember> {
  const directory: DicomDirectory = createDicomDirectory({ ...request, ...ports });
  yield* fileMembers(
    plan,
    request,
    ports,
    async ({ name: path, file, ...instance }, transcoded) => {
      const dataSet = await ports.reader.dataSet(file.uuid, { keep: directory.needs });
      const { transferSyntaxUid = EXPLICIT_LITTLE_ENDIAN.uid } = transcoded ?? instance;
      directory.add(dataSet, { path, transferSyntaxUid, ...pickSopInstanceUid(transcoded) });
    },
  );
  const bytes = directory.encode();
  yield { name: "DICOMDIR", size: bytes.length, bytes: each([bytes]) };
}

/** Transcoding with a loss gives a new one. */
function pickSopInstanceUid(transcoded: TranscodedFile | undefined) {
  return transcoded && { sopInstanceUid: transcoded.sopInstanceUid };
}
