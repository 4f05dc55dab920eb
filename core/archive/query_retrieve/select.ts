import type { DataSet } from "../../dicom/data_set.ts";
import type { Matcher } from "../../dicom/match.ts";
import { TAG, type Tag, tagHex } from "../../dicom/tag.ts";
import { DicomError } from "../../errors.ts";
import type { Index } from "../../ports.ts";
import { eachResource } from "../each_resource.ts";
import { everyResource, type OrderKey, ROW_ONLY, type TagCondition } from "../query.ts";
import { depthOf, type Level, LEVELS, METADATA, type Resource } from "../resource.ts";
import { levelOf, textOf, UNIQUE_KEYS } from "./levels.ts";

/** An instance to be retrieved. */
export interface SelectedInstance {
  /** Public identifier. */
  readonly id: string;
  /** UUID of its file. */
  readonly uuid: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
}

/** What a retrieval is about. */
export interface Selection {
  /** In the order of series and of numbers in them. */
  readonly instances: readonly SelectedInstance[];
  /** SOP Instance UIDs that were asked for by name and are not here. */
  readonly missing: readonly string[];
}

/** UIDs that one request may list. */
const MAXIMUM_LIST = 100_000;

/**
 * What the identifier of a C-MOVE or C-GET names (PS3.4 Section C.4.2.1.4): unique keys, each a list. The level may
 * be absent: then it is that of the most precise key (as Orthanc). A study may be named by its Accession Number.
 *
 * @throws DicomError `bad-request` if no key names anything
 */
export async function selectInstances(
  index: Pick<Index, "find">,
  identifier: DataSet,
): Promise<Selection> {
  const values = keyValues(identifier);
  const level = levelOf(identifier) ?? LEVELS.findLast((candidate) => values.has(candidate));
  const named = level && values.get(level);
  if (!level || !named) {
    const fact = "the unique key of the level is missing or empty";
    throw new DicomError("bad-request", `Cannot retrieve: ${fact}`);
  }
  const tags = [...values].filter(([above]) => depthOf(above) <= depthOf(level))
    .map(([above, key]): TagCondition => ({ ...key, level: above, caseSensitive: true }));
  const query = { ...everyResource("Instance"), tags, orderBy: ORDER };
  const instances = await Array.fromAsync(eachResource(index, query, ROW_ONLY), selected);
  const found = new Set(instances.map(({ sopInstanceUid }) => sopInstanceUid));
  const missing = level === "Instance" ? named.matcher.values.filter((uid) => !found.has(uid)) : [];
  return { instances, missing };
}

/** A unique key with the list of its values. */
interface NamedKey {
  readonly tag: Tag;
  readonly matcher: Extract<Matcher, { kind: "equal" }>;
}

function keyValues(identifier: DataSet): Map<Level, NamedKey> {
  const keys = new Map<Level, NamedKey>();
  for (const level of LEVELS) {
    const key = namedKey(identifier, UNIQUE_KEYS[level]) ??
      (level === "Study" ? namedKey(identifier, TAG.accessionNumber) : undefined);
    if (key) keys.set(level, key);
  }
  return keys;
}

function namedKey(identifier: DataSet, tag: Tag): NamedKey | undefined {
  const values = (textOf(identifier, tag) ?? "").split("\\").map((value) => value.trim())
    .filter((value) => value !== "");
  if (values.length > MAXIMUM_LIST) {
    throw new DicomError("bad-request", `Cannot retrieve more than ${MAXIMUM_LIST} by name`);
  }
  return values.length === 0 ? undefined : { tag, matcher: { kind: "equal", values } };
}

/** Series by series, and in each by Instance Number. */
const ORDER: readonly OrderKey[] = [
  { kind: "tag", tag: TAG.studyInstanceUid, level: "Study", as: "text", descending: false },
  { kind: "tag", tag: 0x00200011, level: "Series", as: "integer", descending: false },
  { kind: "tag", tag: TAG.seriesInstanceUid, level: "Series", as: "text", descending: false },
  { kind: "tag", tag: TAG.instanceNumber, level: "Instance", as: "integer", descending: false },
];

function selected({ id, file, tags, metadata }: Resource): SelectedInstance {
  return {
    id,
    uuid: file!.uuid,
    sopClassUid: metadata[METADATA.SopClassUid] ?? "",
    sopInstanceUid: String(tags[tagHex(TAG.sopInstanceUid)]),
    transferSyntaxUid: metadata[METADATA.TransferSyntax] ?? "",
  };
}
