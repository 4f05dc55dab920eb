import { type Level, LEVELS, mainTagsSignature } from "./archive/resource.ts";
import type { Config } from "./config.ts";
import type { Tag } from "./dicom/tag.ts";
import { type Chores, createChores } from "./housekeeper/chores.ts";
import {
  createRenewal,
  type RenewalPorts,
  type RenewalProgress,
  type StoringOptions,
} from "./housekeeper/renewal.ts";
import { createScrub, type ScrubPorts, type ScrubProgress } from "./housekeeper/scrub.ts";
import { createTidy, type TidyPorts, type TidyResult } from "./housekeeper/tidy.ts";
import type { FolderInventory } from "./ports/inventory.ts";
import { OUTPOST_VERSION } from "./version.ts";

/** What housekeeping needs. */
export interface HousekeeperPorts
  extends
    RenewalPorts,
    Omit<ScrubPorts, "index">,
    Omit<TidyPorts, "index" | "files" | "inventory"> {
  readonly index: RenewalPorts["index"] & ScrubPorts["index"] & TidyPorts["index"];
  readonly files: ScrubPorts["files"] & TidyPorts["files"];
  /** Absent where nothing lies about that could be tidied up. */
  readonly inventory: FolderInventory | undefined;
  /** Whether the server has better things to do. */
  readonly isBusy: () => boolean;
  readonly mainTags: Readonly<Record<Level, readonly Tag[]>>;
}

/** Cares for what is stored, in the background. */
export interface Housekeeper extends AsyncDisposable {
  readonly status: HousekeeperStatus;
}

/** What is being done, and how far it is. */
export interface HousekeeperStatus {
  readonly state: Chores["state"];
  /** Undefined unless it is enabled. */
  readonly renewal: RenewalProgress | undefined;
  /** Undefined if files are never read. */
  readonly scrub: ScrubProgress | undefined;
  /** Undefined before it was done. */
  readonly tidy: TidyResult | undefined;
}

/** Starts housekeeping. */
export async function createHousekeeper(
  ports: HousekeeperPorts,
  config: Pick<Config, "housekeeper" | "storageCompression" | "ingestTranscoding">,
): Promise<Housekeeper> {
  const { clock, log, isBusy, inventory } = ports;
  const options = config.housekeeper;
  const { schedule, scrubDays } = options;
  const now = storingOptions(ports, config);
  const renewal = options.enable ? await createRenewal(ports, now, options) : undefined;
  const scrub = scrubDays > 0 ? await createScrub(ports, scrubDays) : undefined;
  const tidy = inventory && createTidy({ ...ports, inventory });
  const chores = [renewal, scrub, tidy].filter((chore) => chore !== undefined);
  const working = createChores(chores, { clock, log, isBusy, schedule });
  return {
    get status() {
      return {
        state: working.state,
        renewal: renewal?.progress,
        scrub: scrub?.progress,
        tidy: tidy?.result,
      };
    },
    [Symbol.asyncDispose]: () => working[Symbol.asyncDispose](),
  };
}

function storingOptions(
  { mainTags }: HousekeeperPorts,
  { storageCompression, ingestTranscoding }: Pick<
    Config,
    "storageCompression" | "ingestTranscoding"
  >,
): StoringOptions {
  const signatures = LEVELS.map((level) => [level, mainTagsSignature(mainTags[level])]);
  return {
    mainTags: Object.fromEntries(signatures) as StoringOptions["mainTags"], // one entry for each level
    compressed: storageCompression,
    transcoding: ingestTranscoding ?? "",
    version: OUTPOST_VERSION,
  };
}
