import assert from "node:assert/strict";
import { memorySource } from "./bytes/source.ts";
import { defaultCharacterSets } from "./dicom/charset.ts";
import { decodeDataSet } from "./dicom/decode.ts";
import { encodeDataSet } from "./dicom/encode.ts";
import type { NewDataSet } from "./dicom/new_data_set.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "./dicom/transfer_syntax.ts";
import { createWorklists, type WorklistPorts } from "./worklists.ts";

const DEFAULT_SETS = defaultCharacterSets("Ascii");
const STEP = 0x00400100;

/** A step of `aet` at a date, for a patient. */
function worklist(patientId: string, aet: string, date: string): Uint8Array {
  const step: NewDataSet = [
    { tag: 0x00400001, vr: "AE", value: aet },
    { tag: 0x00400002, vr: "DA", value: date },
  ];
  return encodeDataSet([
    { tag: 0x00080005, vr: "CS", value: "ISO_IR 100" },
    { tag: 0x00100010, vr: "PN", value: "Jérôme" },
    { tag: 0x00100020, vr: "LO", value: patientId },
    { tag: STEP, vr: "SQ", value: [step] },
  ], { encoding: EXPLICIT_LITTLE_ENDIAN });
}

interface Content {
  readonly bytes: Uint8Array;
  readonly modifiedAt: number;
  /** Instead of the true one. */
  readonly size?: number;
}

/** A folder in memory. */
function folderOf(files: ReadonlyMap<string, Content>) {
  const opened: string[] = [];
  const folder: WorklistPorts["folder"] = {
    list: () =>
      Promise.resolve(
        [...files].map(([name, { bytes, modifiedAt, size = bytes.length }]) => {
          return { name, size, modifiedAt };
        }),
      ),
    open(name) {
      opened.push(name);
      const { bytes } = files.get(name)!;
      const close = () => Promise.resolve();
      return Promise.resolve({ ...memorySource(bytes), [Symbol.asyncDispose]: close });
    },
  };
  return { folder, opened };
}

function make(folder: WorklistPorts["folder"], options: Partial<WorklistPorts["options"]> = {}) {
  const lines: string[] = [];
  const worklists = createWorklists({
    folder,
    log: (_level, message) => void lines.push(message),
    defaultSets: DEFAULT_SETS,
    options: {
      filterIssuerAet: false,
      limitAnswers: 0,
      characterSet: "",
      caseSensitiveNames: false,
      ...options,
    },
  });
  /** PatientIDs of the answers, "limited" at the end where there is more. */
  const find = async (keys: NewDataSet, callingAet = "SCU") => {
    const bytes = encodeDataSet([...keys, { tag: 0x00100020, vr: "LO", value: "" }], {
      encoding: EXPLICIT_LITTLE_ENDIAN,
    });
    const identifier = decodeDataSet(bytes, EXPLICIT_LITTLE_ENDIAN, {
      defaultSets: DEFAULT_SETS,
      maximumLength: 1000,
    });
    const found: unknown[] = [];
    for await (const step of worklists.find(identifier, callingAet)) {
      found.push(
        step.kind === "limited"
          ? "limited"
          : step.dataSet.find(({ tag }) => tag === 0x00100020)!.value,
      );
    }
    return found;
  };
  return { find, lines };
}

const files = () =>
  new Map<string, Content>([
    ["a.wl", { bytes: worklist("A", "CT1", "20240101"), modifiedAt: 1 }],
    ["b.wl", { bytes: worklist("B", "CT2", "20240201"), modifiedAt: 1 }],
  ]);

const stepKey = (tag: 0x00400001 | 0x00400002, value: string): NewDataSet => [
  { tag: STEP, vr: "SQ", value: [[{ tag, vr: tag === 0x00400001 ? "AE" : "DA", value }]] },
];

Deno.test("find() matches within the procedure step, and answers all without keys", async () => {
  const { find } = make(folderOf(files()).folder);
  assert.deepEqual(await find([]), ["A", "B"]);
  assert.deepEqual(await find(stepKey(0x00400002, "20240115-")), ["B"]);
  assert.deepEqual(await find(stepKey(0x00400001, "CT1")), ["A"]);
  assert.deepEqual(await find([{ tag: 0x00100010, vr: "PN", value: "J?R*" }]), ["A", "B"]);
});

Deno.test("find() shows each caller its own steps with FilterIssuerAet, and stops at LimitAnswers", async () => {
  const { folder } = folderOf(files());
  const filtering = make(folder, { filterIssuerAet: true });
  assert.deepEqual(await filtering.find([], "CT2"), ["B"]);
  assert.deepEqual(await filtering.find(stepKey(0x00400001, "CT1"), "CT2"), []);
  assert.deepEqual(await make(folder, { limitAnswers: 1 }).find([]), ["A", "limited"]);
  assert.deepEqual(await make(folder, { limitAnswers: 2 }).find([]), ["A", "B"]);
});

Deno.test("find() reads a file again only when it has changed, and forgets what is gone", async () => {
  const present = files();
  const { folder, opened } = folderOf(present);
  const { find } = make(folder);
  await find([]);
  await find([]);
  assert.deepEqual(opened, ["a.wl", "b.wl"]);
  present.set("a.wl", { bytes: worklist("C", "CT1", "20240101"), modifiedAt: 2 });
  present.delete("b.wl");
  assert.deepEqual(await find([]), ["C"]);
  assert.deepEqual(opened, ["a.wl", "b.wl", "a.wl"]);
});

Deno.test("find() leaves out files that are damaged or too large, and logs each once", async () => {
  const present = files();
  const bytes = present.get("a.wl")!.bytes;
  present.set("bad.wl", { bytes: bytes.subarray(0, bytes.length - 3), modifiedAt: 1 });
  present.set("large.wl", { bytes, modifiedAt: 1, size: 2_000_000 });
  const { folder, opened } = folderOf(present);
  const { find, lines } = make(folder);
  for (let time = 0; time < 2; time++) assert.deepEqual(await find([]), ["A", "B"]);
  assert.equal(lines.length, 2);
  assert.ok(!opened.includes("large.wl"));
});
