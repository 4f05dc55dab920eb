import type { ArchiveRequest } from "../../archive/archive_stream.ts";
import { defineJob } from "../job.ts";

interface Made {
  readonly instances: number;
  /** Bytes of the files that are archived. */
  readonly size: number;
  /** Bytes of the archive so far. */
  readonly written: number;
  /** Name of the archive on the shelf, when it is there. */
  readonly output: string | null;
}

/** There is a checkpoint each time so many bytes have been written. */
const CHECKPOINT_BYTES = 4 * 1024 * 1024;
const BYTES_PER_MB = 1048576;

/**
 * Makes an archive in the background (Orthanc's `Archive` and `Media`). One that was paused is made anew: a part of an
 * archive is nothing to go on from.
 */
export const archive = defineJob<ArchiveRequest, Made>({
  start: () => ({ instances: 0, size: 0, written: 0, output: null }),

  async *run({ input }, { archives, archiveShelf }) {
    const { instances, size, read } = await archives.prepare(input);
    await using file = await archiveShelf.create();
    let written = 0;
    let reported = 0;
    yield { instances, size, written, output: null };
    for await (const piece of read(true)) {
      await file.write(piece);
      written += piece.length;
      if (written - reported < CHECKPOINT_BYTES) continue;
      reported = written;
      yield { instances, size, written, output: null };
    }
    await archiveShelf.keep(file);
    yield { instances, size, written, output: file.name };
  },

  progress: ({ state: { written, size } }) => size === 0 ? 0 : Math.min(1, written / size),

  content: ({ input: { transcode }, state: { instances, size, written } }) => ({
    ArchiveSize: String(written),
    ArchiveSizeMB: Math.floor(written / BYTES_PER_MB),
    Description: "REST API",
    InstancesCount: instances,
    ...(transcode && { Transcode: transcode.to }),
    UncompressedSize: String(size),
    UncompressedSizeMB: Math.floor(size / BYTES_PER_MB),
  }),

  output: ({ state }) => state.output ?? undefined,
});
