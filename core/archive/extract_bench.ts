import {
  element,
  item,
  part10,
  type Piece,
  sequence,
  type Value,
} from "../../tests/support/dicom.ts";
import { memorySource } from "../bytes/source.ts";
import { defaultCharacterSets } from "../dicom/charset.ts";
import { TAG } from "../dicom/tag.ts";
import { IMPLICIT_LITTLE_ENDIAN } from "../dicom/transfer_syntax.ts";
import type { Vr } from "../dicom/vr.ts";
import { createExtract } from "./extract.ts";
import { DEFAULT_MAIN_TAGS } from "./resource.ts";

const UID = "1.2.840.113619.2.176.2025.1499492.7391.1171285944";

const TEXTS: readonly (readonly [number, Vr, Value])[] = [
  [0x00080005, "CS", "ISO_IR 100"],
  [0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL"],
  [0x00080012, "DA", "20240102"],
  [0x00080013, "TM", "101112.123"],
  [TAG.sopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.2"],
  [TAG.sopInstanceUid, "UI", `${UID}.3`],
  [TAG.studyDate, "DA", "20240102"],
  [0x00080021, "DA", "20240102"],
  [0x00080022, "DA", "20240102"],
  [0x00080023, "DA", "20240102"],
  [0x00080030, "TM", "100000"],
  [0x00080031, "TM", "100500"],
  [0x00080032, "TM", "100501.5"],
  [0x00080033, "TM", "100502.25"],
  [TAG.accessionNumber, "SH", "A123456789"],
  [TAG.modality, "CS", "CT"],
  [0x00080070, "LO", "ACME MEDICAL SYSTEMS"],
  [0x00080080, "LO", "General Hospital"],
  [0x00080081, "ST", "1 Main Street"],
  [0x00080090, "PN", "Ref^Doctor"],
  [0x00081010, "SH", "CT01"],
  [0x00081030, "LO", "CHEST ABDOMEN PELVIS"],
  [0x0008103e, "LO", "AX 1.25 STD"],
  [0x00081040, "LO", "Radiology"],
  [0x00081050, "PN", "Perf^Doctor"],
  [0x00081060, "PN", "Read^Doctor"],
  [0x00081070, "PN", "Op^Erator"],
  [0x00081090, "LO", "Scanner 64"],
];

const GEOMETRY: readonly (readonly [number, Vr, Value])[] = [
  [0x00180015, "CS", "CHEST"],
  [0x00180022, "CS", "HELICAL MODE"],
  [0x00180050, "DS", "1.250000"],
  [0x00180060, "DS", "120"],
  [0x00180088, "DS", "1.250000"],
  [0x00180090, "DS", "500.000000"],
  [0x00181020, "LO", "gmp_vct.42"],
  [0x00181030, "LO", "6.1 CHEST"],
  [0x00181100, "DS", "360.000000"],
  [0x00181110, "DS", "949.075012"],
  [0x00181111, "DS", "541.000000"],
  [0x00181120, "DS", "0.000000"],
  [0x00181130, "DS", "160.500000"],
  [0x00181140, "CS", "CW"],
  [0x00181150, "IS", "500"],
  [0x00181151, "IS", "350"],
  [0x00181152, "IS", "175"],
  [0x00181160, "SH", "BODY FILTER"],
  [0x00181170, "IS", "42000"],
  [0x00181190, "DS", "1.200000"],
  [0x00181210, "SH", "STANDARD"],
  [0x00185100, "CS", "FFS"],
  [TAG.studyInstanceUid, "UI", `${UID}.1`],
  [TAG.seriesInstanceUid, "UI", `${UID}.2`],
  [0x00200010, "SH", "4711"],
  [0x00200011, "IS", "3"],
  [0x00200012, "IS", "1"],
  [TAG.instanceNumber, "IS", "117"],
  [0x00200032, "DS", "-250.000000\\-250.000000\\-123.750000"],
  [0x00200037, "DS", "1.000000\\0.000000\\0.000000\\0.000000\\1.000000\\0.000000"],
  [0x00200052, "UI", `${UID}.9`],
  [0x00201040, "LO", "SN"],
  [0x00201041, "DS", "-123.750000"],
  [0x00280002, "US", [1]],
  [0x00280004, "CS", "MONOCHROME2"],
  [0x00280010, "US", [512]],
  [0x00280011, "US", [512]],
  [0x00280030, "DS", "0.976562\\0.976562"],
  [0x00280100, "US", [16]],
  [0x00280101, "US", [16]],
  [0x00280102, "US", [15]],
  [0x00280103, "US", [1]],
  [0x00281050, "DS", "40"],
  [0x00281051, "DS", "400"],
  [0x00281052, "DS", "-1024"],
  [0x00281053, "DS", "1"],
];

const elements = (rows: readonly (readonly [number, Vr, Value])[]) =>
  rows.map(([tag, vr, value]) => element(tag, vr, value));

/** A block of `count` private elements (PS3.5 Section 7.8.1). */
function privateBlock(group: number, creator: string, count: number): Piece[] {
  const base = group * 0x10000;
  return [
    element(base + 0x10, "LO", creator),
    ...Array.from({ length: count }, (_, n) => element(base + 0x1001 + n, "SL", [n])),
  ];
}

const code = (value: string) =>
  item([
    element(0x00080100, "SH", value),
    element(0x00080102, "SH", "DCM"),
    element(0x00080104, "LO", "Meaning"),
  ]);

const reference = item([
  element(0x00081150, "UI", "1.2.840.10008.5.1.4.1.1.2"),
  element(0x00081155, "UI", `${UID}.7`),
]);

/** The header of a CT slice: about 150 elements, private blocks and sequences among them. */
const CT: readonly Piece[] = [
  ...elements(TEXTS),
  sequence(0x00081110, [reference]),
  sequence(0x00081140, [reference, reference, reference]),
  ...privateBlock(0x0009, "ACME_IDEN_01", 8),
  element(TAG.patientName, "PN", "Doe^John^^^"),
  element(TAG.patientId, "LO", "PID-0001"),
  element(0x00100030, "DA", "19700101"),
  element(0x00100040, "CS", "M"),
  element(0x00101010, "AS", "054Y"),
  ...elements(GEOMETRY.slice(0, 22)),
  ...privateBlock(0x0019, "ACME_ACQU_01", 16),
  ...elements(GEOMETRY.slice(22, 33)),
  ...privateBlock(0x0021, "ACME_RELA_01", 8),
  ...elements(GEOMETRY.slice(33)),
  sequence(0x00321064, [code("CHEST")]),
  sequence(0x00400275, [item([
    sequence(0x00400008, [code("CT1"), code("CT2")]),
    element(0x00400007, "LO", "CT Chest"),
    element(0x00400009, "SH", "1"),
  ])]),
  ...privateBlock(0x0043, "ACME_PARM_01", 16),
  element(TAG.pixelData, "OW", new Uint8Array(512 * 512 * 2)),
];

const extract = createExtract({
  mainTags: DEFAULT_MAIN_TAGS,
  defaultSets: defaultCharacterSets("Latin1"),
  maximumInflated: 1e9,
});

const FILES = {
  "explicit VR": part10({ pieces: CT }),
  "implicit VR": part10({ pieces: CT, syntax: IMPLICIT_LITTLE_ENDIAN.uid }),
};

for (const [name, bytes] of Object.entries(FILES)) {
  const source = memorySource(bytes);
  Deno.bench(`CT of 512 x 512, ${name}`, { group: "extract" }, async () => {
    await extract(source);
  });
}
