import { memorySource } from "../../core/bytes/source.ts";
import { systemClock } from "../../core/clock.ts";
import { defaultCharacterSets } from "../../core/dicom/charset.ts";
import type { NewDataSet } from "../../core/dicom/new_data_set.ts";
import { canReencode, reencode } from "../../core/dicom/reencode.ts";
import { findTransferSyntax } from "../../core/dicom/transfer_syntax.ts";
import type { DicomClient, OutgoingInstance, RemoteAe } from "../../core/ports/dicom_client.ts";
import type { OpenFile } from "../../core/ports.ts";
import { createDicomClient, type DicomClientOptions } from "../../dimse/scu.ts";
import { instanceFile } from "./instances.ts";

export const MR = "1.2.840.10008.5.1.4.1.1.4";
const EXPLICIT = "1.2.840.10008.1.2.1";
/** What nothing here takes, however slow the machine. */
const CEILING_MS = 120_000;

/** Aborts what takes too long. */
export function signal(): AbortSignal {
  return AbortSignal.timeout(CEILING_MS);
}

/** A client without a server behind it. */
export function client(options: Partial<DicomClientOptions> = {}): DicomClient {
  return createDicomClient({
    clock: systemClock,
    maximumLength: 16_384,
    closeDelayMs: 5_000,
    preferredTransferSyntax: EXPLICIT,
    characterSet: "ISO_IR 100",
    defaultSets: defaultCharacterSets("Latin1"),
    receive: () => Promise.resolve({ status: 0x0110 }),
    transcode: (file, { from, to }) =>
      canReencode(from, to)
        ? reencode(file, { to: findTransferSyntax(to)!, maximumInflated: 1 << 30 })
        : undefined,
    ...options,
  });
}

/** A remote on this machine. */
export function remote(port: number, calledAet = "PEER"): RemoteAe {
  return {
    calledAet,
    callingAet: "OUTPOST",
    host: "127.0.0.1",
    port,
    tls: false,
    timeoutMs: CEILING_MS,
  };
}

function opened(bytes: Uint8Array): OpenFile {
  return { ...memorySource(bytes), [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Instances of one series; the second half of the name is the number. */
export function instance(
  number: number,
  parts: { sopClassUid?: string; size?: number } = {},
): OutgoingInstance {
  const { sopClassUid = MR, size = 4 } = parts;
  const sopInstanceUid = `1.1.1.${number}`;
  const pixels = new Uint8Array(size).fill(number);
  const bytes = instanceFile({
    SOPClassUID: sopClassUid,
    SOPInstanceUID: sopInstanceUid,
    PixelData: pixels,
  });
  return { sopClassUid, sopInstanceUid, transferSyntaxUid: EXPLICIT, file: opened(bytes) };
}

/** Identifier of the study of these instances. */
export const STUDY: NewDataSet = [
  { tag: 0x00080052, vr: "CS", value: "STUDY" },
  { tag: 0x0020000d, vr: "UI", value: "1.1" },
];
