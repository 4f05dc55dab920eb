import { digestsOf } from "../bytes/digest.ts";
import type { FileStore, OpenFile, ResourceRef } from "../ports.ts";
import type { Attachment } from "../ports/annotations.ts";
import { METADATA, type Resource } from "./resource.ts";

/** Orthanc's number of the attachment that is the DICOM file as far as its Pixel Data. */
export const HEAD_TYPE = 3;

/**
 * The file of an instance before its Pixel Data, as an attachment of the same UUID. Nothing is stored for it: the bytes
 * are those of the file.
 *
 * @returns undefined for an instance without Pixel Data, or where they were deflated with all else
 */
export async function headAttachment(
  files: Pick<FileStore, "open">,
  { level }: ResourceRef,
  resource: Resource | undefined,
): Promise<Attachment | undefined> {
  const offset = Number(resource?.metadata[METADATA.PixelDataOffset] ?? 0);
  if (level !== "Instance" || !resource?.file || offset === 0) return undefined;
  const { uuid } = resource.file;
  const size = Math.min(offset, resource.file.size);
  await using head = beginning(await files.open(uuid), size);
  return { type: HEAD_TYPE, uuid, size, revision: 0, ...await digestsOf(head) };
}

/** The first bytes of a file. */
export function beginning(file: OpenFile, size: number): OpenFile {
  return {
    size,
    read: (at, length) => file.read(at, Math.max(0, Math.min(length, size - at))),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}
