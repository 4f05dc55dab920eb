import { createActivity } from "./activity.ts";
import { createAnonymizationCounter } from "./archive/anonymize.ts";
import { createAttachments } from "./archive/attachments.ts";
import { createArchives } from "./archive/archive_stream.ts";
import { createArchiveShelf } from "./archive/archive_stream/shelf.ts";
import { createChangeFeed } from "./archive/changes.ts";
import { createDicom } from "./archive/create_dicom.ts";
import { createExports } from "./archive/exports.ts";
import { createExtract } from "./archive/extract.ts";
import { createImages } from "./archive/images.ts";
import { createFindRequests } from "./archive/find.ts";
import { createIngest } from "./archive/ingest.ts";
import { createTranscodingIngest } from "./archive/ingest_transcoding.ts";
import { createInstanceReader } from "./archive/instance_reader.ts";
import { createInstanceTags } from "./archive/instance_tags.ts";
import { createMetadataChanges } from "./archive/metadata.ts";
import { createModifier } from "./archive/modify.ts";
import { createRenewFile } from "./archive/modify/renew_file.ts";
import { createProtection } from "./archive/protection.ts";
import { recover } from "./archive/recover.ts";
import { createReceive } from "./archive/receive.ts";
import { createMakeRoom, recycles } from "./archive/recycling.ts";
import { createRemove } from "./archive/remove.ts";
import { createQueryRetrieve } from "./archive/query_retrieve.ts";
import { createRequestedTags } from "./archive/requested_tags.ts";
import { createStability } from "./archive/stability.ts";
import { createOpenTranscoded } from "./archive/transcoded_file.ts";
import { createTranscoder } from "./archive/transcoding.ts";
import { createStorageCompression } from "./archive/storage_compression.ts";
import { createUpload } from "./archive/upload.ts";
import { createAssociationLog } from "./associations.ts";
import { createCommitment } from "./commitment.ts";
import { ingestTranscoding, limitsOf, mainTagsOf, queryRetrieveOptions } from "./app_options.ts";
import type { Config } from "./config.ts";
import { followingCharacterSets } from "./dicom/charset.ts";
import { WRITTEN_TERMS } from "./dicom/charset/defined_terms.ts";
import { registerPrivateEntries } from "./dicom/dictionary.ts";
import { createHousekeeper } from "./housekeeper.ts";
import { createJobKeeper } from "./jobs/persistence.ts";
import { createJobs } from "./jobs/engine.ts";
import { JOB_TYPES } from "./jobs/types.ts";
import { createModalities } from "./modalities.ts";
import { createMetrics } from "./metrics.ts";
import { createPool, poolOptions } from "./pool.ts";
import { createHttpClient } from "./net/http_client.ts";
import { createPeers } from "./peers.ts";
import { createPeerStoreStraight } from "./relay/http/straight.ts";
import { readOnlyApp } from "./read_only_app.ts";
import { createQueries } from "./remote/queries.ts";
import { createSendStraight } from "./remote/send_straight.ts";
import { createChange } from "./relay/change.ts";
import { createPreview } from "./relay/preview.ts";
import { createIntake } from "./relay/intake.ts";
import { createRelay } from "./relay/relay.ts";
import { createDestinations } from "./destinations.ts";
import { auditedAssociations } from "./security/audited_associations.ts";
import { auditedDestinations } from "./security/audited_destinations.ts";
import { NO_AUDIT, openAudit } from "./security/audit.ts";
import { createWorklists } from "./worklists.ts";
import type { App, AppPorts } from "./app.ts";

const BYTES_PER_MB = 1048576;
const KEPT_ASSOCIATIONS = 1000;

/**
 * Puts the use cases together, finishes what the last run left open, and starts the watch over silence.
 *
 * @throws DicomError `configuration` for a main tag that does not exist
 */
