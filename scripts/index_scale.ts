/**
 * How the index does with many instances: fills one in a temporary folder, then times what clients ask for.
 *
 *   deno run -A scripts/index_scale.ts [INSTANCES]
 */

import { publicIds } from "../core/archive/ids.ts";
import { everyResource, type Query, ROW_ONLY, WHOLE } from "../core/archive/query.ts";
import type { Level } from "../core/archive/resource.ts";
import { matcherOf } from "../core/dicom/match.ts";
import { TAG, type Tag, tagHex } from "../core/dicom/tag.ts";
import type { Index, NewInstance } from "../core/ports.ts";
import { openWorkerIndex } from "../storage/sqlite/worker_index.ts";

const INSTANCES = Number(Deno.args[0] ?? 100_000);
const PER_SERIES = 50;
const SERIES_PER_STUDY = 4;
const STUDIES_PER_PATIENT = 2;
/** Stored at a time; they share transactions. */
const CALLERS = 64;

/** Instance `number` of a made-up hospital. */
function instanceOf(number: number): NewInstance {
  const series = Math.floor(number / PER_SERIES);
  const study = Math.floor(series / SERIES_PER_STUDY);
  const patient = Math.floor(study / STUDIES_PER_PATIENT);
  const identity = {
    patientId: `PAT${patient}`,
    studyInstanceUid: `1.2.826.0.1.1.${study}`,
    seriesInstanceUid: `1.2.826.0.1.2.${series}`,
    sopInstanceUid: `1.2.826.0.1.3.${number}`,
  };
  return {
    ids: publicIds(identity),
    tags: {
      Patient: tags(
        [TAG.patientId, identity.patientId],
        [TAG.patientName, `NAME${patient % 997}^FIRST${patient}`],
        [0x00100030, "19700101"],
      ),
      Study: tags(
        [TAG.studyInstanceUid, identity.studyInstanceUid],
        [TAG.studyDate, `2024${String(1 + study % 12).padStart(2, "0")}15`],
        [TAG.accessionNumber, `ACC${study}`],
        [0x00081030, "BRAIN ROUTINE"],
      ),
      Series: tags(
        [TAG.seriesInstanceUid, identity.seriesInstanceUid],
        [TAG.modality, series % 3 === 0 ? "MR" : "CT"],
        [0x0008103e, "T1 AXIAL"],
      ),
      Instance: tags(
        [TAG.sopInstanceUid, identity.sopInstanceUid],
        [TAG.instanceNumber, `${1 + number % PER_SERIES}`],
        [0x00200032, "0.0\\0.0\\0.0"],
      ),
    },
    metadata: { Patient: {}, Study: {}, Series: {}, Instance: { 9: "1.2.840.10008.1.2.1" } },
    expectedInstances: null,
    indexInSeries: 1 + number % PER_SERIES,
    file: { uuid: crypto.randomUUID(), size: 526_000, sha256: "0".repeat(64) },
    receivedAt: 1_700_000_000_000 + number,
  };
}

function tags(...values: [Tag, string][]): Record<string, string> {
  return Object.fromEntries(values.map(([tag, value]) => [tagHex(tag), value]));
}

async function fill(index: Index): Promise<void> {
  let next = 0;
  const call = async () => {
    while (next < INSTANCES) await index.store(instanceOf(next++), "Never", true);
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
}

/** The query for resources of `level` whose tag fits `text`. */
function by(level: Level, owner: Level, tag: Tag, text: string): Query {
  const condition = { tag, level: owner, matcher: matcherOf(tag, "LO", text)! };
  return { ...everyResource(level), tags: [{ ...condition, caseSensitive: false }] };
}

const { ids } = instanceOf(INSTANCES >> 1);
const study = { level: "Study", id: ids.Study } as const;
const uid = `1.2.826.0.1.1.${Math.floor((INSTANCES >> 1) / PER_SERIES / SERIES_PER_STUDY)}`;

const QUESTIONS: Record<string, (index: Index) => Promise<unknown>> = {
  "get an instance": (index) => index.get({ level: "Instance", id: ids.Instance }, WHOLE),
  "get a study": (index) => index.get(study, WHOLE),
  "list 100 instances": (index) => index.find({ ...everyResource("Instance"), limit: 100 }, WHOLE),
  "list 100 instances from the middle": (index) =>
    index.find({ ...everyResource("Instance"), after: "8", limit: 100 }, WHOLE),
  "all identifiers of instances": (index) => index.findIds(everyResource("Instance")),
  "instances of a study": (index) =>
    index.find({ ...everyResource("Instance"), parent: study }, ROW_ONLY),
  "studies by PatientID": (index) =>
    index.find(by("Study", "Patient", TAG.patientId, "PAT7"), WHOLE),
  "studies by UID": (index) => index.find(by("Study", "Study", TAG.studyInstanceUid, uid), WHOLE),
  "studies by NAME7*": (index) =>
    index.find(by("Study", "Patient", TAG.patientName, "NAME7*"), WHOLE),
  "studies by *FIRST77*": (index) =>
    index.find(by("Study", "Patient", TAG.patientName, "*FIRST77*"), WHOLE),
  "instances by InstanceNumber": (index) =>
    index.findIds(by("Instance", "Instance", TAG.instanceNumber, "7")),
  "studies by modality": (index) =>
    index.count({ ...everyResource("Study"), modalities: matcherOf(TAG.modality, "CS", "MR") }),
  "lookup": (index) => index.lookup(uid),
  "changes from the middle": (index) =>
    index.changes({ since: INSTANCES >> 1, to: undefined, limit: 100, types: [] }),
  "last change": (index) =>
    index.changes({ since: 0, to: Number.MAX_SAFE_INTEGER, limit: 1, types: [] }),
  "statistics": (index) => index.statistics(),
  "statistics of a study": (index) => index.statisticsOf(study),
  "mark 500 as stable": (index) => index.markStable(1_800_000_000_000, 1_800_000_000_000),
  "remove a study": (index) => index.remove(study),
};

const folder = await Deno.makeTempDir({ dir: ".", prefix: ".bench-" });
try {
  await using index = await openWorkerIndex(`${folder}/index`);
  const start = performance.now();
  await fill(index);
  const seconds = (performance.now() - start) / 1000;
  const { size } = await Deno.stat(`${folder}/index`);
  const rate = Math.round(INSTANCES / seconds);
  console.log(`${INSTANCES} instances in ${seconds.toFixed(1)} s, ${rate} a second`);
  console.log(`${(size / 1e6).toFixed(1)} MB, ${Math.round(size / INSTANCES)} bytes an instance`);
  for (const [name, ask] of Object.entries(QUESTIONS)) {
    const before = performance.now();
    await ask(index);
    console.log(`${(performance.now() - before).toFixed(1).padStart(8)} ms  ${name}`);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
