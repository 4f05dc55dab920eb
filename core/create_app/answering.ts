import { queryRetrieveOptions } from "../app_options.ts";
import { createAnonymizationCounter } from "../archive/anonymize.ts";
import { createDicom } from "../archive/create_dicom.ts";
import { createExports } from "../archive/exports.ts";
import { createFindRequests } from "../archive/find.ts";
import { createProtection } from "../archive/protection.ts";
import { createQueryRetrieve } from "../archive/query_retrieve.ts";
import { createAssociationLog } from "../associations.ts";
import { WRITTEN_TERMS } from "../dicom/charset/defined_terms.ts";
import type { App } from "../app.ts";
import { auditedAssociations } from "../security/audited_associations.ts";
import type { Audit } from "../security/audit.ts";
import { createWorklists, type Worklists } from "../worklists.ts";
import type { Needs, Reading } from "./reading.ts";

interface AnsweringNeeds extends Needs {
  readonly reading: Reading;
  readonly audit: Audit;
}

const KEPT_ASSOCIATIONS = 1000;

/** The fifth step: what nothing else is made of. */
export function createAnswering({ ports, config, reading, audit }: AnsweringNeeds) {
  const { index, files, properties, clock, logs } = ports;
  const { mainTags, requestedTags, transcoder } = reading;
  const associations = createAssociationLog(clock, KEPT_ASSOCIATIONS, logs.of("dicom"));
  return {
    associations: auditedAssociations(associations, audit),
    search: createFindRequests({
      ...{ index, mainTags, requestedTags },
      userMetadata: config.userMetadata,
      readFiles: config.storageAccessOnFind === "Always",
    }),
    queryRetrieve: createQueryRetrieve({
      ...{ index, mainTags, requestedTags },
      options: queryRetrieveOptions(config),
    }),
    worklists: openWorklists({ ports, config, reading }),
    createDicom: (wanted) => createDicom({ files, transcoder }, wanted),
    anonymizations: createAnonymizationCounter(properties),
    protection: createProtection({ index, clock }),
    exports: createExports({
      ...{ index, clock, log: logs.of("generic") },
      enabled: config.logExportedResources,
    }),
  } satisfies Partial<App>;
}

function openWorklists(
  { ports, config, reading }: Omit<AnsweringNeeds, "audit">,
): Worklists | undefined {
  if (!config.worklists?.enable) return undefined;
  return createWorklists({
    folder: ports.openWorklists(config.worklists.folder),
    log: ports.logs.of("dicom"),
    ...reading.readerOptions,
    options: {
      ...config.worklists,
      get characterSet() {
        return WRITTEN_TERMS[config.defaultEncoding]; // which may change
      },
      caseSensitiveNames: config.caseSensitivePN,
    },
  });
}
