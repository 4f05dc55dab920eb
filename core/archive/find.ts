import { findByTag, parseTagOrName } from "../dicom/dictionary.ts";
import { type Matcher, matcherOf, matches } from "../dicom/match.ts";
import { TAG, type Tag } from "../dicom/tag.ts";
import { DicomError } from "../errors.ts";
import type { Index } from "../ports.ts";
import { eachResource } from "./each_resource.ts";
import {
  everyResource,
  type LabelCondition,
  type MetadataCondition,
  type OrderKey,
  type Query,
  ROW_ONLY,
  type TagCondition,
  type Wanted,
} from "./query.ts";
import { COMPUTED_TAGS, type createRequestedTags } from "./requested_tags.ts";
import { depthOf, type Level, LEVELS, METADATA, type Resource } from "./resource.ts";

/** Conditions, and keys of an order, that one search may have; the index would give up at some more. */
const MAXIMUM_CONDITIONS = 200;

/** A search in the words of the one who asks. */
export interface FindRequest {
  readonly level: Level;
  /** Values by tag or name of an attribute. */
  readonly query: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly caseSensitive: boolean;
  readonly labels: LabelCondition | undefined;
  readonly parent: Query["parent"];
  readonly orderBy: readonly OrderRequest[];
  readonly since: number;
  readonly limit: number;
}

/** A key of an order, by name. */
export interface OrderRequest {
  readonly kind: "tag" | "metadata";
  readonly key: string;
  readonly as: OrderKey["as"];
  readonly descending: boolean;
}

/** What searching needs. */
export interface FindPorts {
  readonly index: Index;
  readonly mainTags: Readonly<Record<Level, readonly Tag[]>>;
  /** Numbers of the user's own metadata, by name (option `UserMetadata`). */
  readonly userMetadata: Readonly<Record<string, number>>;
  readonly requestedTags: ReturnType<typeof createRequestedTags>;
  /** Whether files may be opened to match (option `StorageAccessOnFind`). */
  readonly readFiles: boolean;
}

/** Conditions, by who can tell whether they hold. */
interface Conditions {
  readonly indexed: readonly TagCondition[];
  readonly fromFiles: readonly { readonly tag: Tag; readonly matcher: Matcher }[];
  readonly modalities: Matcher | undefined;
}

/** A search, split into what the index answers and what only files can. */
interface Plan extends Pick<Conditions, "fromFiles"> {
  readonly query: Query;
  readonly caseSensitive: boolean;
}

/**
 * Makes the functions behind /tools/find and /tools/count-resources. They fail with `unknown-tag`, `bad-request`,
 * `out-of-range` (a wildcard where there is none) or `not-found` (metadata).
 */
export function createFindRequests(ports: FindPorts) {
  const { index } = ports;

  /** What matches, one after the other. */
  async function* find(request: FindRequest, wanted: Wanted): AsyncGenerator<Resource> {
    const plan = planOf(request, ports);
    if (plan.fromFiles.length === 0) return yield* eachResource(index, plan.query, wanted);
    const { since, limit } = request;
    let count = 0;
    for await (const resource of matchFiles(ports, plan, wanted)) {
      if (count++ >= since) yield resource;
      if (limit > 0 && count === since + limit) return;
    }
  }

  return {
    find,

    async findIds(request: FindRequest): Promise<string[]> {
      const plan = planOf(request, ports);
      if (plan.fromFiles.length === 0) return index.findIds(plan.query);
      return await Array.fromAsync(find(request, ROW_ONLY), ({ id }) => id);
    },

    async count(request: FindRequest): Promise<number> {
      const plan = planOf(request, ports);
      if (plan.fromFiles.length === 0) return index.count(plan.query);
      let count = 0;
      for await (const _ of matchFiles(ports, plan, ROW_ONLY)) count++;
      return count;
    },
  };
}

/** Candidates of the index whose files match too, in the order of the query. */
async function* matchFiles(ports: FindPorts, plan: Plan, wanted: Wanted): AsyncGenerator<Resource> {
  const tags = plan.fromFiles.map(({ tag }) => tag);
  for await (const resource of eachResource(ports.index, plan.query, wanted)) {
    const values = await ports.requestedTags(resource, tags);
    const fits = plan.fromFiles.every(({ tag, matcher }) => {
      const value = values.get(tag);
      return matches(matcher, typeof value === "string" ? value : undefined, plan.caseSensitive);
    });
    if (fits) yield resource;
  }
}

