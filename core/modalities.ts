import type { Modality } from "./config/modality.ts";

/** What a remote may ask of this server; each has its `DicomAlwaysAllow…` or `Allow…`. */
export type DicomService =
  | "echo"
  | "store"
  | "find"
  | "findWorklist"
  | "get"
  | "move"
  | "nAction"
  | "eventReport";

/** Who calls. */
export interface Caller {
  /** Calling AE title, without outer spaces. */
  readonly aet: string;
  /** IP address the connection comes from. */
  readonly ip: string;
}

/** Whether a caller may use a service, and if not, why, and the line of the configuration that would admit it. */
export type Permission =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: string; readonly remedy: string };

/** A modality under its name. */
export interface NamedModality {
  readonly name: string;
  readonly modality: Modality;
}

/** The remote modalities this server knows, from the configuration or the index. */
export interface Modalities {
  /** Sorted by name. */
  list(): readonly NamedModality[];
  get(name: string): Modality | undefined;
  /** Adds or replaces; durable with `DicomModalitiesInDatabase`. */
  set(name: string, modality: Modality): Promise<void>;
  /** @returns whether it was there */
  remove(name: string): Promise<boolean>;
  /** The modality with this AE title; of several, that with the IP address, else the first. */
  findByAet(aet: string, ip?: string): NamedModality | undefined;
  /** Whether two AE titles are the same (option `StrictAetComparison`; outer spaces never count). */
  sameAet(a: string, b: string): boolean;
  permits(service: DicomService, caller: Caller): Permission;
}
