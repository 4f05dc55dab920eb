import type { DatabaseSync } from "node:sqlite";
import { depthOf } from "../../core/archive/resource.ts";
import type { ChangeType, ResourceRef } from "../../core/ports.ts";
import type { Attachment, ChangeOutcome, ChangeRequest } from "../../core/ports/annotations.ts";
import { isConflict } from "./metadata.ts";

/** Attachments of resources, and what is known of the files of instances. */
export function createAttachments(db: DatabaseSync) {
  const findResource = db.prepare(`SELECT id FROM resource WHERE level = ? AND public_id = ?`);
  const all = db.prepare(`SELECT type, uuid, size, sha256, md5, revision FROM attachment
    WHERE resource = ? ORDER BY type`);
  const one = db.prepare(`SELECT type, uuid, size, sha256, md5, revision FROM attachment
    WHERE resource = ? AND type = ?`);
  const insert = db.prepare(`INSERT INTO attachment
    VALUES ($resource, $type, $uuid, $size, $sha256, $md5, $revision)`);
  const remove = db.prepare(`DELETE FROM attachment WHERE resource = ? AND type = ?`);
  const mark = db.prepare(`INSERT OR IGNORE INTO obsolete_file VALUES (?)`);
  const unmark = db.prepare(`DELETE FROM obsolete_file WHERE uuid = ?`);
  const log = db.prepare(`INSERT INTO change (type, resource, at) VALUES (?, ?, ?)`);
  const md5Of = db.prepare(`SELECT md5 FROM file WHERE uuid = ?`);
  const keepMd5 = db.prepare(`UPDATE file SET md5 = ? WHERE uuid = ?`);

  const resourceOf = ({ level, id }: ResourceRef) => findResource.get(depthOf(level), id)?.id;

  /** Takes the attachment away; its file is left to be removed. */
  function takeAway(resource: number, current: Attachment): void {
    remove.run(resource, current.type);
    mark.run(current.uuid);
  }

  return {
    attachments(ref: ResourceRef): Attachment[] | undefined {
      const resource = resourceOf(ref);
      return resource === undefined ? undefined : all.all(resource).map((row) => attachmentOf(row));
    },

    expectFile: (uuid: string) => void mark.run(uuid),

    setAttachment(
      request: ChangeRequest,
      file: Omit<Attachment, "type" | "revision">,
    ): ChangeOutcome {
      const resource = resourceOf(request.ref);
      if (resource === undefined) return { kind: "unknown" };
      const row = one.get(resource, request.key);
      const current = row && attachmentOf(row);
      if (isConflict(current, request)) return { kind: "conflict" };
      if (current) takeAway(Number(resource), current);
      const revision = current ? current.revision + 1 : 0;
      insert.run({ resource, type: request.key, ...file, revision });
      unmark.run(file.uuid);
      log.run("UpdatedAttachment" satisfies ChangeType, resource, request.at);
      return { kind: "done", revision, obsoleteFiles: current ? [current.uuid] : [] };
    },

    removeAttachment(request: ChangeRequest): ChangeOutcome {
      const resource = resourceOf(request.ref);
      const row = resource === undefined ? undefined : one.get(resource, request.key);
      if (resource === undefined || !row) return { kind: "unknown" };
      const current = attachmentOf(row);
      if (isConflict(current, request)) return { kind: "conflict" };
      takeAway(Number(resource), current);
      log.run("UpdatedAttachment" satisfies ChangeType, resource, request.at);
      return { kind: "done", revision: current.revision, obsoleteFiles: [current.uuid] };
    },

    fileMd5(uuid: string): string | undefined {
      const md5 = md5Of.get(uuid)?.md5;
      return typeof md5 === "string" ? md5 : undefined;
    },

    keepFileMd5: (uuid: string, md5: string) => void keepMd5.run(md5, uuid),
  };
}

function attachmentOf(row: Record<string, unknown>): Attachment {
  return {
    type: Number(row.type),
    uuid: String(row.uuid),
    size: Number(row.size),
    sha256: String(row.sha256),
    md5: String(row.md5),
    revision: Number(row.revision),
  };
}
