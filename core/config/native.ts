import * as z from "zod";
import { option } from "./option.ts";
import { count, flag, integer, megabytes, named, oneOf, text } from "./schemas.ts";

const THREADS = "work is not divided among threads by hand";
const MEMORY = "memory is budgeted as a whole";
const SYNTAXES = "AcceptedTransferSyntaxes decides";

/** Tuning of Orthanc's own threads and memory, and names of the past. */
export const NATIVE_OPTIONS = {
  StorageLoaderThreadsCount: threads(4, "Threads that read files ahead"),
  StorageMemoryCapacity: memory(512, "Memory for files being read"),
  DicomParserThreadsCount: threads(2, "Threads that parse files"),
  DicomParserMemoryCapacity: memory(256, "Memory for files being parsed"),
  DicomParserCacheSize: memory(256, "Memory for files parsed lately"),
  TranscoderThreadsCount: threads(4, "Threads that transcode"),
  TranscoderMemoryCapacity: memory(256, "Memory for files being transcoded"),
  TranscoderCacheSize: memory(256, "Memory for files transcoded lately"),
  MaximumConcurrentDcmtkTranscoders: threads(0, "Most threads that transcode by DCMTK"),
  SequentialDicomReaderThreadsCount: threads(4, "Threads that read files in order"),
  SequentialDicomReaderWindowSize: option({
    schema: count,
    default: 4,
    description: "Files to read ahead",
    state: "unneeded",
    reason: MEMORY,
  }),
  SequentialDicomReaderWindowCapacity: memory(128, "Memory for files read ahead"),
  MallocArenaMax: option({
    schema: count,
    default: 5,
    description: "Arenas of the C library's memory",
    state: "unneeded",
    reason: MEMORY,
  }),
  LoaderThreads: threads(0, "Former name of StorageLoaderThreadsCount"),
  ZipLoaderThreads: threads(0, "Former name of StorageLoaderThreadsCount, for archives"),
  JobsEngineThreadsCount: option({
    schema: named(integer(1, 1024)),
    default: { ResourceModification: 1 },
    description: "Threads inside one job, by type",
    state: "unneeded",
    reason: THREADS,
  }),
  BuiltinDecoderTranscoderOrder: option({
    schema: oneOf(["Before", "After", "Disabled"]),
    default: "After",
    description: "Built-in decoders before or after those of plugins",
    state: "unneeded",
    reason: "there are no native plugins",
  }),
  DeidentifyLogsDicomVersion: option({
    schema: text,
    default: "2023b",
    description: "Edition of the profile by which logs are masked",
    state: "unneeded",
    reason: "logs never name patients",
  }),
  Warnings: option({
    schema: z.record(text, flag).describe("object, name of a warning to true or false"),
    default: {},
    description: "Warnings to log",
    state: "unneeded",
    reason: "the log levels decide",
  }),
  DeflatedTransferSyntaxAccepted: syntax("deflated"),
  JpegTransferSyntaxAccepted: syntax("JPEG"),
  Jpeg2000TransferSyntaxAccepted: syntax("JPEG 2000"),
  JpegLosslessTransferSyntaxAccepted: syntax("lossless JPEG"),
  JpipTransferSyntaxAccepted: syntax("JPIP"),
  Mpeg2TransferSyntaxAccepted: syntax("MPEG-2"),
  Mpeg4TransferSyntaxAccepted: syntax("MPEG-4"),
  H265TransferSyntaxAccepted: syntax("H.265"),
  RleTransferSyntaxAccepted: syntax("RLE"),
};

function threads(number: number, description: string) {
  const reason = THREADS;
  return option({ schema: count, default: number, description, state: "unneeded", reason });
}

function memory(size: number, description: string) {
  const reason = MEMORY;
  return option({ schema: megabytes(), default: size, description, state: "unneeded", reason });
}

function syntax(name: string) {
  const description = `Accept ${name} transfer syntaxes`;
  const reason = SYNTAXES;
  return option({ schema: flag, default: true, description, state: "unneeded", reason });
}
