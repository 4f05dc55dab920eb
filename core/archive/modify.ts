import { trimPadding } from "../dicom/data_set.ts";
import type { EditedDataSet } from "../dicom/edit/data_set.ts";
import { settleCharacterSet } from "../dicom/edit/character_set.ts";
import { type EditOptions, readForEdit } from "../dicom/edit/read.ts";
import { writeEdited } from "../dicom/edit/write.ts";
import { encodeFileMeta } from "../dicom/file_meta.ts";
import { readFully } from "../dicom/decode.ts";
import { MAXIMUM_META_SIZE, readFileMeta } from "../dicom/part10.ts";
import { reencode, reencodeDataSet } from "../dicom/reencode.ts";
import { TAG, tagHex } from "../dicom/tag.ts";
import { EXPLICIT_LITTLE_ENDIAN, findTransferSyntax } from "../dicom/transfer_syntax.ts";
import type { ByteSource } from "../bytes/source.ts";
import { DicomError } from "../errors.ts";
import type { ChangeType, Clock, FileStore, Index, ResourceRef } from "../ports.ts";
import type { Extract } from "./extract.ts";
import { publicIds } from "./ids.ts";
import type { Ingest } from "./ingest.ts";
import type { ApplyModification } from "./modify/apply.ts";
import { IDENTIFIERS } from "./modify/modification.ts";
import { ROW_ONLY } from "./query.ts";
import { depthOf, type Level, LEVELS, METADATA, type Metadata, type Resource } from "./resource.ts";
import { bytesOf, type Transcoder, type Wanted } from "./transcoding.ts";

/** Public identifiers of an instance and its parents. */
type Ids = Readonly<Record<Level, string>>;

/** For whom instances are changed. */
export interface Author {
  readonly remoteIp: string;
  readonly username: string;
}

/** How an instance is changed. */
export interface Change {
  readonly apply: ApplyModification;
  /** Into which transfer syntax; null to leave it. */
  readonly transcode: Wanted | null;
}

/** How a changed instance is stored. */
export interface StoredChange extends Change {
  readonly author: Author;
  /** What says where the resources come from: `ModifiedFrom` or `AnonymizedFrom`. */
  readonly source: "ModifiedFrom" | "AnonymizedFrom";
}

/** What was stored, with what it was made of. */
export interface Derived {
  readonly from: Ids;
  readonly to: Ids;
}

/** What changing instances needs. */
export interface ModifierPorts {
  readonly index: Pick<Index, "get" | "logChange" | "addLabel" | "refresh">;
  readonly files: Pick<FileStore, "open" | "stage">;
  readonly clock: Clock;
  readonly ingest: Ingest;
  readonly extract: (source: ByteSource) => Promise<Extract>;
  readonly remove: (ref: ResourceRef) => Promise<unknown>;
  readonly transcoder: Transcoder;
  readonly options: EditOptions;
  /** Called after each change that was logged. */
  readonly changed: () => void;
}

/** Changes instances; what is stored stays as it is. */
export interface Modifier {
  /**
   * The changed file of an instance.
   *
   * @throws DicomError `unknown-resource`, `missing-file`, `bad-file`, or as the modification
   */
  file(id: string, change: Change): Promise<ChangedFile>;
  /** Stores what an instance becomes. It replaces what has its identity. @throws DicomError as `file()` and `Ingest` */
  store(id: string, change: StoredChange): Promise<Derived>;
  /** UIDs of instances and of what holds them, from a level down. */
  uidsOf(instances: readonly string[], level: Level): Promise<ReadonlySet<string>>;
  /** Logs that a resource came to be. */
  logChange(type: ChangeType, ref: ResourceRef): Promise<void>;
  /** Gives a resource the labels of another one of its level. */
  copyLabels(from: ResourceRef, to: ResourceRef): Promise<void>;
  /** Has the index know the parents of an instance as it describes them. @throws DicomError as `file()` */
  refresh(id: string, levels: readonly Level[]): Promise<void>;
  /** Removes an instance. */
  remove(id: string): Promise<void>;
}

