import type { ResourceRef } from "../ports.ts";

/** A version of metadata or of an attachment; its text form is the ETag. */
export interface Version {
  /** Counted from 0. */
  readonly revision: number;
  /** Lower-case hexadecimal MD5 of the content. */
  readonly md5: string;
}

/** What must hold for content to be replaced or removed. */
export interface Precondition {
  /** The version that the client knows; undefined if it names none. */
  readonly expected: Version | undefined;
  /** Whether it must name one (option `CheckRevisions`). */
  readonly required: boolean;
}

/** What became of a change. */
export type ChangeOutcome =
  | { readonly kind: "done"; readonly revision: number; readonly obsoleteFiles: readonly string[] }
  /** The resource is not there, or does not have what is to be removed. */
  | { readonly kind: "unknown" }
  /** It is of another version than the client expects. */
  | { readonly kind: "conflict" };

/** Names one metadata or attachment of a resource, with the condition and time of its change. */
export interface ChangeRequest {
  readonly ref: ResourceRef;
  /** Number of the metadata or type of the attachment. */
  readonly key: number;
  readonly condition: Precondition;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** An attachment and where its bytes are. */
export interface Attachment extends Version {
  readonly type: number;
  /** Random UUID that names the file. */
  readonly uuid: string;
  /** In bytes. */
  readonly size: number;
  /** Lower-case hexadecimal SHA-256. */
  readonly sha256: string;
}

/** Metadata and attachments that clients change; all that a method writes is durable when its promise resolves. */
export interface Annotations {
  /** Sets metadata, and logs that. */
  setMetadata(request: ChangeRequest, value: string): Promise<ChangeOutcome>;
  removeMetadata(request: ChangeRequest): Promise<ChangeOutcome>;
  /** Attachments of a resource but for its DICOM file, by type; undefined if the resource is not there. */
  attachments(ref: ResourceRef): Promise<Attachment[] | undefined>;
  /** Marks a file as one to be removed unless `setAttachment()` follows. */
  expectFile(uuid: string): Promise<void>;
  setAttachment(
    request: ChangeRequest,
    file: Omit<Attachment, "type" | "revision">,
  ): Promise<ChangeOutcome>;
  removeAttachment(request: ChangeRequest): Promise<ChangeOutcome>;
  /** MD5 of an instance's file, if it was ever computed. */
  fileMd5(uuid: string): Promise<string | undefined>;
  keepFileMd5(uuid: string, md5: string): Promise<void>;
}
