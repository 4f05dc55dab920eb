import { DicomError } from "../core/errors.ts";

/** Suffix of a file that may not be complete, or has not got its name yet. */
const STAGED = ".part";
const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** Where a file lies. */
export interface FilePath {
  /** `ab/cd/abcd….` below the root. */
  readonly final: string;
  /** Its name until its bytes are durable. */
  readonly staged: string;
  readonly directory: string;
}

/** Makes the function from UUIDs to paths below `root`. It throws DicomError `missing-file` for other texts. */
export function createPaths(root: string): (uuid: string) => FilePath {
  return (uuid) => {
    if (!UUID.test(uuid)) {
      throw new DicomError("missing-file", "Cannot open file: its name is not a UUID");
    }
    const directory = `${root}/${uuid.slice(0, 2)}/${uuid.slice(2, 4)}`;
    const final = `${directory}/${uuid}`;
    return { final, staged: final + STAGED, directory };
  };
}

/** The UUID in the name of a file, and whether it has its final name; undefined for a name that is not ours. */
export function parseName(name: string): { uuid: string; staged: boolean } | undefined {
  const staged = name.endsWith(STAGED);
  const uuid = staged ? name.slice(0, -STAGED.length) : name;
  return UUID.test(uuid) ? { uuid, staged } : undefined;
}
