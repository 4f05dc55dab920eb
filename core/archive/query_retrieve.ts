import type { DataSet } from "../dicom/data_set.ts";
import { withCharacterSet } from "../dicom/encode.ts";
import type { ShownValue } from "../dicom/json/show.ts";
import { answerKeys, matchesKeys } from "../dicom/key_matching.ts";
import { type Key, readKeys } from "../dicom/keys.ts";
import type { NewDataSet, NewElement } from "../dicom/new_data_set.ts";
import { findByTag } from "../dicom/dictionary.ts";
import { TAG, type Tag } from "../dicom/tag.ts";
import { DicomError } from "../errors.ts";
import type { Index } from "../ports.ts";
import { eachResource } from "./each_resource.ts";
import { ROW_ONLY } from "./query.ts";
import { identifyingTags, LEVEL_NAMES, levelOf, textOf } from "./query_retrieve/levels.ts";
import {
  isOfLowerLevel,
  type MainTagsByLevel,
  planQuery,
  TAGS_IN_METADATA,
} from "./query_retrieve/plan.ts";
import { selectInstances, type Selection } from "./query_retrieve/select.ts";
import { attributesOfShown } from "./query_retrieve/shown.ts";
import type { createRequestedTags } from "./requested_tags.ts";
import type { Level, Resource } from "./resource.ts";

/** What queries and retrievals need. */
export interface QueryRetrievePorts {
  readonly index: Index;
  readonly mainTags: MainTagsByLevel;
  readonly requestedTags: ReturnType<typeof createRequestedTags>;
  readonly options: QueryRetrieveOptions;
}

/** Options of the configuration. */
export interface QueryRetrieveOptions {
  /** AE title of this server. */
  readonly aet: string;
  /** Value of (0008,0005) for answers to those who ask for none. */
  readonly characterSet: string;
  readonly caseSensitiveNames: boolean;
  /** Most answers of levels above the instance, and of instances; 0 for no limit. */
  readonly limitResults: number;
  readonly limitInstances: number;
}

/** One step of a query. */
export type FindStep =
  /** A match; it declares its character set. */
  | { readonly kind: "match"; readonly dataSet: NewDataSet }
  /** There is more, but the limit is reached. */
  | { readonly kind: "limited" };

/** The decisions of C-FIND, C-MOVE and C-GET. */
export interface QueryRetrieve {
  /**
   * Answers a query of the Patient Root or Study Root model (PS3.4 Section C.4.1).
   *
   * @throws DicomError `missing-tag` without a level; `bad-request`, `out-of-range` for keys that cannot be matched
   */
  find(identifier: DataSet): AsyncGenerator<FindStep>;
  /** @throws DicomError `bad-request` if nothing is named */
  select(identifier: DataSet): Promise<Selection>;
}

/** Makes the functions behind C-FIND, C-MOVE and C-GET. */
export function createQueryRetrieve(ports: QueryRetrievePorts): QueryRetrieve {
  return {
    find: (identifier) => find(ports, identifier),
    select: (identifier) => selectInstances(ports.index, identifier),
  };
}

async function* find(ports: QueryRetrievePorts, identifier: DataSet): AsyncGenerator<FindStep> {
  const { index, mainTags, options } = ports;
  const level = levelOf(identifier);
  if (!level) {
    throw new DicomError(
      "missing-tag",
      "Cannot query: Query/Retrieve Level (0008,0052) is missing",
    );
  }
  const keys = readKeys(identifier);
  const query = planQuery(level, keys, mainTags);
  if (!query) return;
  const asked = withIdentifyingKeys(level, keys);
  const characterSet = textOf(identifier, TAG.specificCharacterSet) || options.characterSet;
  const limit = (level === "Instance" ? options.limitInstances : options.limitResults) || Infinity;
  let count = 0;
  for await (const resource of eachResource(index, query, ROW_ONLY)) {
    const attributes = attributesOfShown(await valuesOf(ports, resource, asked));
    if (!matchesKeys(keys, attributes, options)) continue;
    if (count++ === limit) return yield { kind: "limited" };
    const elements = [
      ...answerKeys(asked, attributes, options),
      ...ownElements(level, options),
    ];
    yield { kind: "match", dataSet: withCharacterSet(elements, characterSet).elements };
  }
}

/** `keys`, and those that every answer of the level has. */
function withIdentifyingKeys(level: Level, keys: readonly Key[]): Key[] {
  const asked = keys.filter(({ tag }) => !OWN_TAGS.has(tag));
  const added = identifyingTags(level).filter((tag) => !keys.some((key) => key.tag === tag))
    .map((tag): Key => {
      return { kind: "value", tag, vr: findByTag(tag)!.vr, text: "", matcher: undefined };
    });
  return [...asked, ...added];
}

/** What the server itself says in each answer. */
const OWN_TAGS: ReadonlySet<Tag> = new Set<Tag>([TAG.retrieveAeTitle, TAG.instanceAvailability]);

function ownElements(level: Level, { aet }: QueryRetrieveOptions): NewElement[] {
  return [
    { tag: TAG.queryRetrieveLevel, vr: "CS", value: LEVEL_NAMES[level] },
    { tag: TAG.retrieveAeTitle, vr: "AE", value: aet },
    { tag: TAG.instanceAvailability, vr: "CS", value: "ONLINE" },
  ];
}

/** The values that `keys` ask of a resource; those of lower levels are not there. */
async function valuesOf(
  { requestedTags, mainTags }: QueryRetrievePorts,
  resource: Resource,
  keys: readonly Key[],
): Promise<ReadonlyMap<Tag, ShownValue>> {
  const { level, metadata } = resource;
  const kept = new Map<Tag, ShownValue>();
  const others: Tag[] = [];
  for (const { tag } of keys) {
    const key = level === "Instance" ? TAGS_IN_METADATA.get(tag) : undefined;
    if (key !== undefined) kept.set(tag, metadata[key] ?? null);
    else if (!isOfLowerLevel(level, tag, mainTags)) others.push(tag);
  }
  return new Map([...kept, ...await requestedTags(resource, others)]);
}
