import assert from "node:assert/strict";
import { dataSet as encode, element, item, sequence } from "../../tests/support/dicom.ts";
import { memorySource } from "../bytes/source.ts";
import { defaultCharacterSets } from "../dicom/charset.ts";
import { type DataSet, DataSetBuilder } from "../dicom/data_set.ts";
import { decodeDataSet, decodeFile } from "../dicom/decode.ts";
import { metaText } from "../dicom/part10.ts";
import { TAG, type Tag } from "../dicom/tag.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../dicom/transfer_syntax.ts";
import { valueText } from "../dicom/values.ts";
import { createDicomDirectory, type DicomDirectory } from "./dicomdir.ts";

const SETS = defaultCharacterSets("Latin1");
const BUILD = { defaultSets: SETS, maximumLength: 4096 };
const CT = "1.2.840.10008.5.1.4.1.1.2";
const SR = "1.2.840.10008.5.1.4.1.1.88.11";

interface Instance {
  readonly patient?: string;
  readonly study?: string;
  readonly series?: string;
  readonly sop: string;
  readonly sopClass?: string;
  readonly more?: Parameters<typeof encode>[0];
}

function dataSetOf(
  { patient = "P", study = "1", series = "1.1", sop, ...rest }: Instance,
): DataSet {
  const bytes = encode([
    element(TAG.specificCharacterSet, "CS", "ISO_IR 100"),
    element(TAG.sopClassUid, "UI", rest.sopClass ?? CT),
    element(TAG.sopInstanceUid, "UI", sop),
    element(TAG.modality, "CS", "CT"),
    element(0x0008103e, "LO", "caf\xe9"),
    element(TAG.patientName, "PN", "M\xfcller"),
    element(TAG.patientId, "LO", patient),
    element(TAG.studyInstanceUid, "UI", study),
    element(TAG.seriesInstanceUid, "UI", series),
    element(TAG.instanceNumber, "IS", "1"),
    ...(rest.more ?? []),
  ], EXPLICIT_LITTLE_ENDIAN);
  return decodeDataSet(bytes, EXPLICIT_LITTLE_ENDIAN, BUILD);
}

function newDirectory(extended = false): DicomDirectory {
  return createDicomDirectory({ extended, aet: "HERE", clock: { now: () => 0 } });
}

function addAll(directory: DicomDirectory, instances: readonly Instance[]): Uint8Array {
  instances.forEach((instance, at) => {
    const file = { path: `IMAGES/IM${at}`, transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN.uid };
    directory.add(dataSetOf(instance), file);
  });
  return directory.encode();
}

/** The records by their offsets in the file, and the root's first and last. */
async function read(bytes: Uint8Array) {
  let builder: DataSetBuilder | undefined;
  const { meta } = await decodeFile(memorySource(bytes), {
    sink: ({ encoding }) => builder = new DataSetBuilder(encoding, BUILD),
    maximumInflated: 0,
  });
  const { root } = builder!;
  const records = new Map<number, DataSet>();
  let at = meta.dataSetOffset + root.get(0x00041220)!.valueOffset;
  for (const record of root.get(0x00041220)!.items!) {
    records.set(at, record);
    at += 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 4, true);
  }
  return { meta, root, records };
}

function text(record: DataSet, tag: Tag): string | undefined {
  const found = record.get(tag);
  return found && valueText(found, record);
}

/** The tree that the offsets make: type, and what names the record. */
function treeOf(records: ReadonlyMap<number, DataSet>, first: string | undefined): unknown[] {
  const tree: unknown[] = [];
  for (let at = Number(first); at !== 0;) {
    const record = records.get(at);
    assert.ok(record, `offset ${at} is that of no record`);
    const name = [TAG.patientId, TAG.studyInstanceUid, TAG.seriesInstanceUid, 0x00041500]
      .map((tag) => text(record, tag)).find((found) => found !== undefined);
    const below = treeOf(records, text(record, 0x00041420));
    tree.push([text(record, 0x00041430), name, ...(below.length > 0 ? [below] : [])]);
    at = Number(text(record, 0x00041400));
  }
  return tree;
}

Deno.test("the records of a directory lead to one another by their offsets", async () => {
  const bytes = addAll(newDirectory(), [
    { sop: "1.1.1" },
    { sop: "1.1.2" },
    { sop: "1.2.1", series: "1.2" },
    { sop: "2.1.1", study: "2", series: "2.1" },
    { sop: "3.1.1", patient: "Q", study: "3", series: "3.1" },
  ]);
  const { meta, root, records } = await read(bytes);
  const image = (at: number) => ["IMAGE", `IMAGES\\IM${at}`];
  assert.deepEqual(treeOf(records, text(root, 0x00041200)), [
    ["PATIENT", "P", [
      ["STUDY", "1", [
        ["SERIES", "1.1", [image(0), image(1)]],
        ["SERIES", "1.2", [image(2)]],
      ]],
      ["STUDY", "2", [["SERIES", "2.1", [image(3)]]]],
    ]],
    ["PATIENT", "Q", [["STUDY", "3", [["SERIES", "3.1", [image(4)]]]]]],
  ]);
  const last = records.get(Number(text(root, 0x00041202)))!;
  assert.equal(text(last, TAG.patientId), "Q");
  assert.equal(metaText(meta.elements, TAG.mediaStorageSopClassUid), "1.2.840.10008.1.3.10");
});

Deno.test("a directory of nothing has no records", async () => {
  const { root, records } = await read(newDirectory().encode());
  assert.deepEqual([text(root, 0x00041200), text(root, 0x00041202), records.size], ["0", "0", 0]);
});

Deno.test("series have a description only in the extended directory; text keeps its characters", async () => {
  for (const extended of [false, true]) {
    const { records } = await read(addAll(newDirectory(extended), [{ sop: "1.1.1" }]));
    const [patient, study, series] = [...records.values()];
    assert.equal(text(patient!, TAG.patientName), "Müller");
    assert.equal(text(series!, 0x0008103e), extended ? "café" : undefined);
    assert.deepEqual([text(study!, TAG.studyDate), text(study!, 0x00080030)], [
      "19700101",
      "000000",
    ]);
  }
});

Deno.test("a report's record says what its instance says, with sequences", async () => {
  const concept = sequence(0x0040a043, [
    item([element(0x00080100, "SH", "111"), element(0x00080104, "LO", "Report")]),
  ]);
  const more = [element(0x0040a491, "CS", "COMPLETE"), concept];
  const { records } = await read(addAll(newDirectory(), [{ sop: "9", sopClass: SR, more }]));
  const report = [...records.values()].at(-1)!;
  assert.equal(text(report, 0x00041430), "SR DOCUMENT");
  assert.equal(text(report, 0x0040a491), "COMPLETE");
  assert.equal(text(report, 0x0040a493), "", "keys are there even without a value");
  const [code] = report.get(0x0040a043)!.items!;
  assert.equal(text(code!, 0x00080104), "Report");
});
