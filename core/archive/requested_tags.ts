import { hasText, valueText } from "../dicom/values.ts";
import type { ShownValue } from "../dicom/json/show.ts";
import { tagsJson } from "../dicom/json/tags.ts";
import { TAG, type Tag, tagHex } from "../dicom/tag.ts";
import type { Index, ResourceRef } from "../ports.ts";
import type { InstanceReader } from "./instance_reader.ts";
import { everyResource, ROW_ONLY } from "./query.ts";
import { depthOf, type Level, LEVELS, type MainTags, METADATA, type Resource } from "./resource.ts";

/** What requested tags are read from. */
export interface RequestedTagsPorts {
  readonly index: Index;
  readonly reader: InstanceReader;
  readonly mainTags: Readonly<Record<Level, readonly Tag[]>>;
  /** Whether files may be opened for tags outside the index (option `StorageAccessOnFind`). */
  readonly readFiles: boolean;
}

type Compute = (index: Index, ref: ResourceRef) => Promise<string>;

const countBelow = (level: Level): Compute => async (index, ref) => {
  const statistics = await index.statisticsOf(ref);
  return String(statistics?.count[level] ?? 0);
};

const joined =
  (level: Level, source: { tag: Tag } | { metadata: number }): Compute => async (index, ref) =>
    (await index.distinct(ref, level, source)).join("\\");

/** The attributes that are computed, with the level of the resource that they describe. */
export const COMPUTED_TAGS: ReadonlyMap<Tag, { readonly of: Level; readonly compute: Compute }> =
  new Map([
    [TAG.modalitiesInStudy, { of: "Study", compute: joined("Series", { tag: TAG.modality }) }],
    [TAG.sopClassesInStudy, {
      of: "Study",
      compute: joined("Instance", { metadata: METADATA.SopClassUid }),
    }],
    [TAG.numberOfPatientRelatedStudies, { of: "Patient", compute: countBelow("Study") }],
    [TAG.numberOfPatientRelatedSeries, { of: "Patient", compute: countBelow("Series") }],
    [TAG.numberOfPatientRelatedInstances, { of: "Patient", compute: countBelow("Instance") }],
    [TAG.numberOfStudyRelatedSeries, { of: "Study", compute: countBelow("Series") }],
    [TAG.numberOfStudyRelatedInstances, { of: "Study", compute: countBelow("Instance") }],
    [TAG.numberOfSeriesRelatedInstances, { of: "Series", compute: countBelow("Instance") }],
    [TAG.instanceAvailability, { of: "Instance", compute: () => Promise.resolve("ONLINE") }],
  ]);

/** Makes the function that answers any tag of a resource; null where it has none. */
export function createRequestedTags(ports: RequestedTagsPorts) {
  const { index, mainTags } = ports;

  return async (
    resource: Resource,
    tags: readonly Tag[],
  ): Promise<ReadonlyMap<Tag, ShownValue>> => {
    const ancestry = await ancestryOf(index, resource);
    const values = new Map<Tag, ShownValue>();
    const unindexed: Tag[] = [];
    for (const tag of tags) {
      const computed = COMPUTED_TAGS.get(tag);
      if (computed) {
        const subject = ancestry.get(computed.of) ?? resource;
        const fits = ancestry.has(computed.of) || computed.of === "Instance";
        values.set(tag, fits ? await computed.compute(index, subject) : null);
      } else if (isIndexed(mainTags, resource.level, tag)) {
        values.set(tag, indexedValue(ancestry, tag));
      } else unindexed.push(tag);
    }
    const read = unindexed.length > 0 ? await fileValues(ports, resource, unindexed) : [];
    return new Map([...values, ...read]);
  };
}

/** The resource and its parents by level. */
async function ancestryOf(index: Index, resource: Resource): Promise<Map<Level, Resource>> {
  const ancestry = new Map<Level, Resource>([[resource.level, resource]]);
  let current: Resource | undefined = resource;
  while (current?.parent) {
    const level: Level = LEVELS[depthOf(current.level) - 1]!;
    current = await index.get({ level, id: current.parent }, ROW_ONLY);
    if (current) ancestry.set(level, current);
  }
  return ancestry;
}

/** Whether the index knows `tag` for resources of `level`, at this level or above. */
export function isIndexed(
  mainTags: RequestedTagsPorts["mainTags"],
  level: Level,
  tag: Tag,
): boolean {
  return LEVELS.slice(0, depthOf(level) + 1).some((above) => mainTags[above].includes(tag));
}

/** The nearest level's value; a patient's tags are those that the study holds. */
function indexedValue(ancestry: ReadonlyMap<Level, Resource>, tag: Tag): ShownValue {
  const hex = tagHex(tag);
  const study = ancestry.get("Study");
  const nearestFirst: (MainTags | undefined)[] = [
    ancestry.get("Instance")?.tags,
    ancestry.get("Series")?.tags,
    study?.tags,
    study?.patientTags,
    ancestry.get("Patient")?.tags,
  ];
  for (const tags of nearestFirst) {
    if (tags && hex in tags) return tags[hex]!;
  }
  return null;
}

/** Values from the file of one instance of the resource. */
async function fileValues(
  { index, reader, readFiles }: RequestedTagsPorts,
  resource: Resource,
  tags: readonly Tag[],
): Promise<[Tag, ShownValue][]> {
  const nothing = tags.map((tag): [Tag, null] => [tag, null]);
  if (!readFiles) return nothing;
  const instance = await firstInstance(index, resource);
  if (!instance?.file) return nothing;
  const wanted = new Set([...tags, TAG.specificCharacterSet]);
  const dataSet = await reader.dataSet(instance.file.uuid, {
    keep: ({ tag, depth }) => depth > 0 || wanted.has(tag),
  });
  return tags.map((tag) => {
    const element = dataSet.get(tag);
    if (element?.items) {
      return [tag, element.items.map((item) => tagsJson(item, { dialect: "full" }))];
    }
    const text = element && hasText(element.vr) ? valueText(element, dataSet) : undefined;
    return [tag, text ?? null];
  });
}

/** An instance of the resource: itself, or the first below it. */
export async function firstInstance(
  index: Index,
  resource: Resource,
): Promise<Resource | undefined> {
  if (resource.level === "Instance") return resource;
  const parent = { level: resource.level, id: resource.id };
  const [first] = await index.find({ ...everyResource("Instance"), parent, limit: 1 }, ROW_ONLY);
  return first;
}
