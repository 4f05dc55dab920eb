import type { Origin } from "../archive/ingest.ts";
import { METADATA } from "../archive/resource.ts";
import type { ByteSource } from "../bytes/source.ts";
import type { CharacterSets } from "../dicom/charset.ts";
import { DataSet, DataSetBuilder } from "../dicom/data_set.ts";
import { decodeFile } from "../dicom/decode.ts";
import { TAG } from "../dicom/tag.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../dicom/transfer_syntax.ts";
import type { NewInstance } from "../ports.ts";
import type { Facts, SourceFacts } from "./conditions.ts";
import { keepFor } from "./paths.ts";
import type { Rule } from "./rule.ts";

/** Longer values are not looked at by conditions, in bytes. */
const LONGEST_VALUE = 4096;

/** What planning looks at beside the file. */
export type PlannedInstance = Pick<NewInstance, "ids" | "metadata" | "file">;

/** How files are read for their facts. */
export interface FactsOptions {
  readonly defaultSets: CharacterSets;
  readonly maximumInflated: number;
}

/** What facts are made of. */
export interface FactsRequest {
  readonly instance: PlannedInstance;
  readonly source: ByteSource;
  readonly origin: Origin;
  /** Whose conditions are to be tested: nothing else is read. */
  readonly rules: readonly Rule[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Reads what the conditions of rules look at. @throws DicomError `bad-file` */
export async function factsOf(request: FactsRequest, options: FactsOptions): Promise<Facts> {
  const { instance, source, origin, rules, now } = request;
  const paths = rules.flatMap(({ match, required = [] }) => [
    ...match.condition.paths,
    ...required.flatMap(({ condition }) => condition.paths),
  ]);
  const { defaultSets, maximumInflated } = options;
  let dataSet = new DataSet(EXPLICIT_LITTLE_ENDIAN, () => defaultSets);
  if (paths.length > 0) {
    await decodeFile(source, {
      sink({ encoding }) {
        const keep = keepFor(paths);
        const builder = new DataSetBuilder(encoding, {
          defaultSets,
          maximumLength: LONGEST_VALUE,
          keep,
        });
        dataSet = builder.root;
        return builder;
      },
      stopBefore: (tag) => tag === TAG.pixelData,
      maximumInflated,
    });
  }
  return { dataSet, source: sourceFacts(instance, origin, now) };
}

function sourceFacts(
  { metadata, file }: PlannedInstance,
  origin: Origin,
  now: number,
): SourceFacts {
  return {
    callingAet: origin.kind === "dicom" ? origin.remoteAet : undefined,
    calledAet: origin.kind === "dicom" ? origin.calledAet : undefined,
    ip: origin.kind === "recovery" ? undefined : origin.remoteIp,
    protocol: origin.kind === "recovery" ? undefined : origin.kind,
    user: "username" in origin ? origin.username : undefined,
    size: String(file.size),
    transferSyntax: metadata.Instance[METADATA.TransferSyntax],
    sopClass: metadata.Instance[METADATA.SopClassUid],
    time: String(now),
  };
}
