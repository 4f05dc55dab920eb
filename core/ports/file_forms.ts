import type { OpenFile } from "../ports.ts";

/** The two forms in which a file may lie on the disk. */
export interface FileForms {
  /** The bytes as they lie on the disk. @throws DicomError `missing-file` */
  openRaw(uuid: string): Promise<RawFile>;
  /** Compresses a file; nothing happens to one that is. @throws DicomError `missing-file`, `storage-full`, … */
  compress(uuid: string): Promise<void>;
  /** Undoes that; nothing happens to a file that is not compressed. */
  uncompress(uuid: string): Promise<void>;
}

/** A file as it lies on the disk. */
export interface RawFile extends OpenFile {
  /** Whether it is an eight-byte length, little endian, with a zlib stream (as Orthanc's). */
  readonly compressed: boolean;
}
