import * as z from "zod";
import { extraMainDicomTags } from "./dictionary.ts";
import { onePath, option } from "./option.ts";
import {
  count,
  flag,
  megabytes,
  oneOf,
  optional,
  path,
  text,
  userContentType,
  userMetadata,
} from "./schemas.ts";

const overwriteWords = oneOf(["Never", "Always", "IfChanged"]);
const overwriteInstances = z.union([
  z.boolean().transform((value) => value ? "Always" as const : "Never" as const),
  overwriteWords,
]).describe(`${overwriteWords.description}; false is Never, true is Always`);

/** Identity and storage. */
export const STORAGE_OPTIONS = {
  Name: option({
    schema: text,
    default: "MyOrthanc",
    description: "Name of this server, in /system and in the title of its pages",
    state: "served",
  }),
  StorageDirectory: option({
    schema: path,
    default: "OrthancStorage",
    description: "Folder of the DICOM files",
    state: "served",
    paths: onePath,
  }),
  IndexDirectory: option({
    schema: path,
    default: "OrthancStorage",
    defaultFrom: "StorageDirectory",
    description: "Folder of the SQLite index",
    state: "served",
    paths: onePath,
  }),
  StorageCompression: option({
    schema: flag,
    default: false,
    description: "Compress attachments with zlib",
    state: "served",
  }),
  MaximumStorageSize: option({
    schema: megabytes(),
    default: 0,
    description: "Most disk space that files may take; 0 for no limit",
    state: "served",
  }),
  MaximumPatientCount: option({
    schema: count,
    default: 0,
    description: "Most patients to keep; 0 for no limit",
    state: "served",
  }),
  MaximumStorageMode: option({
    schema: oneOf(["Recycle", "Reject"]),
    default: "Recycle",
    description: "When a limit is reached: remove the oldest unprotected patient, or refuse",
    state: "served",
  }),
  MaximumStorageCacheSize: option({
    schema: megabytes(),
    default: 128,
    description: "Memory for files read lately",
    state: "later",
  }),
  ReadOnly: option({
    schema: flag,
    default: false,
    description: "Refuse whatever would change the index or the files",
    state: "served",
  }),
  OverwriteInstances: option({
    schema: overwriteInstances,
    default: "Never",
    description: "What to do with an instance whose identity is stored already",
    state: "served",
  }),
  StoreDicom: option({
    schema: flag,
    default: true,
    description: "Keep the files, not only the index",
    state: "later",
  }),
  SyncStorageArea: option({
    schema: flag,
    default: true,
    description: "Flush each file to the disk before its receipt is confirmed",
    state: "served",
  }),
  StoreMD5ForAttachments: option({
    schema: flag,
    default: true,
    description: "Keep the MD5 sum of each file",
    state: "served",
  }),
  TemporaryDirectory: option({
    schema: optional(path),
    default: undefined,
    description: "Folder for files of passage, such as archives being made",
    state: "served",
    paths: onePath,
  }),
  CheckRevisions: option({
    schema: flag,
    default: false,
    description: "Ask for the current revision when metadata or attachments are changed",
    state: "served",
  }),
  DatabaseServerIdentifier: option({
    schema: optional(text),
    default: undefined,
    description: "Name of this server among those that share a database",
    state: "later",
  }),
  PatientLevelEnabled: option({
    schema: flag,
    default: true,
    description: "Keep the level of patients",
    state: "unneeded",
    reason: "the level of patients is always kept",
  }),
  ExtraMainDicomTags: option({
    schema: extraMainDicomTags,
    default: {},
    description: "Further tags to keep in the index, by name or number, for each level",
    state: "served",
  }),
  UserMetadata: option({
    schema: userMetadata,
    default: {},
    description: "Names for metadata of your own",
    state: "served",
  }),
  UserContentType: option({
    schema: userContentType,
    default: {},
    description: "Names for attachments of your own",
    state: "served",
  }),
};
