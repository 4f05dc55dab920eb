/** How full a disk is, in bytes. */
export interface DiskSpace {
  /** What this process may still use. */
  readonly free: number;
  readonly total: number;
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
