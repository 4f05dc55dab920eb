import { Hono } from "hono";
import type { App } from "../core/app.ts";
import { LEVELS, mainTagsSignature } from "../core/archive/resource.ts";
import { ORTHANC_API_VERSION, ORTHANC_VERSION, OUTPOST_VERSION } from "../core/version.ts";
import { json } from "./respond.ts";
import { statisticsJson } from "./statistics.ts";

/** What the server says about itself. */
export function systemRoutes(app: App): Hono {
  return new Hono()
    .get("/system", (c) => json(c, systemJson(app)))
    .get("/statistics", async (c) => json(c, statisticsJson(await app.index.statistics())));
}

/** Orthanc's `/system`: only what is true of this server. */
function systemJson({ config, mainTags }: App) {
  return {
    ApiVersion: ORTHANC_API_VERSION,
    Capabilities: { HasExtendedChanges: true, HasExtendedFind: true },
    CheckRevisions: false,
    DatabaseBackendPlugin: null,
    DatabaseVersion: 6,
    DicomAet: config.dicomAet,
    DicomPort: config.dicomPort,
    HasLabels: true,
    HttpPort: config.httpPort,
    IsHttpServerSecure: !config.remoteAccessAllowed || config.authenticationEnabled === true,
    MainDicomTags: Object.fromEntries(
      LEVELS.map((level) => [level, mainTagsSignature(mainTags[level])]),
    ),
    MaximumPatientCount: 0,
    MaximumStorageMode: "Recycle",
    MaximumStorageSize: 0,
    Name: config.name,
    OutpostVersion: OUTPOST_VERSION,
    OverwriteInstances: config.overwriteInstances,
    PluginsEnabled: false,
    ReadOnly: config.readOnly,
    StorageAreaPlugin: null,
    StorageCompression: false,
    UserMetadata: { ...config.userMetadata },
    Version: ORTHANC_VERSION,
  };
}
