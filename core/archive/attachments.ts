import { createHash, type Hash } from "node:crypto";
import { digestsOf } from "../bytes/digest.ts";
import { readRange } from "../dicom/decode.ts";
import { DicomError } from "../errors.ts";
import type { Clock, FileStore, Index, Log, OpenFile, ResourceRef } from "../ports.ts";
import type { Annotations, Attachment, Version } from "../ports/annotations.ts";
import type { FileForms, RawFile } from "../ports/file_forms.ts";
import { beginning, HEAD_TYPE, headAttachment } from "./file_head.ts";
import { changeRequest, doneOf, requireUserKey, type Target } from "./metadata.ts";
import { ROW_ONLY } from "./query.ts";
import type { MakeRoom } from "./recycling.ts";
import { removeObsolete } from "./remove.ts";
import { depthOf, LEVELS, METADATA, type Resource, type StoredFile } from "./resource.ts";

/** Orthanc's numbers of the attachments that the server itself makes. */
export const ATTACHMENT = {
  "dicom": 1,
  "dicom-as-json": 2,
  "dicom-until-pixel-data": HEAD_TYPE,
} as const satisfies Record<string, number>;

/** What working with attachments needs. */
export interface AttachmentPorts {
  readonly index: Pick<Index, "get" | "forgetFiles"> & Annotations;
  readonly files: FileStore & FileForms;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether a change must name the version that it replaces (option `CheckRevisions`). */
  readonly checkRevisions: boolean;
  /** Whether the MD5 of a DICOM file, once computed, is kept (option `StoreMD5ForAttachments`). */
  readonly keepMd5: boolean;
  /** Whether new attachments are to be compressed (option `StorageCompression`). */
  readonly compress: boolean;
  /** Makes room for what is to be stored; undefined if there is always enough. */
  readonly makeRoom: MakeRoom | undefined;
  /** Called after each change. */
  readonly changed: () => void;
}

/** How an attachment lies on the disk. */
export interface StoredForm extends Pick<Version, "md5"> {
  readonly compressed: boolean;
  /** In bytes. */
  readonly size: number;
}