export async function createApp(ports: AppPorts, config: Config): Promise<App> {
  const { index, properties, files, clock, logs, control, metrics = createMetrics() } = ports;
  const log = logs.of("generic");
  registerPrivateEntries(config.dictionary);
  const mainTags = mainTagsOf(config);
  const defaultSets = followingCharacterSets(() => config.defaultEncoding);
  const maximumMemberSize = config.maximumFileSizeInArchiveMB * BYTES_PER_MB;
  const readerOptions = { defaultSets, maximumInflated: maximumMemberSize };

  const changes = createChangeFeed(index);
  const stability = createStability({
    index,
    clock,
    log,
    stableAgeMs: config.stableAge * 1000,
    changed: changes.notify,
  });
  const remove = createRemove({ index, files, log });
  const makeRoom = createMakeRoom({
    ...{ index, remove, log },
    mayRecycle: async ({ id }) => !await index.hasOpenDuties(id),
    limits: limitsOf(config),
  });
  const compression = createStorageCompression(files, {
    enabled: config.storageCompression,
    log,
  });
  const extract = createExtract({ mainTags, ...readerOptions });
  const workers = createPool(poolOptions(clock, navigator.hardwareConcurrency));
  const transcoder = createTranscoder({ workers, ...readerOptions });
  const intake = createIntake({ files, index });
  const storing = createIngest({
    files,
    index: intake.index,
    clock,
    log,
    extract,
    overwrite: config.overwriteInstances,
    makeRoom,
    plan: (...about) => relay.plan(...about), // it needs what is made below
    stored(instance, plan) {
      changes.notify();
      stability.touched();
      compression.add(instance.file.uuid);
      relay.stored(instance, plan);
    },
  });
  const transcoding = ingestTranscoding(config);
  const activity = createActivity(clock);
  const ingest = activity.watch(intake.meter(
    transcoding
      ? createTranscodingIngest({ files, transcoder, ingest: storing, log }, transcoding)
      : storing,
  ));

  const reader = createInstanceReader(files, readerOptions);
  const readFiles = config.storageAccessOnFind !== "Never";
  const requestedTags = createRequestedTags({ index, reader, mainTags, readFiles });
  const receive = createReceive({ files: intake.files, ingest });
  const peers = await createPeers(config, properties);
  const http = await createHttpClient({
    clock,
    proxy: config.httpProxy,
    verify: config.httpsVerifyPeers,
    authoritiesFile: config.httpsCACertificates,
  });
  const client = ports.createClient({ config, clock, receive, transcoder });
  const commitment = createCommitment({
    index,
    files,
    reader,
    client,
    maximumReports: config.storageCommitmentReportsSize,
  });
  const archives = createArchives({
    ...{ index, files, reader, transcoder, clock },
    aet: config.dicomAet,
  });
  const modifierPorts = {
    ...{ index, files, clock, ingest, extract, remove, transcoder },
    options: readerOptions,
    changed: changes.notify,
  };
  const modifier = createModifier(modifierPorts);
  const renewFile = createRenewFile({ index, files, transcoder, extract, log }, {
    transcoding,
    compressed: config.storageCompression,
  });
  const archiveShelf = createArchiveShelf(ports.scratch, config.mediaArchiveSize);
  const savesJobs = config.saveJobs && !config.readOnly;
  const jobs = createJobs({
    ...(savesJobs && { keeper: createJobKeeper(index, logs.of("jobs")) }),
    types: JOB_TYPES,
    ports: {
      client,
      index,
      files,
      commitment,
      archives,
      archiveShelf,
      http,
      peers,
      transcoder,
      modifier,
    },
    clock,
    log: logs.of("jobs"),
    concurrency: config.concurrentJobs || navigator.hardwareConcurrency,
    historySize: config.jobsHistorySize,
  });
  const modalities = await createModalities(config, properties);
  const audit = ports.audit ? await openAudit({ store: ports.audit, clock, log }) : NO_AUDIT;
  const relay = await createRelay({
    config: config.relay,
    duties: index,
    ...{ index, properties, files, clock, extract, ...readerOptions },
    destinations: auditedDestinations(
      ports.destinations ?? createDestinations({
        ...{ config, clock, client, http, commitment, modalities, peers },
        openExportFolder: (path) => ports.openExportFolder(path, clock),
      }),
      audit,
    ),
    log: logs.of("generic"),
    random: Math.random,
    change: createChange({ modifier, extract, quality: config.dicomLossyTranscodingQuality }),
    preview: createPreview({
      ...{ modifier: modifierPorts, extract, ...readerOptions },
      quality: config.dicomLossyTranscodingQuality,
    }),
    deleted: changes.notify,
    metrics: intake.metrics,
    disk: ports.disk,
    recycles: recycles(limitsOf(config)),
  });
  if (!config.readOnly) {
    await recover({ index, files, clock, log, extract, plan: relay.plan });
    await stability.start();
    await relay.start();
  }
  const housekeeper = config.readOnly ? undefined : await createHousekeeper({
    ...{ index, files, properties, clock, log, modifier, renewFile, mainTags },
    inventory: ports.inventory,
    isBusy: activity.isBusy,
  }, config);
  const app: App = {
    config,
    clock,
    logs,
    control,
    metrics,
    audit,
    disk: ports.disk,
    mainTags,
    index,
    ingest,
    receive,
    upload: createUpload({ files: intake.files, ingest, maximumMemberSize, log }),
    reader,
    tags: createInstanceTags({ index, reader }),
    images: createImages({ files, workers }, readerOptions),
    archives,
    archiveShelf,
    transcoder,
    transcodedFile: createOpenTranscoded({ files, transcoder }),
    search: createFindRequests({
      index,
      mainTags,
      userMetadata: config.userMetadata,
      requestedTags,
      readFiles: config.storageAccessOnFind === "Always",
    }),
    requestedTags,
    remove,
    modifier,
    renewFile,
    housekeeper,
    createDicom: (wanted) => createDicom({ files, transcoder }, wanted),
    anonymizations: createAnonymizationCounter(properties),
    protection: createProtection({ index, clock }),
    exports: createExports({ index, clock, log, enabled: config.logExportedResources }),
    attachments: createAttachments({
      ...{ index, files, clock, log, makeRoom },
      checkRevisions: config.checkRevisions,
      keepMd5: config.storeMD5ForAttachments && !config.readOnly,
      compress: config.storageCompression,
      changed: changes.notify,
    }),
    metadata: createMetadataChanges({ index, clock, ...config, changed: changes.notify }),
    changes,
    associations: auditedAssociations(
      createAssociationLog(clock, KEPT_ASSOCIATIONS, logs.of("dicom")),
      audit,
    ),
    modalities,
    relay,
    client,
    peers,
    http,
    peerStoreStraight: createPeerStoreStraight({ files, http }),
    files,
    queryRetrieve: createQueryRetrieve({
      index,
      mainTags,
      requestedTags,
      options: queryRetrieveOptions(config),
    }),
    commitment,
    jobs,
    queries: createQueries(client, config.queryRetrieveSize),
    sendStraight: createSendStraight({ files, client, extract }),
    worklists: config.worklists?.enable
      ? createWorklists({
        folder: ports.openWorklists(config.worklists.folder),
        log: logs.of("dicom"),
        ...readerOptions,
        options: {
          ...config.worklists,
          get characterSet() {
            return WRITTEN_TERMS[config.defaultEncoding];
          },
          caseSensitiveNames: config.caseSensitivePN,
        },
      })
      : undefined,
    async [Symbol.asyncDispose]() {
      await housekeeper?.[Symbol.asyncDispose]();
      await relay[Symbol.asyncDispose]();
      await compression[Symbol.asyncDispose]();
      await workers[Symbol.asyncDispose]();
      await jobs[Symbol.asyncDispose]();
      await client[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
      await stability[Symbol.asyncDispose]();
      await audit[Symbol.asyncDispose]();
    },
  };
  if (savesJobs) jobs.restore(await index.savedJobs());
  return config.readOnly ? readOnlyApp(app) : app;
}
