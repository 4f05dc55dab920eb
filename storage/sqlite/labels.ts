import type { DatabaseSync } from "node:sqlite";
import { depthOf } from "../../core/archive/resource.ts";
import type { ResourceRef } from "../../core/ports.ts";

/** Labels of resources. */
export function createLabels(db: DatabaseSync) {
  const find = db.prepare(`SELECT id FROM resource WHERE level = ? AND public_id = ?`);
  const add = db.prepare(`INSERT OR IGNORE INTO label VALUES (?, ?)`);
  const remove = db.prepare(`DELETE FROM label WHERE resource = ? AND name = ?`);
  const all = db.prepare(`SELECT DISTINCT name FROM label ORDER BY name`);

  /** Runs `change` on the resource; false if it is not there. */
  function onResource({ level, id }: ResourceRef, change: (resource: number) => void): boolean {
    const row = find.get(depthOf(level), id);
    if (row) change(Number(row.id));
    return row !== undefined;
  }

  return {
    addLabel: (ref: ResourceRef, label: string) =>
      onResource(ref, (resource) => void add.run(resource, label)),
    removeLabel: (ref: ResourceRef, label: string) =>
      onResource(ref, (resource) => void remove.run(resource, label)),
    labels: () => all.all().map((row) => String(row.name)),
  };
}
