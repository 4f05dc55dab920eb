import type { Level } from "../archive/resource.ts";
import type { ResourceRef } from "../ports.ts";

/** A line of the log of what was sent. */
export interface Export extends ResourceRef {
  readonly seq: number;
  /** Name of the modality or peer. */
  readonly remote: string;
  /** PatientID and the UIDs down to its level, as the resource had them. */
  readonly identifiers: Partial<Readonly<Record<Level, string>>>;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A page of the log. */
export interface ExportsPage {
  readonly exports: readonly Export[];
  /** Whether nothing follows. */
  readonly done: boolean;
}

/** The log of what was sent; it stays when the resources go. */
export interface ExportLog {
  /** Logs resources, in order; those that are not there are left out. */
  logExports(refs: readonly ResourceRef[], remote: string, at: number): Promise<void>;
  /** Those after number `since`, or the newest ones. */
  exports(query: { readonly since: number; readonly limit: number } | "last"): Promise<ExportsPage>;
  clearExports(): Promise<void>;
}
