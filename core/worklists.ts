import type { FindStep } from "./archive/query_retrieve.ts";
import type { CharacterSets } from "./dicom/charset.ts";
import { type DataSet, DataSetBuilder } from "./dicom/data_set.ts";
import { decodeFile } from "./dicom/decode.ts";
import { withCharacterSet } from "./dicom/encode.ts";
import { answerKeys, attributesOf, matchesKeys } from "./dicom/key_matching.ts";
import { type Key, readKeys, type SequenceKey } from "./dicom/keys.ts";
import { TAG, type Tag } from "./dicom/tag.ts";
import { valueText } from "./dicom/values.ts";
import { DicomError } from "./errors.ts";
import type { Log } from "./ports.ts";
import type { WorklistFile, WorklistFolder } from "./ports/worklist_folder.ts";

/** What worklists need. */
export interface WorklistPorts {
  readonly folder: WorklistFolder;
  readonly log: Log;
  /** Character sets of files that name none. */
  readonly defaultSets: CharacterSets;
  readonly options: {
    readonly filterIssuerAet: boolean;
    /** 0 for no limit. */
    readonly limitAnswers: number;
    /** Value of (0008,0005) for answers to those who ask for none. */
    readonly characterSet: string;
    readonly caseSensitiveNames: boolean;
  };
}

/** Modality worklists. */
export interface Worklists {
  /**
   * Answers a query of the Modality Worklist model (PS3.4 Section K.4.1). Files that are damaged or too large are left
   * out, and logged once.
   *
   * @param callingAet who asks, for `FilterIssuerAet`
   * @throws DicomError `bad-request`, `out-of-range` for keys that cannot be matched; `missing-file` without the folder
   */
  find(identifier: DataSet, callingAet: string): AsyncGenerator<FindStep>;
}

/** Larger files are no worklists. */
const MAXIMUM_SIZE = 1024 * 1024;
/** Files whose content is remembered. */
const MAXIMUM_CACHED = 5000;
/** Longest value that is kept, in bytes. */
const MAXIMUM_VALUE_LENGTH = 65_536;

const SCHEDULED_PROCEDURE_STEP_SEQUENCE: Tag = 0x00400100;
const SCHEDULED_STATION_AE_TITLE: Tag = 0x00400001;

/** A file as it was read; without data set if it cannot be. */
interface Cached extends Pick<WorklistFile, "size" | "modifiedAt"> {
  readonly dataSet: DataSet | undefined;
}

/** Makes the worklists of a folder. */
export function createWorklists(ports: WorklistPorts): Worklists {
  const { folder, options } = ports;
  let cache: ReadonlyMap<string, Cached> = new Map();

  /** The content of each file that is there now, read again where it has changed. */
  async function* dataSets(): AsyncGenerator<DataSet> {
    const known = new Map<string, Cached>();
    for (const file of await folder.list()) {
      const before = cache.get(file.name);
      const isSame = before?.size === file.size && before.modifiedAt === file.modifiedAt;
      const entry = isSame ? before : await read(ports, file);
      if (known.size < MAXIMUM_CACHED) known.set(file.name, entry);
      if (entry.dataSet) yield entry.dataSet;
    }
    cache = known;
  }

  return {
    async *find(identifier, callingAet) {
      const keys = readKeys(identifier);
      const filters = options.filterIssuerAet ? [...keys, stationKey(callingAet)] : keys;
      const asked = characterSetOf(identifier) || options.characterSet;
      let count = 0;
      for await (const dataSet of dataSets()) {
        const attributes = attributesOf(dataSet);
        if (!matchesKeys(filters, attributes, options)) continue;
        if (options.limitAnswers > 0 && count++ === options.limitAnswers) {
          return yield { kind: "limited" };
        }
        const elements = answerKeys(keys, attributes, options);
        yield { kind: "match", dataSet: withCharacterSet(elements, asked).elements };
      }
    },
  };
}

async function read(
  { folder, log, defaultSets }: WorklistPorts,
  { name, size, modifiedAt }: WorklistFile,
): Promise<Cached> {
  try {
    if (size > MAXIMUM_SIZE) {
      throw new DicomError("too-large", `Cannot read worklist: it has ${size} bytes`);
    }
    await using file = await folder.open(name);
    let builder: DataSetBuilder | undefined;
    await decodeFile(file, {
      sink: ({ encoding }) =>
        builder = new DataSetBuilder(encoding, {
          defaultSets,
          maximumLength: MAXIMUM_VALUE_LENGTH,
        }),
      maximumInflated: MAXIMUM_SIZE,
    });
    return { size, modifiedAt, dataSet: builder!.root };
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    log("warning", "Cannot use a worklist file", { name, error: error.message });
    return { size, modifiedAt, dataSet: undefined };
  }
}

/** Asks for a procedure step of the caller's own. */
function stationKey(aet: string): SequenceKey {
  const key: Key = {
    kind: "value",
    tag: SCHEDULED_STATION_AE_TITLE,
    vr: "AE",
    text: aet,
    matcher: { kind: "equal", values: [aet] },
  };
  return { kind: "sequence", tag: SCHEDULED_PROCEDURE_STEP_SEQUENCE, keys: [key] };
}

function characterSetOf(identifier: DataSet): string {
  const element = identifier.get(TAG.specificCharacterSet);
  return (element && valueText(element, identifier)?.trim()) || "";
}
