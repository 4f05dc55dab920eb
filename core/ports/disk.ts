/** How full a disk is, in bytes. */
export interface DiskSpace {
  /** What this process may still use. */
  readonly free: number;
  readonly total: number;
}

/** How much room is left: enough, little, or too little to store more. */
export type DiskLevel = "fine" | "low" | "full";

/** A disk that is looked after. */
export interface WatchedDisk {
  readonly level: DiskLevel;
  /** As it was last; undefined where the system does not say. */
  readonly space: DiskSpace | undefined;
  /** Has `tell` called whenever the level changes, until it is disposed. */
  follow(tell: (level: DiskLevel) => void): Disposable;
}

/** The disk that images are on, with some room held back for when nothing else is left. */
export interface Disk {
  /** @throws Error if the system does not say */
  space(): Promise<DiskSpace>;
  /** Fills a file of `bytes`, unless it is there. */
  takeBallast(bytes: number): Promise<void>;
  /** Removes that file. @returns whether it was there */
  releaseBallast(): Promise<boolean>;
}
