import { Buffer } from "node:buffer";
import { memorySource } from "../../core/bytes/source.ts";
import { openZip } from "../../core/archive/zip_reader.ts";

const DIRECTORY_HEADER = 0x02014b50;
const HEADER_LENGTH = 46;

/** What an archive without ZIP64 and encryption holds, by name. */
export async function unzip(bytes: Uint8Array): Promise<Map<string, Buffer>> {
  const archive = await openZip(memorySource(bytes));
  const names = namesOf(Buffer.from(bytes));
  const files = new Map<string, Buffer>();
  for await (const member of archive.members()) {
    files.set(names[files.size]!, Buffer.concat(await Array.fromAsync(archive.read(member))));
  }
  return files;
}

/** The names in the directory of an archive that ends in a comment of 18 bytes. */
function namesOf(zip: Buffer): string[] {
  const names: string[] = [];
  let at = zip.readUInt32LE(zip.length - 18 - 6);
  while (zip.readUInt32LE(at) === DIRECTORY_HEADER) {
    const length = zip.readUInt16LE(at + 28);
    names.push(zip.toString("utf8", at + HEADER_LENGTH, at + HEADER_LENGTH + length));
    at += HEADER_LENGTH + length + zip.readUInt16LE(at + 30);
  }
  return names;
}
