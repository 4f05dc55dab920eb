import type { QueryRetrieveOptions } from "./archive/query_retrieve.ts";
import type { Limits } from "./archive/recycling.ts";
import { DEFAULT_MAIN_TAGS, type Level, LEVELS } from "./archive/resource.ts";
import type { IngestTranscoding } from "./archive/ingest_transcoding.ts";
import type { Config } from "./config.ts";
import { WRITTEN_TERMS } from "./dicom/charset/defined_terms.ts";
import { parseTagOrName } from "./dicom/dictionary.ts";
import type { Tag } from "./dicom/tag.ts";
import { DicomError } from "./errors.ts";

const BYTES_PER_MB = 1048576;

type MainTagLists = Readonly<Record<Level, readonly Tag[]>>;

/** Undefined unless what arrives is to be transcoded. */
export function ingestTranscoding(config: Config): IngestTranscoding | undefined {
  const { ingestTranscoding: to } = config;
  return to === undefined ? undefined : {
    to,
    quality: config.dicomLossyTranscodingQuality,
    ofUncompressed: config.ingestTranscodingOfUncompressed,
    ofCompressed: config.ingestTranscodingOfCompressed,
  };
}

/** How much the archive may hold. */
export function limitsOf(config: Config): Limits {
  return {
    size: config.maximumStorageSize * BYTES_PER_MB,
    patients: config.maximumPatientCount,
    mode: config.maximumStorageMode,
  };
}

/** How queries of other AEs are answered. */
export function queryRetrieveOptions(config: Config): QueryRetrieveOptions {
  return {
    aet: config.dicomAet,
    get characterSet() {
      return WRITTEN_TERMS[config.defaultEncoding]; // which may change
    },
    caseSensitiveNames: config.caseSensitivePN,
    limitResults: config.limitFindResults,
    limitInstances: config.limitFindInstances,
  };
}

/**
 * The default main tags and those that the configuration adds.
 *
 * @throws DicomError `configuration` for one that does not exist
 */
export function mainTagsOf({ extraMainDicomTags }: Config): MainTagLists {
  const entries = LEVELS.map((level) => {
    const extra = (extraMainDicomTags[level] ?? []).map((name) => {
      const tag = parseTagOrName(name);
      if (tag !== undefined) return tag;
      const fact = `"${name}" is not an attribute`;
      throw new DicomError("configuration", `Cannot use ExtraMainDicomTags: ${fact}`);
    });
    return [level, [...new Set([...DEFAULT_MAIN_TAGS[level], ...extra])]];
  });
  return Object.fromEntries(entries) as MainTagLists;
}
