import { createExtract } from "./archive/extract.ts";
import type { IntegrityPorts } from "./archive/integrity.ts";
import { unknownFiles } from "./archive/rebuild.ts";
import { recover } from "./archive/recover.ts";
import { mainTagsOf } from "./app_options.ts";
import type { Config } from "./config.ts";
import { defaultCharacterSets } from "./dicom/charset.ts";
import { registerPrivateEntries } from "./dicom/dictionary.ts";
import type { Clock, FileStore, Index, Log, Properties } from "./ports.ts";
import { createOfflinePlan } from "./relay/offline_plan.ts";
import type { FileRows, FolderInventory } from "./ports/inventory.ts";

/** An archive on which no server runs; disposal lets go of it. */
export interface IdleArchive extends AsyncDisposable {
  readonly index: Index & FileRows & Properties;
  readonly files: FileStore;
  readonly inventory: FolderInventory;
  readonly clock: Clock;
}

const BYTES_PER_MB = 1048576;

/** What caring for an archive needs, with the options of its server. */
export function carePorts(archive: IdleArchive, config: Config): IntegrityPorts {
  registerPrivateEntries(config.dictionary);
  const options = {
    defaultSets: defaultCharacterSets(config.defaultEncoding),
    maximumInflated: config.maximumFileSizeInArchiveMB * BYTES_PER_MB,
  };
  const { index: properties, clock } = archive;
  return {
    ...archive,
    extract: createExtract({ mainTags: mainTagsOf(config), ...options }),
    plan: createOfflinePlan({ config: config.relay, properties, clock, ...options }),
  };
}

/** Warns of files that an empty index does not know: it was lost, or is of another folder. */
export async function warnOfLostIndex(
  { index, inventory }: {
    readonly index: Pick<Index, "statistics"> & FileRows;
    readonly inventory: FolderInventory;
  },
  log: Log,
): Promise<void> {
  const { count } = await index.statistics();
  if (count.Patient > 0) return;
  for await (const { path } of unknownFiles({ index, inventory })) {
    const advice = "stop the server and run outpost rebuild, or correct StorageDirectory";
    return log("warning", `the index is empty, but there are files: ${advice}`, { path });
  }
}

/** Finishes what the last server had not finished, as the next one would. */
export function finishLastRun(
  ports: IntegrityPorts,
  { index, files, clock }: IdleArchive,
  log: Log,
) {
  return recover({ ...ports, index, files, clock, log });
}
