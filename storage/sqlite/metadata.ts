import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { depthOf } from "../../core/archive/resource.ts";
import type { ChangeType } from "../../core/ports.ts";
import type { ChangeOutcome, ChangeRequest, Version } from "../../core/ports/annotations.ts";

/** Metadata that clients change. */
export function createMetadata(db: DatabaseSync) {
  const find = db.prepare(
    `SELECT id, json_extract(metadata, ?) AS value, json_extract(revisions, ?) AS revision
    FROM resource WHERE level = ? AND public_id = ?`,
  );
  const set = db.prepare(`UPDATE resource SET metadata = json_set(metadata, :path, :value),
    revisions = json_set(coalesce(revisions, '{}'), :path, :revision) WHERE id = :id`);
  const remove = db.prepare(`UPDATE resource SET metadata = json_remove(metadata, :path),
    revisions = json_remove(revisions, :path) WHERE id = :id`);
  const log = db.prepare(`INSERT INTO change (type, resource, at) VALUES (?, ?, ?)`);

  function lookUp({ ref, key }: ChangeRequest) {
    const path = pathOf(key);
    const row = find.get(path, path, depthOf(ref.level), ref.id);
    if (!row) return undefined;
    const current = row.value === null ? undefined : {
      revision: Number(row.revision ?? 0),
      md5: createHash("md5").update(String(row.value)).digest("hex"),
    };
    return { id: Number(row.id), current };
  }

  function done(id: number, { at }: ChangeRequest, revision: number): ChangeOutcome {
    log.run("UpdatedMetadata" satisfies ChangeType, id, at);
    return { kind: "done", revision, obsoleteFiles: [] };
  }

  return {
    setMetadata(request: ChangeRequest, value: string): ChangeOutcome {
      const found = lookUp(request);
      if (!found) return { kind: "unknown" };
      if (isConflict(found.current, request)) return { kind: "conflict" };
      const revision = found.current ? found.current.revision + 1 : 0;
      set.run({ path: pathOf(request.key), value, revision, id: found.id });
      return done(found.id, request, revision);
    },

    removeMetadata(request: ChangeRequest): ChangeOutcome {
      const found = lookUp(request);
      if (!found?.current) return { kind: "unknown" };
      if (isConflict(found.current, request)) return { kind: "conflict" };
      remove.run({ path: pathOf(request.key), id: found.id });
      return done(found.id, request, found.current.revision);
    },
  };
}

/** Whether the version that is there, if any, is not what the client expects. */
export function isConflict(
  current: Version | undefined,
  { condition: { expected, required } }: Pick<ChangeRequest, "condition">,
): boolean {
  if (!current) return false;
  if (!expected) return required;
  return current.revision !== expected.revision || current.md5 !== expected.md5;
}

function pathOf(key: number): string {
  return `$."${key}"`;
}
