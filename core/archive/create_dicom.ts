import { memorySource } from "../bytes/source.ts";
import { defaultCharacterSets } from "../dicom/charset.ts";
import { DataSet } from "../dicom/data_set.ts";
import { parseTagOrName, tagName } from "../dicom/dictionary.ts";
import { settleCharacterSet } from "../dicom/edit/character_set.ts";
import { EditedDataSet } from "../dicom/edit/data_set.ts";
import { type JsonValue, newElementOf, parseDataUri, putElement } from "../dicom/edit/new_value.ts";
import { writeEdited } from "../dicom/edit/write.ts";
import { encodeFileMeta } from "../dicom/file_meta.ts";
import { TAG, type Tag } from "../dicom/tag.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../dicom/transfer_syntax.ts";
import { generateUid } from "../dicom/uid.ts";
import { DicomError } from "../errors.ts";
import { type Content, CONTENT_READERS } from "./create_dicom/contents.ts";
import type { FileStore } from "../ports.ts";
import { encapsulatedElement } from "./transcoding/pixel_element.ts";
import { bytesOf, type Transcoder } from "./transcoding.ts";

/** What to make an instance of. */
export interface NewDicom {
  /** Values by name or number of the tag. */
  readonly tags: Readonly<Record<string, JsonValue>>;
  /** What the parent says of patient, study and series: texts by tag. */
  readonly inherited: ReadonlyMap<Tag, string>;
  /** A data URI; undefined for an instance without content. */
  readonly content: string | undefined;
  /** Whether a JPEG picture stays one. */
  readonly encapsulate: boolean;
  readonly privateCreator: string;
  /** Whether values that look like data URIs are bytes. */
  readonly dataUris: boolean;
  /** Whether identifiers and what the parent says may be overridden. */
  readonly force: boolean;
  /** When it is made, in milliseconds since 1970. */
  readonly now: number;
}

/** What making instances needs. */
export interface CreateDicomPorts {
  readonly files: Pick<FileStore, "stage">;
  readonly transcoder: Transcoder;
}

/** The dates and times that an instance has when nothing else is said. */
const DATES: readonly Tag[] = [0x00080012, 0x00080020, 0x00080021, 0x00080022, 0x00080023];
const TIMES: readonly Tag[] = [0x00080013, 0x00080030, 0x00080031, 0x00080032, 0x00080033];

/**
 * The file of a new instance, to be read once.
 *
 * @throws DicomError `unknown-tag`, `overrides-parent`, `use-content`, `bad-request`; `bad-file` for content that cannot be
 * read
 */
export async function* createDicom(
  ports: CreateDicomPorts,
  wanted: NewDicom,
): AsyncGenerator<Uint8Array> {
  const content = wanted.content === undefined ? undefined : readContent(wanted.content);
  const root = new EditedDataSet(
    new DataSet(EXPLICIT_LITTLE_ENDIAN, () => defaultCharacterSets("Latin1")),
    true,
  );
  for (const [tag, value] of defaultsOf(wanted, content)) setText(root, tag, value);
  for (const [tag, value] of wanted.inherited) setText(root, tag, value);
  content?.elements.forEach((element) => root.set(element));
  putTags(root, wanted);
  const file = content?.jpeg
    ? fileOf(root, { syntax: content.jpeg.transferSyntaxUid, frame: content.jpeg.bytes })
    : fileOf(root, { syntax: EXPLICIT_LITTLE_ENDIAN.uid });
  if (!content?.jpeg || wanted.encapsulate) yield* file;
  else {
    await using staged = await ports.files.stage(file);
    const to = { to: EXPLICIT_LITTLE_ENDIAN.uid, quality: 100 };
    yield* bytesOf(await ports.transcoder.transcode(staged.source, to));
  }
}

function readContent(text: string): Content {
  const parsed = parseDataUri(text);
  if (!parsed) {
    throw new DicomError("bad-file", "Cannot read content: it is no data URI in base64");
  }
  const read = CONTENT_READERS[parsed.mediaType];
  if (read) return read(parsed.bytes);
  const fact = `media type "${parsed.mediaType}" is not known`;
  throw new DicomError("bad-file", `Cannot read content: ${fact}`);
}

/** New identifiers, dates and times, unless they are inherited. */
function defaultsOf({ now }: NewDicom, content: Content | undefined): [Tag, string][] {
  const { date, time } = localTime(now);
  return [
    [TAG.patientId, crypto.randomUUID()],
    [TAG.studyInstanceUid, generateUid()],
    [TAG.seriesInstanceUid, generateUid()],
    [TAG.sopInstanceUid, generateUid()],
    ...DATES.map((tag): [Tag, string] => [tag, date]),
    ...TIMES.map((tag): [Tag, string] => [tag, time]),
    ...(content ? [[TAG.modality, content.modality] as [Tag, string]] : []),
  ];
}

function localTime(ms: number): { readonly date: string; readonly time: string } {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString();
  return {
    date: local.slice(0, 10).replaceAll("-", ""),
    time: local.slice(11, 19).replaceAll(":", ""),
  };
}

/** What is only given by force, beside what is inherited: the identifiers that were made. */
const MADE: ReadonlySet<Tag> = new Set([
  TAG.studyInstanceUid,
  TAG.seriesInstanceUid,
  TAG.sopInstanceUid,
]);

function putTags(root: EditedDataSet, wanted: NewDicom): void {
  const { privateCreator, dataUris } = wanted;
  for (const [name, value] of Object.entries(wanted.tags)) {
    const tag = parseTagOrName(name);
    if (tag === undefined) {
      throw new DicomError("unknown-tag", "Cannot create DICOM: a name is no attribute");
    }
    if (tag === TAG.pixelData) throw new DicomError("use-content", "PixelData");
    if (!wanted.force && (MADE.has(tag) || wanted.inherited.has(tag))) {
      throw new DicomError("overrides-parent", tagName(tag));
    }
    putElement(root, newElementOf(tag, value, { privateCreator, dataUris }), privateCreator);
  }
}

function setText(root: EditedDataSet, tag: Tag, value: string): void {
  root.set(newElementOf(tag, value, { privateCreator: "", dataUris: false }));
}

async function* fileOf(
  root: EditedDataSet,
  { syntax, frame }: { readonly syntax: string; readonly frame?: Uint8Array },
): AsyncGenerator<Uint8Array> {
  const nothing = new Uint8Array(0);
  const meta = {
    elements: [],
    transferSyntaxUid: syntax,
    deflated: false,
    encoding: EXPLICIT_LITTLE_ENDIAN,
    dataSetOffset: 0,
  };
  const file = { source: memorySource(nothing), meta, root, ends: new Map<number, number>() };
  if (!root.has(TAG.specificCharacterSet)) {
    root.set({ tag: TAG.specificCharacterSet, vr: "CS", value: "ISO_IR 100" });
  }
  await settleCharacterSet(file);
  yield encodeFileMeta({
    sopClassUid: root.text(TAG.sopClassUid) ?? "",
    sopInstanceUid: root.text(TAG.sopInstanceUid) ?? "",
    transferSyntaxUid: syntax,
    sourceAet: "",
  });
  yield* writeEdited(file).bytes;
  if (frame) yield* encapsulatedElement(once(frame));
}

async function* once(frame: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(frame);
}
