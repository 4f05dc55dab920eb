import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { TagsJson } from "../../core/dicom/json/tags.ts";

/** What a server says of one file. */
export interface Answers {
  readonly id: string;
  readonly tags: TagsJson;
  readonly simplified: TagsJson;
  readonly header: TagsJson;
  /** Names, bytes in base 64, or undefined where nothing is. */
  content(path: readonly string[]): Promise<Content>;
  /** Forgets the file. */
  remove(): Promise<void>;
}

type Content = readonly string[] | string | undefined;

/** A server that is asked; undefined means that it refuses the file. */
export type Server = (file: Uint8Array<ArrayBuffer>) => Promise<Answers | undefined>;

/** Sends a request; the body, if any, goes as it is. */
type Request = (method: string, path: string, body?: Uint8Array<ArrayBuffer>) => Promise<Response>;

/** A server with Orthanc's REST API. */
export function over(request: Request): Server {
  return async (file) => {
    const stored = await request("POST", "/instances", file);
    const { ID, Status } = await stored.json();
    if (!stored.ok) return undefined;
    assert.equal(Status, "Success");
    const json = async (path: string) =>
      await (await request("GET", `/instances/${ID}/${path}`)).json();
    return {
      id: ID,
      tags: await json("tags"),
      simplified: await json("simplified-tags"),
      header: await json("header"),
      async content(path) {
        const response = await request("GET", `/instances/${ID}/content/${path.join("/")}`);
        const bytes = Buffer.from(await response.arrayBuffer());
        if (!response.ok) return undefined;
        const isList = response.headers.get("content-type")?.includes("json");
        return isList ? JSON.parse(bytes.toString()) : bytes.toString("base64");
      },
      async remove() {
        await (await request("DELETE", `/instances/${ID}`)).body?.cancel();
      },
    };
  };
}

/** Where two servers differ. */
export interface Difference {
  readonly file: string;
  readonly part: "stored" | "id" | "tags" | "simplified" | "header" | "content";
  /** Tags and numbers of items, or a name. */
  readonly path: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

type Report = (difference: Omit<Difference, "file">) => void;

/** Where the answers of two servers to one file differ; both forget the file again. */
export async function compare(
  file: string,
  bytes: Uint8Array<ArrayBuffer>,
  servers: { readonly ours: Server; readonly theirs: Server },
): Promise<Difference[]> {
  const differences: Difference[] = [];
  const report: Report = (difference) => void differences.push({ file, ...difference });
  const [our, their] = await Promise.all([servers.ours(bytes), servers.theirs(bytes)]);
  if (!our || !their) {
    if (our || their) report({ part: "stored", path: "", ours: !!our, theirs: !!their });
  } else {
    if (our.id !== their.id) report({ part: "id", path: "", ours: our.id, theirs: their.id });
    for (const part of ["tags", "simplified", "header"] as const) {
      compareTags({ part, path: "", ours: our[part], theirs: their[part] }, report);
    }
    await compareContent([], our, their, report);
  }
  await Promise.all([our?.remove(), their?.remove()]);
  return differences;
}

type Tags = Omit<Difference, "file"> & { readonly ours: TagsJson; readonly theirs: TagsJson };

function compareTags({ part, path, ours, theirs }: Tags, report: Report): void {
  for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    compareValues({ part, path: `${path}/${key}`, ours: ours[key], theirs: theirs[key] }, report);
  }
}

/** Compares two values; sequences of the same length item by item. */
function compareValues(values: Omit<Difference, "file">, report: Report): void {
  const { part, path, ours, theirs } = values;
  const [our, their] = [itemsOf(ours), itemsOf(theirs)];
  if (our && their && our.length === their.length && nameOf(ours) === nameOf(theirs)) {
    our.forEach((item, n) =>
      compareTags({ part, path: `${path}/${n}`, ours: item, theirs: their[n]! }, report)
    );
    return;
  }
  try {
    assert.deepEqual(ours, theirs);
  } catch {
    report(values);
  }
}

/** The items of a sequence, in the full dialect or another; undefined for anything else. */
export function itemsOf(value: unknown): TagsJson[] | undefined {
  if (Array.isArray(value)) return value;
  const { Type, Value } = (value ?? {}) as { Type?: string; Value?: TagsJson[] };
  return Type === "Sequence" ? Value : undefined;
}

const nameOf = (value: unknown) => (value as { Name?: string } | undefined)?.Name;

/** Compares what stands at `path`, and below it as far as both have names. */
async function compareContent(
  path: readonly string[],
  our: Answers,
  their: Answers,
  report: Report,
) {
  const [a, b] = await Promise.all([our.content(path), their.content(path)]);
  if (JSON.stringify(a) !== JSON.stringify(b)) {
    report({ part: "content", path: path.join("/"), ours: a, theirs: b });
  }
  if (!Array.isArray(a) || !Array.isArray(b)) return;
  for (const name of a.filter((name) => b.includes(name)).slice(0, path.length % 2 ? 3 : 500)) {
    await compareContent([...path, name], our, their, report);
  }
}
