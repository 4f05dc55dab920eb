import type { DatabaseSync } from "node:sqlite";
import { DicomError } from "../../core/errors.ts";
import { transaction } from "./database.ts";

/** Append only: a released migration is never edited. */
export const MIGRATIONS: readonly string[] = [
  `-- Patients (level 0), studies (1), series (2) and instances (3).
   CREATE TABLE resource (
     id              INTEGER PRIMARY KEY AUTOINCREMENT,
     level           INTEGER NOT NULL,
     public_id       TEXT    NOT NULL,
     parent          INTEGER REFERENCES resource(id) ON DELETE CASCADE,
     tags            TEXT    NOT NULL, -- JSON: main DICOM tags by hexadecimal tag
     patient_tags    TEXT,             -- JSON: those of the patient as this study has them
     metadata        TEXT    NOT NULL, -- JSON: values by number
     updated_at      INTEGER NOT NULL, -- ms since 1970: last instance stored below
     stable          INTEGER NOT NULL,
     protected       INTEGER NOT NULL DEFAULT 0,
     expected        INTEGER,          -- series: announced number of instances
     index_in_series INTEGER,          -- instance
     children        INTEGER NOT NULL DEFAULT 0
   ) STRICT;
   CREATE UNIQUE INDEX resource_public ON resource(level, public_id);
   CREATE INDEX resource_parent ON resource(parent, public_id);
   CREATE INDEX resource_unstable ON resource(stable) WHERE stable = 0;

   CREATE TABLE file (
     resource INTEGER PRIMARY KEY REFERENCES resource(id) ON DELETE CASCADE,
     uuid     TEXT    NOT NULL,
     size     INTEGER NOT NULL, -- bytes
     sha256   TEXT    NOT NULL,
     flushed  INTEGER NOT NULL  -- 0 while it is not known to be durable
   ) STRICT;
   CREATE UNIQUE INDEX file_uuid ON file(uuid);
   CREATE INDEX file_unflushed ON file(resource) WHERE flushed = 0;

   -- Normalized values of main tags: all of patients, studies and series, the UID of instances.
   CREATE TABLE search (
     tag      INTEGER NOT NULL,
     value    TEXT    NOT NULL,
     resource INTEGER NOT NULL,
     PRIMARY KEY (tag, value, resource)
   ) STRICT, WITHOUT ROWID;

   CREATE TABLE label (
     resource INTEGER NOT NULL REFERENCES resource(id) ON DELETE CASCADE,
     name     TEXT    NOT NULL,
     PRIMARY KEY (resource, name)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX label_name ON label(name, resource);

   CREATE TABLE change (
     seq      INTEGER PRIMARY KEY AUTOINCREMENT,
     type     TEXT    NOT NULL,
     resource INTEGER NOT NULL REFERENCES resource(id) ON DELETE CASCADE,
     at       INTEGER NOT NULL -- ms since 1970
   ) STRICT;
   CREATE INDEX change_resource ON change(resource);

   -- Files whose rows are gone and that are still to be removed.
   CREATE TABLE obsolete_file (uuid TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

   -- Folders in which files may lie that have no row yet.
   CREATE TABLE open_folder (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

   CREATE TABLE total (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   INSERT INTO total VALUES ('0', 0), ('1', 0), ('2', 0), ('3', 0), ('size', 0);
   CREATE TRIGGER resource_added AFTER INSERT ON resource BEGIN
     UPDATE total SET value = value + 1 WHERE name = CAST(NEW.level AS TEXT);
   END;
   CREATE TRIGGER resource_removed AFTER DELETE ON resource BEGIN
     UPDATE total SET value = value - 1 WHERE name = CAST(OLD.level AS TEXT);
   END;
   CREATE TRIGGER file_added AFTER INSERT ON file BEGIN
     UPDATE total SET value = value + NEW.size WHERE name = 'size';
   END;
   CREATE TRIGGER file_removed AFTER DELETE ON file BEGIN
     UPDATE total SET value = value - OLD.size WHERE name = 'size';
   END;`,

  `-- Small files that have no file of their own yet.
   CREATE TABLE kept_file (uuid TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;`,

  `-- Small values by name.
   CREATE TABLE property (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;`,

  `-- Revisions of metadata that were changed, attachments, the log of what was sent, and jobs.
   ALTER TABLE resource ADD COLUMN revisions TEXT;  -- JSON: by number of the metadata, where it is not 0
   ALTER TABLE resource ADD COLUMN unprotected_at INTEGER NOT NULL DEFAULT 0; -- patient, ms since 1970
   ALTER TABLE file ADD COLUMN md5 TEXT;            -- once somebody has asked for it

   CREATE TABLE attachment (
     resource INTEGER NOT NULL REFERENCES resource(id) ON DELETE CASCADE,
     type     INTEGER NOT NULL, -- 1024 to 65535
     uuid     TEXT    NOT NULL,
     size     INTEGER NOT NULL, -- bytes
     sha256   TEXT    NOT NULL,
     md5      TEXT    NOT NULL,
     revision INTEGER NOT NULL,
     PRIMARY KEY (resource, type)
   ) STRICT, WITHOUT ROWID;
   CREATE UNIQUE INDEX attachment_uuid ON attachment(uuid);
   CREATE TRIGGER attachment_added AFTER INSERT ON attachment BEGIN
     UPDATE total SET value = value + NEW.size WHERE name = 'size';
   END;
   CREATE TRIGGER attachment_removed AFTER DELETE ON attachment BEGIN
     UPDATE total SET value = value - OLD.size WHERE name = 'size';
   END;

   CREATE TABLE export (
     seq       INTEGER PRIMARY KEY AUTOINCREMENT,
     level     INTEGER NOT NULL,
     public_id TEXT    NOT NULL,
     remote    TEXT    NOT NULL, -- name of the modality or peer
     tags      TEXT    NOT NULL, -- JSON: identifying values by level
     at        INTEGER NOT NULL  -- ms since 1970
   ) STRICT;

   CREATE TABLE job (
     id     TEXT PRIMARY KEY,
     record TEXT NOT NULL, -- JSON: what it is and is to do
     state  TEXT NOT NULL  -- JSON: how far it is
   ) STRICT, WITHOUT ROWID;`,

  `-- What the relay owes to destinations. States and priorities: core/ports/duties.ts.
   CREATE TABLE duty (
     id           INTEGER PRIMARY KEY AUTOINCREMENT,
     instance     TEXT    NOT NULL, -- public identifiers; the instance may be gone
     series       TEXT    NOT NULL,
     study        TEXT    NOT NULL,
     sha256       TEXT    NOT NULL, -- of the stored file
     size         INTEGER NOT NULL, -- bytes
     destination  TEXT    NOT NULL, -- empty: to be deleted
     chain        TEXT    NOT NULL, -- hash of the actions before the sending
     rule         TEXT    NOT NULL,
     rule_version INTEGER NOT NULL,
     confirm      TEXT    NOT NULL,
     priority     INTEGER NOT NULL,
     state        TEXT    NOT NULL,
     due_at       INTEGER,          -- ms since 1970: when to try, to ask for proof, or to delete
     grace        INTEGER,          -- ms from the proof to the deletion
     grp          TEXT    NOT NULL, -- series or study whose timer is awaited
     calling_aet  TEXT    NOT NULL,
     strict       INTEGER NOT NULL,
     hops         TEXT    NOT NULL, -- JSON
     tries        INTEGER NOT NULL DEFAULT 0,
     refusals     INTEGER NOT NULL DEFAULT 0,
     proof_tries  INTEGER NOT NULL DEFAULT 0,
     proof_token  TEXT    NOT NULL DEFAULT '',
     maybe_sent   INTEGER NOT NULL DEFAULT 0,
     was          TEXT    NOT NULL DEFAULT '', -- state before the instance was removed
     reason       TEXT    NOT NULL DEFAULT '',
     sent_sha256  TEXT    NOT NULL DEFAULT '',
     created_at   INTEGER NOT NULL,
     sent_at      INTEGER,
     ended_at     INTEGER
   ) STRICT;
   CREATE UNIQUE INDEX duty_key ON duty(instance, destination, chain, sha256);
   CREATE INDEX duty_study ON duty(study);
   CREATE INDEX duty_ready ON duty(destination, priority, id) WHERE state = 'ready';
   CREATE INDEX duty_sending ON duty(id) WHERE state = 'sending';
   CREATE INDEX duty_due ON duty(state, due_at) WHERE due_at IS NOT NULL;
   CREATE INDEX duty_retry ON duty(destination) WHERE state = 'retry';
   CREATE INDEX duty_group ON duty(grp, rule) WHERE grp <> '';
   CREATE INDEX duty_strict ON duty(series, destination, id) WHERE strict = 1;
   CREATE INDEX duty_dead ON duty(id) WHERE state = 'dead';

   CREATE TABLE duty_try (
     duty    INTEGER NOT NULL REFERENCES duty(id) ON DELETE CASCADE,
     at      INTEGER NOT NULL, -- ms since 1970
     ms      INTEGER NOT NULL,
     bytes   INTEGER NOT NULL,
     outcome TEXT    NOT NULL,
     status  TEXT    NOT NULL,
     comment TEXT    NOT NULL
   ) STRICT;
   CREATE INDEX duty_try_duty ON duty_try(duty);

   -- Silence that is awaited; due_at is NULL once it has been heard.
   CREATE TABLE duty_timer (
     rule        TEXT    NOT NULL,
     grp         TEXT    NOT NULL,
     first_at    INTEGER NOT NULL,
     due_at      INTEGER,
     quiet_ms    INTEGER NOT NULL,
     max_wait_ms INTEGER NOT NULL,
     seen        INTEGER NOT NULL, -- bits of the required parts
     required    INTEGER NOT NULL,
     on_timeout  TEXT    NOT NULL,
     resend      INTEGER NOT NULL,
     PRIMARY KEY (rule, grp)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX duty_timer_due ON duty_timer(due_at) WHERE due_at IS NOT NULL;

   CREATE TABLE duty_chain (hash TEXT PRIMARY KEY, actions TEXT NOT NULL) STRICT, WITHOUT ROWID;

   CREATE TABLE duty_total (
     destination TEXT    NOT NULL,
     state       TEXT    NOT NULL,
     count       INTEGER NOT NULL,
     bytes       INTEGER NOT NULL,
     PRIMARY KEY (destination, state)
   ) STRICT, WITHOUT ROWID;
   CREATE TRIGGER duty_added AFTER INSERT ON duty BEGIN
     INSERT INTO duty_total VALUES (NEW.destination, NEW.state, 1, NEW.size)
       ON CONFLICT DO UPDATE SET count = count + 1, bytes = bytes + NEW.size;
   END;
   CREATE TRIGGER duty_moved AFTER UPDATE OF state ON duty WHEN NEW.state <> OLD.state BEGIN
     UPDATE duty_total SET count = count - 1, bytes = bytes - OLD.size
       WHERE destination = OLD.destination AND state = OLD.state;
     INSERT INTO duty_total VALUES (NEW.destination, NEW.state, 1, NEW.size)
       ON CONFLICT DO UPDATE SET count = count + 1, bytes = bytes + NEW.size;
   END;
   CREATE TRIGGER duty_removed AFTER DELETE ON duty BEGIN
     UPDATE duty_total SET count = count - 1, bytes = bytes - OLD.size
       WHERE destination = OLD.destination AND state = OLD.state;
   END;
   CREATE TRIGGER instance_removed AFTER DELETE ON resource WHEN OLD.level = 3 BEGIN
     UPDATE duty SET was = state, state = 'cancelled', due_at = NULL,
       reason = 'the instance was removed'
       WHERE instance = OLD.public_id AND state NOT IN ('confirmed', 'cancelled', 'superseded');
   END;`,

  `-- Duties that are done, by when that was; those of removed instances have no such time.
   CREATE INDEX duty_ended ON duty(coalesce(ended_at, created_at), id)
     WHERE state IN ('confirmed', 'cancelled', 'superseded');
   CREATE INDEX duty_timer_done ON duty_timer(first_at) WHERE due_at IS NULL;`,
];

/**
 * Brings `db` to the newest schema; `user_version` counts what has been applied.
 *
 * @throws DicomError `database-version` if a newer server wrote it
 */
export function migrate(db: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  const applied = Number(db.prepare("PRAGMA user_version").get()?.user_version);
  if (applied > migrations.length) {
    throw new DicomError(
      "database-version",
      `Cannot open index: its schema ${applied} is newer than ${migrations.length}, the newest that this version knows`,
    );
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < applied) continue;
    transaction(db, () => {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}
