import { createHash } from "node:crypto";
import { memorySource } from "../../core/bytes/source.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../../core/dicom/transfer_syntax.ts";
import type { DutyInstance } from "../../core/ports/destinations.ts";
import { instanceFile, orthancId } from "./instances.ts";

const MR = "1.2.840.10008.5.1.4.1.1.4";

/** An instance to be sent, of patient `P1`, with these UIDs. */
export function dutyInstance(
  {
    study = "1.1",
    series = "1.1.1",
    instance = "1.1.1.1",
    file = instanceFile({
      StudyInstanceUID: study,
      SeriesInstanceUID: series,
      SOPInstanceUID: instance,
    }),
    ...more
  }: Partial<DutyInstance> & {
    readonly study?: string;
    readonly series?: string;
    readonly instance?: string;
    readonly file?: Uint8Array;
  } = {},
): DutyInstance {
  return {
    sopClassUid: MR,
    sopInstanceUid: instance,
    transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN.uid,
    studyInstanceUid: study,
    seriesInstanceUid: series,
    ids: {
      Patient: orthancId("P1"),
      Study: orthancId("P1", study),
      Series: orthancId("P1", study, series),
      Instance: orthancId("P1", study, series, instance),
    },
    hops: [],
    size: file.length,
    sha256: createHash("sha256").update(file).digest("hex"),
    open: () =>
      Promise.resolve({
        ...memorySource(file),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
    ...more,
  };
}
