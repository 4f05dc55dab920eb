import { dicomWeb, resolveDicomWeb } from "./dicom_web.ts";
import { housekeeper } from "./housekeeper.ts";
import { eachPath, option } from "./option.ts";
import { flag, list, optional, path, seconds, section } from "./schemas.ts";
import { worklists } from "./worklists.ts";

/** Scripts and plugins. */
export const SCRIPT_OPTIONS = {
  LuaScripts: option({
    schema: list(path),
    default: [],
    description: "Lua files to load at the start",
    state: "later",
    paths: eachPath,
  }),
  LuaHeartBeatPeriod: option({
    schema: seconds(),
    default: 0,
    description: "Period of the Lua function OnHeartBeat; 0 for never",
    state: "later",
  }),
  ExecuteLuaEnabled: option({
    schema: flag,
    default: false,
    description: "Run Lua scripts sent to POST /tools/execute-script",
    state: "refused",
    reason: "whoever may send a script would own the machine",
  }),
  Plugins: option({
    schema: list(path),
    default: [],
    description: "Native plugins",
    state: "refused",
    reason:
      "native plugins cannot be loaded, and one that guards access would be missed: take the option out",
  }),
  RestApiWriteToFileSystemEnabled: option({
    schema: flag,
    default: false,
    description: "Let POST /instances/{id}/export write any file",
    state: "refused",
    reason: "whoever may export could overwrite any file (CVE-2023-33466)",
  }),
};

/** Sections of Orthanc's plugins. */
export const PLUGIN_OPTIONS = {
  Authorization: option({
    schema: section,
    default: undefined,
    description: "Access decided by a web service",
    state: "refused",
    reason: "its rules on access would not be applied",
  }),
  DicomWeb: option({
    schema: optional(dicomWeb),
    default: undefined,
    description: "DICOMweb server and client",
    state: "partly",
    reason: "Servers, to which the relay sends",
    secret: true,
    paths: resolveDicomWeb,
  }),
  Worklists: option({
    schema: optional(worklists),
    default: undefined,
    description: "Modality worklists from a folder of .wl files",
    state: "served",
    paths: (value, resolve) => value && { ...value, folder: resolve(value.folder) },
  }),
  ServeFolders: plugin("Folders served by HTTP"),
  OrthancExplorer2: plugin("Pages for the browser"),
  Gdcm: plugin("Transcoding by GDCM"),
  Housekeeper: option({
    schema: housekeeper,
    default: {},
    description: "Care for what is stored, in the background",
    state: "served",
  }),
  DelayedDeletion: plugin("Files deleted in the background"),
  AdvancedStorage: plugin("Layout of the storage"),
  Transfers: plugin("Accelerated transfers between peers"),
  PostgreSQL: plugin("Index or files in PostgreSQL"),
  MySQL: plugin("Index or files in MySQL"),
  Odbc: plugin("Index or files in an ODBC database"),
  AwsS3Storage: plugin("Files in Amazon S3"),
  AzureBlobStorage: plugin("Files in Azure Blob Storage"),
  GoogleCloudStorage: plugin("Files in Google Cloud Storage"),
  StoneWebViewer: plugin("Stone Web viewer"),
  WebViewer: plugin("Basic Web viewer"),
  OHIF: plugin("OHIF viewer"),
  VolView: plugin("VolView viewer"),
  PythonScript: plugin("Script of the Python plugin"),
};

function plugin(description: string) {
  return option({
    schema: section,
    default: undefined,
    description,
    state: "later",
    secret: true,
  });
}