/** Bytes that are to be read once. */
export interface Content {
  readonly length: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Files that belong to resources: the DICOM file of an instance, and what clients add. */
export type Attachments = ReturnType<typeof createAttachments>;

/** Makes the functions on attachments. */
export function createAttachments(ports: AttachmentPorts) {
  const { index, files } = ports;

  return {
    /** Types in order; undefined if the resource is not there. */
    async types(ref: ResourceRef): Promise<number[] | undefined> {
      const resource = await index.get(ref, ROW_ONLY);
      const added = await index.attachments(ref);
      if (!resource || !added) return undefined;
      return [...await typesOfFile(files, resource), ...added.map(({ type }) => type)];
    },

    /** @throws DicomError `unknown-resource` if the resource does not have it */
    async get(ref: ResourceRef, type: number): Promise<Attachment> {
      const found = await find(ports, ref, type);
      if (found) return found;
      const fact = `${ref.level} ${ref.id} has none of type ${type}`;
      throw new DicomError("unknown-resource", `Cannot find attachment: ${fact}`);
    },

    /**
     * Adds or replaces an attachment.
     *
     * @throws DicomError `forbidden`, `unknown-resource`, `revision`, `storage-full`
     */
    async set(target: Target, bytes: AsyncIterable<Uint8Array>): Promise<Version> {
      requireUserKey(target);
      if (!await index.get(target.ref, ROW_ONLY)) throw unknownResource(target.ref);
      const version = await store(ports, target, bytes);
      ports.changed();
      return version;
    },

    /** @throws DicomError `forbidden`, `unknown-resource`, `revision` */
    async remove(target: Target): Promise<void> {
      if (target.key !== ATTACHMENT["dicom-as-json"]) requireUserKey(target);
      const request = changeRequest(target, ports.clock, ports.checkRevisions);
      const { obsoleteFiles } = doneOf(await index.removeAttachment(request), target);
      await removeObsolete(ports, obsoleteFiles);
      ports.changed();
    },

    /** The content, or `range` of it: offset and length. */
    async content({ uuid, size }: Attachment, range?: ByteRange): Promise<Content> {
      return contentOf(await files.open(uuid), range ?? { offset: 0, length: size });
    },

    /** The same of what lies on the disk. */
    async rawContent(attachment: Attachment, range?: ByteRange): Promise<Content> {
      const raw = await openRaw(files, attachment);
      return contentOf(raw, range ?? { offset: 0, length: raw.size });
    },

    async isCompressed(attachment: Attachment): Promise<boolean> {
      await using raw = await openRaw(files, attachment);
      return raw.compressed;
    },

    async form(attachment: Attachment): Promise<StoredForm> {
      await using raw = await openRaw(files, attachment);
      const { compressed, size } = raw;
      return { compressed, size, md5: compressed ? (await digestsOf(raw)).md5 : attachment.md5 };
    },

    /** @throws DicomError `corrupted-file` if the content is not what was stored */
    async verify(attachment: Attachment): Promise<void> {
      if (attachment.type !== HEAD_TYPE) await digestWhole(files, attachment);
    },

    async compress({ type, uuid }: Attachment): Promise<void> {
      if (type !== HEAD_TYPE) await files.compress(uuid);
    },

    async uncompress({ type, uuid }: Attachment): Promise<void> {
      if (type !== HEAD_TYPE) await files.uncompress(uuid);
    },
  };
}

/** Part of a file. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** What an instance has of itself; its head is told of where the file is compressed (as Orthanc, which stores it then). */
async function typesOfFile(files: FileForms, { file, metadata }: Resource): Promise<number[]> {
  if (!file) return [];
  if (metadata[METADATA.PixelDataOffset] === undefined) return [ATTACHMENT.dicom];
  await using raw = await files.openRaw(file.uuid);
  return raw.compressed ? [ATTACHMENT.dicom, HEAD_TYPE] : [ATTACHMENT.dicom];
}

async function find(
  ports: AttachmentPorts,
  ref: ResourceRef,
  type: number,
): Promise<Attachment | undefined> {
  const { index, files } = ports;
  if (type === ATTACHMENT.dicom) return await dicomOf(ports, ref);
  if (type === HEAD_TYPE) return await headAttachment(files, ref, await index.get(ref, ROW_ONLY));
  return (await index.attachments(ref))?.find((attachment) => attachment.type === type);
}

/** What lies on the disk; the head of a file is never compressed. */
async function openRaw(
  files: FileStore & FileForms,
  { type, uuid, size }: Attachment,
): Promise<RawFile> {
  if (type !== HEAD_TYPE) return await files.openRaw(uuid);
  return { ...beginning(await files.open(uuid), size), compressed: false };
}

/** The file of an instance as an attachment; its MD5 is computed when it is asked for the first time. */
async function dicomOf(
  { index, files, keepMd5 }: AttachmentPorts,
  ref: ResourceRef,
): Promise<Attachment | undefined> {
  const file = (await index.get(ref, ROW_ONLY))?.file;
  if (!file) return undefined;
  const known = await index.fileMd5(file.uuid);
  const md5 = known ?? await digestWhole(files, file);
  if (known === undefined && keepMd5) index.keepFileMd5(file.uuid, md5).catch(() => {}); // it can be computed again
  return { type: ATTACHMENT.dicom, ...file, md5, revision: 0 };
}

/** The MD5 of a file that is as it was stored. @throws DicomError `corrupted-file` */
async function digestWhole(
  files: Pick<FileStore, "open">,
  { uuid, sha256 }: Pick<StoredFile, "uuid" | "sha256">,
): Promise<string> {
  await using file = await files.open(uuid);
  const digests = await digestsOf(file);
  if (digests.sha256 === sha256) return digests.md5;
  throw new DicomError("corrupted-file", `Cannot use file ${uuid}: it is not what was stored`);
}

/** File, then row. Should the process end in between, the mark that the file has makes it go at the next start. */
async function store(
  ports: AttachmentPorts,
  target: Target,
  bytes: AsyncIterable<Uint8Array>,
): Promise<Version> {
  const { index, files, clock, checkRevisions, makeRoom } = ports;
  const hash = createHash("md5");
  await using staged = await files.stage(hashed(bytes, hash));
  const { file } = staged;
  using _room = await makeRoom?.({
    patient: await patientOf(index, target.ref),
    size: file.size,
  });
  const md5 = hash.digest("hex");
  await index.expectFile(file.uuid);
  await staged.commit();
  const request = changeRequest(target, clock, checkRevisions);
  const outcome = await index.setAttachment(request, { ...file, md5 });
  await removeObsolete(ports, outcome.kind === "done" ? outcome.obsoleteFiles : [file.uuid]);
  const { revision } = doneOf(outcome, target);
  if (ports.compress) await files.compress(file.uuid);
  return { revision, md5 };
}

/** Public identifier of the patient of a resource. @throws DicomError `unknown-resource` */
async function patientOf(index: Pick<Index, "get">, ref: ResourceRef): Promise<string> {
  const resource = await index.get(ref, ROW_ONLY);
  if (!resource) throw unknownResource(ref);
  const { parent } = resource;
  if (parent === null) return ref.id;
  return await patientOf(index, { level: LEVELS[depthOf(ref.level) - 1]!, id: parent });
}

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}

function contentOf(file: OpenFile, { offset, length }: ByteRange): Content {
  return { length, bytes: closing(file, readRange(file, offset, length)) };
}

async function* closing(file: OpenFile, bytes: AsyncIterable<Uint8Array>) {
  await using _ = file;
  yield* bytes;
}

function unknownResource({ level, id }: ResourceRef): DicomError {
  return new DicomError("unknown-resource", `There is no ${level} ${id}`);
}
