import { DicomError } from "../../errors.ts";
import type { Index, ResourceRef } from "../../ports.ts";
import {
  fileName,
  fileNumbers,
  folderName,
  type NameOptions,
  UniqueNames,
} from "../archive_paths.ts";
import { eachResource } from "../each_resource.ts";
import { everyResource, ROW_ONLY } from "../query.ts";
import { LEVELS, type MainTags, METADATA, type Resource, type StoredFile } from "../resource.ts";

/** An instance that becomes part of an archive. */
export interface PlannedInstance {
  /** Path in the archive. */
  readonly name: string;
  /** Public identifier. */
  readonly id: string;
  readonly file: StoredFile;
  /** Undefined where the index does not know. */
  readonly transferSyntaxUid: string | undefined;
}

/** What an archive is to hold, in its order. */
export interface ArchivePlan {
  readonly instances: readonly PlannedInstance[];
  /** Bytes of all files as they are stored. */
  readonly size: number;
}

/** How to lay an archive out. */
export interface PlanOptions extends NameOptions {
  /** `media`: everything in one folder with names of at most eight characters (PS3.10 Section 8.2). */
  readonly layout: "archive" | "media";
}

type PlanIndex = Pick<Index, "get" | "find" | "findIds">;

/** A file of media is named IM and at most six digits. */
const MOST_ON_MEDIA = 1_000_000;

/**
 * The resources with these public identifiers, of any level.
 *
 * @throws DicomError `unknown-resource`
 */
export async function resourcesNamed(
  index: Pick<Index, "get">,
  ids: readonly string[],
): Promise<ResourceRef[]> {
  const refs: ResourceRef[] = [];
  for (const id of ids) refs.push(await locate(index, id));
  return refs;
}

/**
 * What an archive of `refs` holds: each instance once, sorted by patient, study and series, and in a series as its
 * instances are numbered.
 *
 * @throws DicomError `unknown-resource`; `out-of-range` for more than media can hold
 */
export async function planArchive(
  index: PlanIndex,
  refs: readonly ResourceRef[],
  options: PlanOptions,
): Promise<ArchivePlan> {
  const instances: PlannedInstance[] = [];
  const nameFolders = options.layout === "archive" ? createFolderNames(options) : undefined;
  for (const series of await seriesOf(index, refs)) {
    const members = sorted(await instancesOf(index, series));
    const numbers = fileNumbers(members.map(indexInSeries));
    const folder = nameFolders?.(series);
    members.forEach(({ id, file, metadata }, at) => {
      const name = folder === undefined
        ? `IMAGES/IM${instances.length}`
        : folder.names.add(`${folder.path}/${fileName(series.series.tags, numbers[at]!)}`);
      const transferSyntaxUid = metadata[METADATA.TransferSyntax];
      instances.push({ name, id, file, transferSyntaxUid });
    });
  }
  if (options.layout === "media" && instances.length > MOST_ON_MEDIA) {
    throw new DicomError("out-of-range", `Cannot make media: more than ${MOST_ON_MEDIA} instances`);
  }
  return { instances, size: instances.reduce((sum, { file }) => sum + file.size, 0) };
}

/** A series, and which of its instances are meant. */
interface ChosenSeries {
  readonly series: Resource;
  readonly study: Resource;
  readonly patientId: string;
  /** Undefined for all. */
  readonly only: ReadonlySet<string> | undefined;
}

async function seriesOf(index: PlanIndex, refs: readonly ResourceRef[]): Promise<ChosenSeries[]> {
  const chosen = new Map<string, Set<string> | undefined>();
  for (const ref of refs) {
    if (ref.level === "Instance") {
      const { parent } = await required(index, ref);
      if (!chosen.has(parent!)) chosen.set(parent!, new Set());
      chosen.get(parent!)?.add(ref.id);
      continue;
    }
    const ids = ref.level === "Series"
      ? [ref.id]
      : await index.findIds({ ...everyResource("Series"), parent: ref });
    for (const id of ids) chosen.set(id, undefined);
  }
  const studies = new Map<string, Resource>();
  const found: ChosenSeries[] = [];
  for (const [id, only] of chosen) {
    const series = await required(index, { level: "Series", id });
    const studyId = series.parent!;
    const study = studies.get(studyId) ?? await required(index, { level: "Study", id: studyId });
    studies.set(studyId, study);
    found.push({ series, study, patientId: study.parent!, only });
  }
  return found.toSorted((a, b) =>
    compare(a.patientId, b.patientId) || compare(a.study.id, b.study.id) ||
    compare(a.series.id, b.series.id)
  );
}

async function instancesOf(
  index: PlanIndex,
  { series, only }: ChosenSeries,
): Promise<PlannedResource[]> {
  const query = {
    ...everyResource("Instance"),
    parent: { level: "Series", id: series.id } as const,
  };
  const found: PlannedResource[] = [];
  for await (const { id, file, metadata } of eachResource(index, query, ROW_ONLY)) {
    if (file && (!only || only.has(id))) found.push({ id, file, metadata });
  }
  return found;
}

interface PlannedResource extends Pick<Resource, "id" | "metadata"> {
  readonly file: StoredFile;
}

function sorted(instances: readonly PlannedResource[]): PlannedResource[] {
  return instances.toSorted((a, b) =>
    (indexInSeries(a) ?? Infinity) === (indexInSeries(b) ?? Infinity)
      ? compare(a.id, b.id)
      : (indexInSeries(a) ?? Infinity) - (indexInSeries(b) ?? Infinity)
  );
}

function indexInSeries({ metadata }: Pick<Resource, "metadata">): number | undefined {
  const text = metadata[METADATA.IndexInSeries];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** Gives each series the path of its folder, and the names that are taken there. */
function createFolderNames(options: NameOptions) {
  const root = new UniqueNames();
  const folders = new Map<string, { readonly path: string; readonly names: UniqueNames }>();
  const folderOf = (id: string, parent: string, name: () => string) => {
    const known = folders.get(id);
    if (known) return known;
    const above = folders.get(parent);
    const own = (above?.names ?? root).add(above ? `${above.path}/${name()}` : name());
    const folder = { path: own, names: new UniqueNames() };
    folders.set(id, folder);
    return folder;
  };
  return ({ series, study, patientId }: ChosenSeries) => {
    const patient: MainTags = study.patientTags ?? {};
    folderOf(patientId, "", () => folderName("Patient", patient, options));
    folderOf(study.id, patientId, () => folderName("Study", study.tags, options));
    return folderOf(series.id, study.id, () => folderName("Series", series.tags, options));
  };
}

async function locate(index: Pick<Index, "get">, id: string): Promise<ResourceRef> {
  for (const level of LEVELS) {
    if (await index.get({ level, id }, ROW_ONLY)) return { level, id };
  }
  throw new DicomError("unknown-resource", `Cannot archive ${id}: there is no such resource`);
}

async function required(index: Pick<Index, "get">, ref: ResourceRef): Promise<Resource> {
  const resource = await index.get(ref, ROW_ONLY);
  if (resource) return resource;
  throw new DicomError("unknown-resource", `Cannot archive ${ref.id}: there is no such resource`);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
