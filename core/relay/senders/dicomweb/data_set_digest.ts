import { createHash, type Hash } from "node:crypto";
import { MAXIMUM_META_SIZE, readFileMeta } from "../../../dicom/part10.ts";

/** The data set of a file, without what archives change: preamble and file meta information. */
export interface DataSetDigest {
  readonly transferSyntaxUid: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** Digest of the data set of a file that is read once. @throws DicomError `bad-file` */
export async function dataSetDigest(file: AsyncIterable<Uint8Array>): Promise<DataSetDigest> {
  const hash = createHash("sha256");
  let head: Uint8Array | undefined = new Uint8Array();
  let transferSyntaxUid = "";
  const begin = (bytes: Uint8Array): void => {
    transferSyntaxUid = hashDataSet(hash, bytes);
    head = undefined;
  };
  for await (const piece of file) {
    if (!head) hash.update(piece);
    else {
      head = joined(head, piece);
      if (head.length >= MAXIMUM_META_SIZE) begin(head);
    }
  }
  if (head) begin(head);
  return { transferSyntaxUid, sha256: hash.digest("hex") };
}

/** @returns the transfer syntax */
function hashDataSet(hash: Hash, head: Uint8Array): string {
  const { dataSetOffset, transferSyntaxUid } = readFileMeta(head);
  hash.update(head.subarray(dataSetOffset));
  return transferSyntaxUid;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
