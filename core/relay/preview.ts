import type { Extract } from "../archive/extract.ts";
import { createModifier, type ModifierPorts } from "../archive/modify.ts";
import type { Resource } from "../archive/resource.ts";
import { type ByteSource, memorySource } from "../bytes/source.ts";
import { DataSet, DataSetBuilder } from "../dicom/data_set.ts";
import { decodeFile } from "../dicom/decode.ts";
import { tagName } from "../dicom/dictionary.ts";
import { tagValue } from "../dicom/json/tags.ts";
import { formatTag, TAG, tagHex } from "../dicom/tag.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../dicom/transfer_syntax.ts";
import { type ChangePorts, createChange } from "./change.ts";
import type { FactsOptions } from "./facts.ts";
import type { Change } from "./rule.ts";

/** Longer values are not compared, in bytes. */
const LONGEST_VALUE = 4096;
/** Differences that are told at most. */
const MOST_DIFFERENCES = 2000;

/** What changes make of one attribute. */
export interface TagDifference {
  /** `0008,0080`; in sequences with items from 0, as `0040,0275[0].0008,0050`. */
  readonly tag: string;
  readonly name: string;
  /** Null where the attribute is not there; binary and long values are named as such. */
  readonly before: string | null;
  readonly after: string | null;
}

/** What trying changes needs. */
export interface PreviewPorts extends Omit<ChangePorts, "modifier">, FactsOptions {
  readonly modifier: ModifierPorts;
}

/** Tries changes on a file that is not stored. @throws DicomError if they cannot be made */
export type Preview = (
  source: ByteSource,
  changes: readonly Change[],
) => Promise<readonly TagDifference[]>;

/** Makes the function that tells what changes do to a file, attribute by attribute; Pixel Data is not compared. */
export function createPreview(ports: PreviewPorts): Preview {
  return async (source, changes) => {
    if (changes.length === 0) return [];
    const extracted = await ports.extract(source);
    const { bytes } = await changeOf(ports, source, extracted)(UNSTORED, changes);
    const [before, after] = await Promise.all([
      readTags(source, ports),
      readTags(memorySource(bytes), ports),
    ]);
    return differences(before, after).slice(0, MOST_DIFFERENCES);
  };
}

/** Stands for the identifier of what is in no index. */
const UNSTORED = "";

/** The function that changes instances, in an archive of this one file. */
function changeOf(ports: PreviewPorts, source: ByteSource, { identity }: Extract) {
  const { modifier: { index, files } } = ports;
  const resource: Resource = {
    id: UNSTORED,
    level: "Instance",
    parent: null,
    tags: { [tagHex(TAG.sopInstanceUid)]: identity.sopInstanceUid },
    metadata: {},
    updatedAt: 0,
    stable: false,
    protected: false,
    file: { uuid: UNSTORED, size: source.size, sha256: "" },
  };
  const open = () =>
    Promise.resolve({ ...bound(source), [Symbol.asyncDispose]: () => Promise.resolve() });
  const modifier = createModifier({
    ...ports.modifier,
    index: { ...index, get: () => Promise.resolve(resource) },
    files: { stage: (bytes) => files.stage(bytes), open },
  });
  return createChange({ ...ports, modifier });
}

function bound(source: ByteSource): ByteSource {
  return { size: source.size, read: (at, length) => source.read(at, length) };
}

/** All attributes in front of Pixel Data, and the transfer syntax. */
async function readTags(
  source: ByteSource,
  { defaultSets, maximumInflated }: FactsOptions,
): Promise<ReadonlyMap<string, Named>> {
  let root = new DataSet(EXPLICIT_LITTLE_ENDIAN, () => defaultSets);
  const { meta } = await decodeFile(source, {
    sink({ encoding }) {
      const builder = new DataSetBuilder(encoding, { defaultSets, maximumLength: LONGEST_VALUE });
      root = builder.root;
      return builder;
    },
    stopBefore: (tag) => tag === TAG.pixelData,
    maximumInflated,
  });
  const tags = new Map<string, Named>();
  tags.set("0002,0010", { name: "TransferSyntaxUID", value: meta.transferSyntaxUid });
  collect(root, "", tags);
  return tags;
}

interface Named {
  readonly name: string;
  readonly value: string;
}

function collect(dataSet: DataSet, prefix: string, into: Map<string, Named>): void {
  for (const element of dataSet.elements) {
    const tag = prefix + formatTag(element.tag);
    const { type, value } = tagValue(element, dataSet, {});
    const shown = typeof value === "string" ? value : SHOWN[type];
    into.set(tag, { name: tagName(element.tag), value: shown });
    element.items?.forEach((item, n) => collect(item, `${tag}[${n}].`, into));
  }
}

/** What is told of values that are no short texts. */
const SHOWN = { String: "", Sequence: "(sequence)", Null: "(binary)", TooLong: "(long)" } as const;

function differences(
  before: ReadonlyMap<string, Named>,
  after: ReadonlyMap<string, Named>,
): TagDifference[] {
  const tags = [...new Set([...before.keys(), ...after.keys()])].sort();
  return tags.flatMap((tag) => {
    const [old, fresh] = [before.get(tag), after.get(tag)];
    if (old?.value === fresh?.value) return [];
    const name = (fresh ?? old)!.name; // one of them has it
    return { tag, name, before: old?.value ?? null, after: fresh?.value ?? null };
  });
}
