import type { DatabaseSync } from "node:sqlite";

/** Small values by name, such as the modalities that were changed at run time. */
export function createProperties(db: DatabaseSync) {
  const get = db.prepare(`SELECT value FROM property WHERE name = ?`);
  const set = db.prepare(
    `INSERT INTO property VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2`,
  );
  return {
    property(name: string) {
      const row = get.get(name);
      return row && String(row.value);
    },
    setProperty: (name: string, value: string) => void set.run(name, value),
  };
}
