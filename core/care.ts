import { createExtract } from "./archive/extract.ts";
import type { IntegrityPorts } from "./archive/integrity.ts";
import { recover } from "./archive/recover.ts";
import { mainTagsOf } from "./app_options.ts";
import type { Config } from "./config.ts";
import { defaultCharacterSets } from "./dicom/charset.ts";
import { registerPrivateEntries } from "./dicom/dictionary.ts";
import type { Clock, FileStore, Index, Log } from "./ports.ts";
import type { FileRows, FolderInventory } from "./ports/inventory.ts";

/** An archive on which no server runs; disposal lets go of it. */
export interface IdleArchive extends AsyncDisposable {
  readonly index: Index & FileRows;
  readonly files: FileStore;
  readonly inventory: FolderInventory;
  readonly clock: Clock;
}

const BYTES_PER_MB = 1048576;

/** What caring for an archive needs, with the options of its server. */
export function carePorts(archive: IdleArchive, config: Config): IntegrityPorts {
  registerPrivateEntries(config.dictionary);
  const extract = createExtract({
    mainTags: mainTagsOf(config),
    defaultSets: defaultCharacterSets(config.defaultEncoding),
    maximumInflated: config.maximumFileSizeInArchiveMB * BYTES_PER_MB,
  });
  return { ...archive, extract };
}

/** Finishes what the last server had not finished, as the next one would. */
export function finishLastRun(
  ports: IntegrityPorts,
  { index, files, clock }: IdleArchive,
  log: Log,
) {
  return recover({ index, files, clock, log, extract: ports.extract });
}
