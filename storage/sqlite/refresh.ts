import type { DatabaseSync } from "node:sqlite";
import { depthOf, type Level } from "../../core/archive/resource.ts";
import type { ChangeType, NewInstance, ResourceRef } from "../../core/ports.ts";
import { searchValues } from "./search_values.ts";

/** Changes of what is known of resources that are there. */
export function createRefresh(db: DatabaseSync) {
  const find = db.prepare(
    `SELECT id, tags, patient_tags FROM resource WHERE level = ? AND public_id = ?`,
  );
  const update = db.prepare(`UPDATE resource SET tags = $tags, patient_tags = $patientTags,
    metadata = json_patch(metadata, $metadata), expected = $expected, index_in_series = $index
    WHERE id = $id`);
  const insertSearch = db.prepare(`INSERT OR IGNORE INTO search VALUES (?, ?, ?)`);
  const deleteSearch = db.prepare(
    `DELETE FROM search WHERE tag = ? AND value = ? AND resource = ?`,
  );
  const insertChange = db.prepare(`INSERT INTO change (type, resource, at)
    SELECT ?, id, ? FROM resource WHERE level = ? AND public_id = ?`);

  function refreshLevel(instance: NewInstance, level: Level): void {
    const row = find.get(depthOf(level), instance.ids[level]);
    if (!row) return;
    const id = Number(row.id);
    const before = {
      ...JSON.parse(String(row.patient_tags ?? "{}")),
      ...JSON.parse(String(row.tags)),
    };
    for (const { tag, value } of searchValues(level, before)) deleteSearch.run(tag, value, id);
    update.run({
      id,
      tags: JSON.stringify(instance.tags[level]),
      patientTags: level === "Study" ? JSON.stringify(instance.tags.Patient) : null,
      metadata: JSON.stringify(instance.metadata[level]),
      expected: level === "Series" ? instance.expectedInstances : null,
      index: level === "Instance" ? instance.indexInSeries : null,
    });
    const after = level === "Study"
      ? { ...instance.tags.Patient, ...instance.tags.Study }
      : instance.tags[level];
    for (const { tag, value } of searchValues(level, after)) insertSearch.run(tag, value, id);
  }

  return {
    refresh(instance: NewInstance, levels: readonly Level[]): void {
      for (const level of levels) refreshLevel(instance, level);
    },

    logChange(type: ChangeType, { level, id }: ResourceRef, at: number): void {
      insertChange.run(type, at, depthOf(level), id);
    },
  };
}
