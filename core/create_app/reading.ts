import { mainTagsOf } from "../app_options.ts";
import type { AppPorts } from "../app.ts";
import { createArchives } from "../archive/archive_stream.ts";
import { createArchiveShelf } from "../archive/archive_stream/shelf.ts";
import { createExtract } from "../archive/extract.ts";
import { createImages } from "../archive/images.ts";
import { createInstanceReader } from "../archive/instance_reader.ts";
import { createInstanceTags } from "../archive/instance_tags.ts";
import { createRequestedTags } from "../archive/requested_tags.ts";
import { createOpenTranscoded } from "../archive/transcoded_file.ts";
import { createTranscoder } from "../archive/transcoding.ts";
import type { Config } from "../config.ts";
import { followingCharacterSets } from "../dicom/charset.ts";
import { createPool, poolOptions } from "../pool.ts";

/** What every step of putting the app together needs. */
export interface Needs {
  readonly ports: AppPorts;
  readonly config: Config;
}

/** What reads files: their tags, pixels and bytes. */
export type Reading = ReturnType<typeof createReading>;

const BYTES_PER_MB = 1048576;

/** The first step. @throws DicomError `configuration` for a main tag that does not exist */
export function createReading({ ports, config }: Needs) {
  const { index, files, clock, scratch } = ports;
  const mainTags = mainTagsOf(config);
  const readerOptions = {
    defaultSets: followingCharacterSets(() => config.defaultEncoding),
    maximumInflated: config.maximumFileSizeInArchiveMB * BYTES_PER_MB,
  };
  const workers = createPool(poolOptions(clock, navigator.hardwareConcurrency));
  const transcoder = createTranscoder({ workers, ...readerOptions });
  const reader = createInstanceReader(files, readerOptions);
  const readFiles = config.storageAccessOnFind !== "Never";
  return {
    ...{ mainTags, readerOptions, workers, transcoder, reader },
    extract: createExtract({ mainTags, ...readerOptions }),
    requestedTags: createRequestedTags({ index, reader, mainTags, readFiles }),
    tags: createInstanceTags({ index, reader }),
    images: createImages({ files, workers }, readerOptions),
    transcodedFile: createOpenTranscoded({ files, transcoder }),
    archives: createArchives({
      ...{ index, files, reader, transcoder, clock },
      aet: config.dicomAet,
    }),
    archiveShelf: createArchiveShelf(scratch, config.mediaArchiveSize),
  };
}
