import { dictionary } from "./dictionary.ts";
import { eachPath, option } from "./option.ts";
import { flag, integer, list, optional, path, text, uid } from "./schemas.ts";

/** DICOM content and transcoding. */
export const CONTENT_OPTIONS = {
  LoadPrivateDictionary: option({
    schema: flag,
    default: true,
    description: "Know the private tags of some manufacturers",
    state: "later",
  }),
  Dictionary: option({
    schema: dictionary,
    default: {},
    description: "Tags of your own",
    state: "served",
  }),
  ExternalDictionaries: option({
    schema: list(path),
    default: [],
    description: "Dictionaries of DCMTK in place of the built-in one",
    state: "unneeded",
    reason: "the dictionary of the standard is built in; Dictionary adds to it",
    paths: eachPath,
  }),
  DefaultPrivateCreator: option({
    schema: text,
    default: "",
    description: "Private creator of private tags that are named without one",
    state: "served",
  }),
  Locale: option({
    schema: text,
    default: "",
    description: "Language by which letters are compared",
    state: "unneeded",
    reason: "Unicode decides",
  }),
  TranscodeDicomProtocol: option({
    schema: flag,
    default: true,
    description: "Transcode for a receiver that refuses the stored transfer syntax",
    state: "served",
  }),
  IngestTranscoding: option({
    schema: optional(uid),
    default: undefined,
    description: "Transfer syntax into which all that arrives is transcoded",
    state: "served",
  }),
  IngestTranscodingOfUncompressed: option({
    schema: flag,
    default: true,
    description: "Whether IngestTranscoding applies to what arrives uncompressed",
    state: "served",
  }),
  IngestTranscodingOfCompressed: option({
    schema: flag,
    default: true,
    description: "Whether IngestTranscoding applies to what arrives compressed",
    state: "served",
  }),
  DicomLossyTranscodingQuality: option({
    schema: integer(1, 100),
    default: 90,
    description: "Quality of lossy JPEG",
    state: "served",
  }),
};
