import { Buffer } from "node:buffer";
import { findByTag } from "../../core/dicom/dictionary.ts";
import type { ElementHeader } from "../../core/dicom/element_header.ts";
import { DataSetScanner, type ScanOptions, type ScanSink } from "../../core/dicom/scanner.ts";
import { formatTag, TAG, type Tag } from "../../core/dicom/tag.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../../core/dicom/transfer_syntax.ts";
import { DicomError } from "../../core/errors.ts";
import { dataSet, type Piece } from "./dicom.ts";

/** A sink that writes down what it is told; values in hexadecimal. */
export function recorder(wanted: (tag: Tag) => boolean) {
  const events: string[] = [];
  const name = ({ tag, vr, depth }: ElementHeader) => `${formatTag(tag)} ${vr} ${depth}`;
  const sink: ScanSink = {
    element(header) {
      events.push(name(header));
      return wanted(header.tag);
    },
    value: (bytes) => void events.push(`= ${Buffer.from(bytes).toString("hex")}`),
    startSequence: (header) => void events.push(`${name(header)} [`),
    startItem: ({ explicitVr }) => void events.push(explicitVr ? "{" : "{ implicit"),
    endItem: () => void events.push("}"),
    endSequence: () => void events.push("]"),
    startFragments: (header) => void events.push(`${name(header)} <`),
    fragment(offset, length) {
      events.push(`fragment ${offset}+${length}`);
      return wanted(TAG.pixelData);
    },
    endFragments: () => void events.push(">"),
  };
  return { events, sink };
}

/** How to scan. */
export interface Scan extends Partial<Omit<ScanOptions, "sink" | "vrOfTag">> {
  readonly wanted?: (tag: Tag) => boolean;
  /** Sizes of the chunks in turn; all at once by default. */
  readonly chunks?: readonly number[];
}

/** What a scan of `bytes` reports; a failure is the last event. */
export function scan(bytes: Uint8Array, options: Scan = {}): string[] {
  const { wanted = () => true, chunks = [bytes.length || 1], ...rest } = options;
  const { events, sink } = recorder(wanted);
  const encoding = rest.encoding ?? EXPLICIT_LITTLE_ENDIAN;
  const scanner = new DataSetScanner({
    ...rest,
    encoding,
    sink,
    vrOfTag: (tag) => findByTag(tag)?.vr,
  });
  try {
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const size = chunks[turn % chunks.length]!;
      scanner.push(bytes.subarray(at, at + size));
      at += size;
    }
    scanner.end();
  } catch (error) {
    if (!(error instanceof DicomError) || error.code !== "bad-file") throw error;
    events.push("refused");
  }
  return events;
}

/** What a scan of a data set of `pieces` reports. */
export function scanned(pieces: readonly Piece[], options: Scan = {}): string[] {
  return scan(dataSet(pieces, options.encoding ?? EXPLICIT_LITTLE_ENDIAN), options);
}