function planOf(request: FindRequest, ports: FindPorts): Plan {
  const { level, caseSensitive, labels, parent } = request;
  if (parent && depthOf(parent.level) >= depthOf(level)) {
    throw new DicomError(
      "bad-request",
      `Cannot find ${level} below ${parent.level}: it is not a level above`,
    );
  }
  const { indexed, fromFiles, modalities } = conditionsOf(request, ports);
  const metadata = metadataConditions(request, ports);
  if (Math.max(indexed.length + metadata.length, request.orderBy.length) > MAXIMUM_CONDITIONS) {
    throw new DicomError(
      "bad-request",
      `Cannot find by more than ${MAXIMUM_CONDITIONS} conditions`,
    );
  }
  const { since, limit } = fromFiles.length === 0 ? request : everyResource(level);
  const orderBy = request.orderBy.map((key) => orderKey(key, level, ports));
  return {
    query: {
      level,
      tags: indexed,
      modalities,
      metadata,
      labels,
      parent,
      orderBy,
      after: "",
      since,
      limit,
    },
    fromFiles,
    caseSensitive,
  };
}

function conditionsOf({ level, query, caseSensitive }: FindRequest, ports: FindPorts): Conditions {
  const indexed: TagCondition[] = [];
  const fromFiles: { tag: Tag; matcher: Matcher }[] = [];
  let modalities: Matcher | undefined;
  for (const [name, text] of Object.entries(query)) {
    const tag = tagNamed(name);
    const matcher = matcherOf(tag, findByTag(tag)?.vr ?? "UN", text);
    if (!matcher) continue;
    const owner = owningLevel(ports.mainTags, level, tag);
    if (tag === TAG.modalitiesInStudy && level !== "Patient") modalities = matcher;
    else if (owner) indexed.push({ tag, level: owner, matcher, caseSensitive });
    else if (COMPUTED_TAGS.has(tag) || ports.readFiles) fromFiles.push({ tag, matcher });
    else {
      throw new DicomError("bad-request", `Cannot match ${name}: it is not in the index`);
    }
  }
  return { indexed, fromFiles, modalities };
}

/** The tag of a name or number. @throws DicomError `unknown-tag`, with the name as its message */
export function tagNamed(name: string): Tag {
  const tag = parseTagOrName(name);
  if (tag === undefined) throw new DicomError("unknown-tag", name);
  return tag;
}

/** The deepest level from `level` upwards whose main tags contain `tag`. */
function owningLevel(mainTags: FindPorts["mainTags"], level: Level, tag: Tag): Level | undefined {
  return LEVELS.slice(0, depthOf(level) + 1).findLast((above) => mainTags[above].includes(tag));
}

function metadataConditions(request: FindRequest, ports: FindPorts): MetadataCondition[] {
  return Object.entries(request.metadata).flatMap(([name, text]) => {
    const key = metadataNumber(name, ports.userMetadata);
    const matcher = matcherOf(0, "UT", text);
    return matcher ? [{ key, matcher, caseSensitive: request.caseSensitive }] : [];
  });
}

/** The number of a metadata by name or number. @throws DicomError `not-found` */
export function metadataNumber(name: string, user: Readonly<Record<string, number>>): number {
  const known: Readonly<Record<string, number>> = METADATA;
  const number = Object.hasOwn(known, name)
    ? known[name]
    : Object.hasOwn(user, name)
    ? user[name]
    : /^\d{1,5}$/.test(name)
    ? Number(name)
    : undefined;
  if (number === undefined) {
    throw new DicomError("not-found", `Cannot use metadata ${name}: it is not registered`);
  }
  return number;
}

function orderKey(request: OrderRequest, level: Level, ports: FindPorts): OrderKey {
  const { as, descending } = request;
  if (request.kind === "metadata") {
    return {
      kind: "metadata",
      key: metadataNumber(request.key, ports.userMetadata),
      as,
      descending,
    };
  }
  const tag = tagNamed(request.key);
  const owner = owningLevel(ports.mainTags, level, tag);
  if (!owner) {
    throw new DicomError("bad-request", `Cannot order by ${request.key}: it is not in the index`);
  }
  return { kind: "tag", tag, level: owner, as, descending };
}
