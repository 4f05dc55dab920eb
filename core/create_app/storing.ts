import { createActivity } from "../activity.ts";
import { ingestTranscoding, limitsOf } from "../app_options.ts";
import { createAttachments } from "../archive/attachments.ts";
import { createChangeFeed } from "../archive/changes.ts";
import { createIngest, type IngestPorts } from "../archive/ingest.ts";
import { createTranscodingIngest } from "../archive/ingest_transcoding.ts";
import { createMetadataChanges } from "../archive/metadata.ts";
import { createModifier } from "../archive/modify.ts";
import { createRenewFile } from "../archive/modify/renew_file.ts";
import { createReceive } from "../archive/receive.ts";
import { createMakeRoom } from "../archive/recycling.ts";
import { createRemove } from "../archive/remove.ts";
import { createStability } from "../archive/stability.ts";
import { createStorageCompression } from "../archive/storage_compression.ts";
import { createUpload } from "../archive/upload.ts";
import { createIntake } from "../relay/intake.ts";
import type { Relay } from "../relay/relay.ts";
import type { Needs, Reading } from "./reading.ts";

interface StoringNeeds extends Needs {
  readonly reading: Reading;
  /** Made later, of what this step makes. */
  readonly relay: () => Relay;
}

/** What changes the archive. */
export type Storing = ReturnType<typeof createStoring>;

/** The second step. */
export function createStoring(needs: StoringNeeds) {
  const { ports: { index, files, clock, logs }, config, reading: { readerOptions } } = needs;
  const log = logs.of("generic");
  const upkeep = createUpkeep(needs);
  const { changes, makeRoom } = upkeep;
  const entrance = createEntrance(needs, upkeep);
  const { intake, ingest } = entrance;
  return {
    ...upkeep,
    ...entrance,
    ...createAlterations(needs, { ...upkeep, ...entrance }),
    receive: createReceive({ files: intake.files, ingest }),
    upload: createUpload({
      ...{ files: intake.files, ingest, log },
      maximumMemberSize: readerOptions.maximumInflated,
    }),
    attachments: createAttachments({
      ...{ index, files, clock, log, makeRoom },
      checkRevisions: config.checkRevisions,
      keepMd5: config.storeMD5ForAttachments && !config.readOnly,
      compress: config.storageCompression,
      changed: changes.notify,
    }),
    metadata: createMetadataChanges({ index, clock, ...config, changed: changes.notify }),
  };
}

type Upkeep = ReturnType<typeof createUpkeep>;
type Entrance = ReturnType<typeof createEntrance>;

/** What makes other instances of those that there are. */
function createAlterations(
  { ports: { index, files, clock, logs }, config, reading }: StoringNeeds,
  { changes, remove, ingest }: Upkeep & Entrance,
) {
  const { transcoder, extract, readerOptions } = reading;
  const modifierPorts = {
    ...{ index, files, clock, ingest, extract, remove, transcoder },
    options: readerOptions,
    changed: changes.notify,
  };
  const log = logs.of("generic");
  return {
    modifierPorts,
    modifier: createModifier(modifierPorts),
    renewFile: createRenewFile({ index, files, transcoder, extract, log }, {
      transcoding: ingestTranscoding(config),
      compressed: config.storageCompression,
    }),
  };
}

/** What follows from changes, and makes room for more. */
function createUpkeep({ ports: { index, files, clock, logs }, config }: Needs) {
  const log = logs.of("generic");
  const changes = createChangeFeed(index);
  const remove = createRemove({ index, files, log });
  return {
    ...{ changes, remove },
    stability: createStability({
      ...{ index, clock, log },
      stableAgeMs: config.stableAge * 1000,
      changed: changes.notify,
    }),
    makeRoom: createMakeRoom({
      ...{ index, remove, log },
      mayRecycle: async ({ id }) => !await index.hasOpenDuties(id),
      limits: limitsOf(config),
    }),
    compression: createStorageCompression(files, { enabled: config.storageCompression, log }),
  };
}

/** The single way in. */
function createEntrance(
  { ports: { index, files, clock, logs }, config, reading, relay }: StoringNeeds,
  { changes, stability, compression, makeRoom }: Upkeep,
) {
  const log = logs.of("generic");
  const intake = createIntake({ files, index });
  const plan: NonNullable<IngestPorts["plan"]> = (...about) => relay().plan(...about);
  const storing = createIngest({
    ...{ files, index: intake.index, clock, log, extract: reading.extract, makeRoom, plan },
    overwrite: config.overwriteInstances,
    stored(instance, planned) {
      changes.notify();
      stability.touched();
      compression.add(instance.file.uuid);
      relay().stored(instance, planned);
    },
  });
  const transcoding = ingestTranscoding(config);
  const { transcoder } = reading;
  const activity = createActivity(clock);
  const ingest = transcoding
    ? createTranscodingIngest({ files, transcoder, ingest: storing, log }, transcoding)
    : storing;
  return { intake, activity, ingest: activity.watch(intake.meter(ingest)) };
}