/** A whole file, to be read once and to the end. */
export interface ChangedFile {
  /** In bytes; undefined if it is not known beforehand. */
  readonly length: number | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Makes the modifier. */
export function createModifier(ports: ModifierPorts): Modifier {
  const { index, clock, changed } = ports;
  return {
    async file(id, change) {
      await using stack = new AsyncDisposableStack();
      const { length, bytes } = await open(ports, id, change, stack);
      return { length, bytes: closing(bytes, stack.move()) };
    },

    async store(id, change) {
      await using stack = new AsyncDisposableStack();
      const { bytes, from, to } = await open(ports, id, change, stack);
      const staged = stack.use(await ports.files.stage(bytes));
      const metadata = mapLevels((level): Metadata =>
        from[level] === to[level] ? {} : { [METADATA[change.source]]: from[level] }
      );
      const { ids } = await ports.ingest(staged, { kind: "derived", ...change.author, metadata });
      return { from, to: ids };
    },

    uidsOf: (instances, level) => uidsOf(index, instances, level),

    async logChange(type, ref) {
      await index.logChange(type, ref, clock.now());
      changed();
    },

    async copyLabels(from, to) {
      const labels = (await index.get(from, { ...ROW_ONLY, labels: true }))?.labels ?? [];
      for (const label of labels) await index.addLabel(to, label);
    },

    refresh: (id, levels) => refresh(ports, id, levels),

    async remove(id) {
      await ports.remove({ level: "Instance", id });
    },
  };
}

/** The parents are asked for once each: instances of a series follow one another. */
async function uidsOf(
  index: Pick<Index, "get">,
  instances: readonly string[],
  level: Level,
): Promise<ReadonlySet<string>> {
  const uids = new Set<string>();
  const seen = new Set<string>();
  const wanted = LEVELS.slice(Math.max(1, depthOf(level))).toReversed();
  for (const instance of instances) {
    let id: string | null | undefined = instance;
    for (const of of wanted) {
      if (!id || seen.has(id)) break;
      seen.add(id);
      const resource: Resource | undefined = await index.get({ level: of, id }, ROW_ONLY);
      const uid = resource?.tags[tagHex(IDENTIFIERS[of])];
      if (typeof uid === "string") uids.add(uid);
      id = resource?.parent;
    }
  }
  return uids;
}

/** Reads an instance anew for the index. */
async function refresh(
  { index, files, extract }: Pick<ModifierPorts, "index" | "files" | "extract">,
  id: string,
  levels: readonly Level[],
): Promise<void> {
  const file = (await index.get({ level: "Instance", id }, ROW_ONLY))?.file;
  if (!file) throw new DicomError("unknown-resource", `There is no Instance ${id}`);
  await using source = await files.open(file.uuid);
  const extracted = await extract(source);
  await index.refresh({ ...extracted, file, receivedAt: 0 }, levels);
}

type OpenChange = Derived & ChangedFile;

/** @param stack takes what must stay open until the bytes are read */
async function open(
  ports: ModifierPorts,
  id: string,
  { apply, transcode }: Change,
  stack: AsyncDisposableStack,
): Promise<OpenChange> {
  const instance = await ports.index.get({ level: "Instance", id }, ROW_ONLY);
  if (!instance?.file) throw new DicomError("unknown-resource", `There is no Instance ${id}`);
  const stored = stack.use(await ports.files.open(instance.file.uuid));
  const wanted = transcode
    ? stack.use(
      await ports.files.stage(bytesOf(await ports.transcoder.transcode(stored, transcode))),
    )
      .source
    : stored;
  const { plain, transferSyntaxUid } = await inflated(ports, wanted, stack);
  const file = await readForEdit(plain, ports.options);
  const { root } = file;
  const sopInstanceUid = instance.tags["00080018"];
  if (transcode && typeof sopInstanceUid === "string") {
    // What transcoding has lost gives the instance another UID; the modification starts from its own.
    root.set({ tag: TAG.sopInstanceUid, vr: "UI", value: sopInstanceUid });
  }
  const from = idsOf(root);
  apply(root);
  await settleCharacterSet(file);
  const syntax = findTransferSyntax(transferSyntaxUid);
  const dataSet = writeEdited(file);
  const head = encodeFileMeta({
    sopClassUid: root.text(TAG.sopClassUid) ?? "",
    sopInstanceUid: root.text(TAG.sopInstanceUid) ?? "",
    transferSyntaxUid,
    sourceAet: "",
  });
  const written = syntax?.deflated
    ? reencodeDataSet(dataSet.bytes, { from: file.meta.encoding, to: syntax })
    : dataSet.bytes;
  return {
    from,
    to: idsOf(root),
    length: syntax?.deflated ? undefined : head.length + dataSet.length,
    bytes: chain(head, written),
  };
}

/** A source in which every byte can be reached; a deflated data set is inflated into a file of its own. */
async function inflated(
  { files, options: { maximumInflated } }: ModifierPorts,
  source: ByteSource,
  stack: AsyncDisposableStack,
): Promise<{ readonly plain: ByteSource; readonly transferSyntaxUid: string }> {
  const head = await readFully(source, 0, Math.min(source.size, MAXIMUM_META_SIZE));
  const { deflated, transferSyntaxUid } = readFileMeta(head);
  if (!deflated) return { plain: source, transferSyntaxUid };
  const meta = {
    sopClassUid: "",
    sopInstanceUid: "",
    transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN.uid,
    sourceAet: "",
  };
  const dataSet = reencode(source, { to: EXPLICIT_LITTLE_ENDIAN, maximumInflated });
  const staged = stack.use(await files.stage(chain(encodeFileMeta(meta), dataSet)));
  return { plain: staged.source, transferSyntaxUid };
}

function idsOf(root: EditedDataSet): Ids {
  const text = (tag: number) => trimPadding(root.text(tag) ?? "");
  return publicIds({
    patientId: text(TAG.patientId),
    studyInstanceUid: text(TAG.studyInstanceUid),
    seriesInstanceUid: text(TAG.seriesInstanceUid),
    sopInstanceUid: text(TAG.sopInstanceUid),
  });
}

async function* chain(head: Uint8Array, rest: AsyncIterable<Uint8Array>) {
  yield head;
  yield* rest;
}

/** `bytes`, with `resource` closed when they have been read or are not wanted any more. */
async function* closing(bytes: AsyncIterable<Uint8Array>, resource: AsyncDisposable) {
  await using _ = resource;
  yield* bytes;
}

function mapLevels<T>(value: (level: Level) => T): Readonly<Record<Level, T>> {
  return Object.fromEntries(LEVELS.map((level) => [level, value(level)])) as Record<Level, T>;
}
