import type { DatabaseSync } from "node:sqlite";
import { depthOf, type Level, LEVELS, seriesStatus } from "../../core/archive/resource.ts";
import type {
  ChangeType,
  NewInstance,
  OverwritePolicy,
  Removal,
  ResourceRef,
  StoreOutcome,
} from "../../core/ports.ts";
import type { DutyPlan } from "../../core/ports/duties.ts";
import { createDutyIntake } from "./duty_intake.ts";
import { searchValues } from "./search_values.ts";

/** The rows of one instance and its parents, top level first. */
interface ParentRow {
  readonly id: number;
  readonly isNew: boolean;
}

/** Adding and removing resources; each call is part of the caller's transaction. */
export function createStore(db: DatabaseSync) {
  const findInstance = db.prepare(`SELECT resource.id, uuid, sha256 FROM resource
    JOIN file ON file.resource = resource.id WHERE level = 3 AND public_id = ?`);
  const findByFile = db.prepare(`SELECT resource FROM file WHERE uuid = ?`);
  const findResource = db.prepare(
    `SELECT id, parent, children FROM resource WHERE level = ? AND public_id = ?`,
  );
  const insertResource = db.prepare(
    `INSERT INTO resource (level, public_id, parent, tags, patient_tags,
    metadata, updated_at, stable, expected, index_in_series)
    VALUES ($level, $publicId, $parent, $tags, $patientTags, $metadata, $at, $stable, $expected, $index)`,
  );
  const touch = db.prepare(
    `UPDATE resource SET updated_at = ?, children = children + ? WHERE id = ?`,
  );
  // By itself, since it writes a page of the index of what is not stable, and is seldom needed.
  const unsettle = db.prepare(`UPDATE resource SET stable = 0 WHERE id = ? AND stable = 1`);
  const insertFile = db.prepare(
    `INSERT INTO file (resource, uuid, size, sha256, flushed)
    VALUES ($resource, $uuid, $size, $sha256, $flushed)`,
  );
  const insertSearch = db.prepare(`INSERT OR IGNORE INTO search VALUES (?, ?, ?)`);
  const insertChange = db.prepare(`INSERT INTO change (type, resource, at) VALUES (?, ?, ?)`);
  const seriesProgress = db.prepare(`SELECT expected, children FROM resource WHERE id = ?`);
  const indexesInSeries = db.prepare(`SELECT index_in_series FROM resource WHERE parent = ?`);
  const { removeTree } = createRemoval(db);

  function addLevel(level: Level, parent: number | null, instance: NewInstance): ParentRow {
    const known = findResource.get(depthOf(level), instance.ids[level]);
    if (known) return { id: Number(known.id), isNew: false };
    const { lastInsertRowid } = insertResource.run({
      level: depthOf(level),
      publicId: instance.ids[level],
      parent,
      tags: JSON.stringify(instance.tags[level]),
      patientTags: level === "Study" ? JSON.stringify(instance.tags.Patient) : null,
      metadata: JSON.stringify(instance.metadata[level]),
      at: instance.receivedAt,
      stable: level === "Instance" ? 1 : 0,
      expected: level === "Series" ? instance.expectedInstances : null,
      index: level === "Instance" ? instance.indexInSeries : null,
    });
    const id = Number(lastInsertRowid);
    const searched = level === "Study"
      ? { ...instance.tags.Patient, ...instance.tags.Study }
      : instance.tags[level];
    for (const { tag, value } of searchValues(level, searched)) insertSearch.run(tag, value, id);
    return { id, isNew: true };
  }

  const duties = createDutyIntake(db);

  /** What the rules decided; duties for other bytes of the instance, cancelled by now, are superseded. */
  function addDuties(
    { ids, file, receivedAt }: NewInstance,
    plan: DutyPlan,
    isReplacement: boolean,
  ): void {
    const { Instance: instance, Series: series, Study: study } = ids;
    const subject = { instance, series, study, sha256: file.sha256, size: file.size };
    duties.add(subject, plan, { now: receivedAt, isReplacement });
    duties.supersede(subject, receivedAt);
  }

  /** Adds the four rows; what was there already is marked as changed. */
  function addRows(instance: NewInstance): ParentRow[] {
    const rows: ParentRow[] = [];
    for (const level of LEVELS) {
      rows.push(addLevel(level, rows.at(-1)?.id ?? null, instance));
    }
    for (const [depth, { id }] of rows.slice(0, 3).entries()) {
      touch.run(instance.receivedAt, rows[depth + 1]!.isNew ? 1 : 0, id);
      unsettle.run(id);
    }
    return rows;
  }

  /** Orthanc's order: the instance first, then what is new above it. */
  function logChanges(rows: readonly ParentRow[], at: number): void {
    for (const [depth, { id, isNew }] of [...rows.entries()].reverse()) {
      if (isNew) insertChange.run(`New${LEVELS[depth]!}` satisfies ChangeType, id, at);
    }
    const series = rows[2]!.id;
    const { expected, children } = seriesProgress.get(series)!;
    if (expected === null || expected !== children) return;
    const indexes = indexesInSeries.all(series).map((row) => row.index_in_series as number | null);
    if (seriesStatus(Number(expected), indexes) === "Complete") {
      insertChange.run("CompletedSeries" satisfies ChangeType, series, at);
    }
  }

  return {
    store(
      instance: NewInstance,
      policy: OverwritePolicy,
      flushed: boolean,
      plan?: DutyPlan,
    ): StoreOutcome {
      const existing = findInstance.get(instance.ids.Instance);
      if (existing) {
        const uuid = String(existing.uuid);
        const same = existing.sha256 === instance.file.sha256;
        if (policy === "Never" || (policy === "IfChanged" && same)) {
          return { kind: same ? "duplicate" : "conflict", uuid };
        }
        if (!flushed) return { kind: "unflushed" };
      }
      const obsolete = existing ? removeTree(Number(existing.id)).files : [];
      const rows = addRows(instance);
      const row = rows[3]!.id;
      insertFile.run({ resource: row, ...instance.file, flushed: flushed ? 1 : 0 });
      logChanges(rows, instance.receivedAt);
      if (plan) addDuties(instance, plan, existing !== undefined);
      return existing ? { kind: "replaced", obsoleteFiles: obsolete } : { kind: "stored", row };
    },

    remove({ level, id }: ResourceRef): Removal | undefined {
      const row = findResource.get(depthOf(level), id);
      return row && removeTree(Number(row.id));
    },

    removeFile(uuid: string): Removal | undefined {
      const row = findByFile.get(uuid);
      return row && removeTree(Number(row.resource));
    },
  };
}

