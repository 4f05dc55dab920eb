import type { ByteSource } from "../bytes/source.ts";
import type { CharacterSets } from "../dicom/charset.ts";
import { DataSetBuilder } from "../dicom/data_set.ts";
import { decodeFile } from "../dicom/decode.ts";
import { TAG, type Tag } from "../dicom/tag.ts";
import type { PixelFile } from "./frames.ts";
import { describePixels } from "./pixels.ts";
import { IMAGE_TAG } from "./tags.ts";

/** Longer values are not loaded; lookup tables have at most 131,072 bytes. */
const MAXIMUM_LENGTH = 262144;

/** Only these elements are looked at; functional groups only where `wanted` asks for how to show gray values. */
const KEPT: Readonly<Record<Wanted, ReadonlySet<Tag>>> = (() => {
  const functionalGroups: readonly Tag[] = [
    IMAGE_TAG.sharedFunctionalGroups,
    IMAGE_TAG.perFrameFunctionalGroups,
  ];
  const all: readonly Tag[] = [TAG.sopClassUid, ...Object.values(IMAGE_TAG)];
  return {
    samples: new Set(all.filter((tag) => !functionalGroups.includes(tag))),
    meaning: new Set(all),
  };
})();

/** Whether only the samples matter, or also what their values mean and how they are to be shown. */
export type Wanted = "samples" | "meaning";

/** Options of reading, from the configuration. */
export interface PixelFileOptions {
  readonly wanted: Wanted;
  readonly defaultSets: CharacterSets;
  /** Most bytes that a deflated data set may inflate to. */
  readonly maximumInflated: number;
}

/**
 * Reads what a file says of its pixels, seeking over them; for encapsulated ones, where each fragment is.
 *
 * @throws DicomError `bad-file` if it has none, or what it says cannot be
 */
export async function openPixelFile(
  source: ByteSource,
  { wanted, defaultSets, maximumInflated }: PixelFileOptions,
): Promise<PixelFile> {
  let builder: DataSetBuilder | undefined;
  const { meta } = await decodeFile(source, {
    sink: ({ encoding }) =>
      builder = new DataSetBuilder(encoding, {
        defaultSets,
        maximumLength: MAXIMUM_LENGTH,
        keep: ({ tag, depth }) => depth > 0 || KEPT[wanted].has(tag),
      }),
    maximumInflated,
  });
  const dataSet = builder!.root;
  return { source, meta, dataSet, description: describePixels(dataSet, meta.transferSyntaxUid) };
}