/** Removal of a resource with all below it. */
export function createRemoval(db: DatabaseSync) {
  const TREE = `WITH RECURSIVE tree(id) AS (
    SELECT ? UNION ALL SELECT resource.id FROM resource JOIN tree ON parent = tree.id)`;
  const filesBelow = db.prepare(`${TREE} SELECT uuid FROM file JOIN tree ON resource = tree.id
    UNION ALL SELECT uuid FROM attachment JOIN tree ON resource = tree.id`);
  const resourcesBelow = db.prepare(`${TREE} SELECT resource.id, level, tags, patient_tags
    FROM resource JOIN tree USING (id)`);
  const markObsolete = db.prepare(`INSERT OR IGNORE INTO obsolete_file VALUES (?)`);
  const deleteSearch = db.prepare(
    `DELETE FROM search WHERE tag = ? AND value = ? AND resource = ?`,
  );
  const deleteResource = db.prepare(`DELETE FROM resource WHERE id = ?`);
  const parentOf = db.prepare(`SELECT parent FROM resource WHERE id = ?`);
  const countDown = db.prepare(
    `UPDATE resource SET children = children - 1 WHERE id = ? RETURNING level, public_id, children`,
  );

  function deleteRows(id: number): void {
    for (const row of resourcesBelow.all(id)) {
      const tags = {
        ...JSON.parse(String(row.patient_tags ?? "{}")),
        ...JSON.parse(String(row.tags)),
      };
      for (const { tag, value } of searchValues(LEVELS[Number(row.level)]!, tags)) {
        deleteSearch.run(tag, value, row.id as number);
      }
    }
    deleteResource.run(id);
  }

  return {
    /** Removes the resource, and its parents as far as they are left empty. */
    removeTree(id: number): Removal {
      const files = filesBelow.all(id).map((row) => String(row.uuid));
      for (const uuid of files) markObsolete.run(uuid);
      let parent = parentOf.get(id)?.parent;
      deleteRows(id);
      while (typeof parent === "number") {
        const left = countDown.get(parent)!;
        if (Number(left.children) > 0) {
          const level = LEVELS[Number(left.level)]!;
          return { files, remainingAncestor: { level, id: String(left.public_id) } };
        }
        const next = parentOf.get(parent)?.parent;
        deleteRows(parent);
        parent = next;
      }
      return { files, remainingAncestor: null };
    },
  };
}
