import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { parseConfiguration } from "../../core/config/parse.ts";
import { start } from "../../main.ts";
import { type Difference, differences } from "../support/compare.ts";
import { KNOWN, type Known, type Request } from "../support/known_differences.ts";
import { type Orthanc, ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { peerTest } from "../support/peer.ts";

const PYTHON = "/usr/bin/python3";
const LEVELS = ["patients", "studies", "series", "instances"] as const;

/** Files on which the two cannot agree, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "SC_rgb_jpeg.dcm": "Orthanc 1.10.1 cannot read it: its encoding is not the declared one",
  "SC_rgb_jpeg_dcmd.dcm": "the same instance as SC_rgb_jpeg.dcm",
  "rtdose_rle.dcm": "Orthanc keeps the padding of identifiers in UN, and so gives others",
  "rtdose_rle_1frame.dcm": "the same instance as rtdose_rle.dcm",
};

peerTest({
  name: "Outpost and Orthanc answer the same requests alike",
  needs: [ORTHANC_CHECK, [PYTHON, "-c", "import pydicom"]],
  async fn(t) {
    await using stack = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir();
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const theirs = stack.use(await startOrthanc({ DicomServerEnabled: false, StableAge: 3600 }));
    const ours = stack.use(await startOutpost(folder));
    const files = await pydicomFiles();
    const used = new Set<Known>();
    for (const [group, requests] of groups(files)) {
      await t.step(group, async () => {
        const found: string[] = [];
        for await (const request of requests(ours)) {
          found.push(...await unexplained(request, ours, theirs, used));
        }
        assert.deepEqual(found, []);
      });
    }
    await t.step("every known difference is one", () => {
      assert.deepEqual(KNOWN.filter((known) => !used.has(known)).map(({ reason }) => reason), []);
    });
  },
});

type Server = Pick<Orthanc, "request">;
type Requests = (ours: Server) => AsyncIterable<Request>;

function groups(files: readonly Uint8Array<ArrayBuffer>[]): Map<string, Requests> {
  return new Map<string, Requests>([
    ["uploads", async function* () {
      for (const file of files) yield ["POST", "/instances", file];
    }],
    ...LEVELS.map((level): [string, Requests] => [level, (ours) => aboutLevel(ours, level)]),
    ["find", async function* () {
      for (const body of QUERIES) yield ["POST", "/tools/find", body];
    }],
    ["the rest", async function* () {
      yield* REST;
    }],
  ]);
}

async function* aboutLevel(ours: Server, level: string): AsyncGenerator<Request> {
  yield ["GET", `/${level}`];
  yield ["GET", `/${level}?expand`];
  const ids: string[] = await (await ours.request("GET", `/${level}`)).json();
  for (const id of ids) {
    for (const below of BELOW[level]!) yield ["GET", `/${level}/${id}${below}`];
  }
}

const MANY = ["", "?full", "?short", "/statistics", "/module", "/shared-tags", "/instances"];

/** What is asked about each resource of a level. */
const BELOW: Readonly<Record<string, readonly string[]>> = {
  patients: [...MANY, "/instances-tags?simplify", "/studies"],
  studies: [...MANY, "/instances-tags?short", "/module-patient", "/patient", "/series"],
  series: [...MANY, "/study", "/patient"],
  instances: [
    ...["", "/statistics", "/module", "/tags", "/tags?short", "/simplified-tags", "/header"],
    ...["/header?simplify", "/content", "/file", "/series", "/study", "/patient"],
    ...["/content/7fe0-0010", "/content/7fe0-0010/0", "/content/7fe0-0010/1"],
    ...["/content/0008-0018", "/content/0010-0010", "/content/0010-0010/0", "/content/0008-1111"],
    ...["/content/0008-1111/0", "/content/300a-0010/0", "/content/300a-0010/0/300a-0016"],
  ],
};

const find = (Level: string, Query: object, more: object = {}) => ({ Level, Query, ...more });

const QUERIES: readonly object[] = [
  find("Study", { PatientName: "*a*" }),
  find("Series", { Modality: "CT" }),
  find("Series", { Modality: "CT\\MR" }),
  find("Study", { StudyDate: "2000-2010" }),
  find("Study", { StudyDate: "20040101-" }),
  find("Study", { StudyDate: "-20040101" }),
  find("Study", { StudyTime: "1200*" }),
  find("Study", { PatientBirthDate: "19000101-20200101" }),
  find("Instance", { PatientID: "*" }),
  find("Patient", { PatientID: "id1" }),
  find("Patient", { PatientID: "id1" }, { CaseSensitive: true }),
  find("Patient", { PatientName: "?estrade*" }, { CaseSensitive: true }),
  find("Patient", { PatientSex: "*" }),
  find("Study", { ModalitiesInStudy: "CT" }),
  find("Study", { ModalitiesInStudy: "CT\\MR" }),
  find("Instance", { Rows: "64" }),
  find("Instance", { InstanceNumber: "1", Modality: "MR" }),
  find("Instance", { SOPClassUID: "1.2.840.10008.5.1.4.1.1.4" }),
  find("Series", { SeriesNumber: "1" }),
  find("Study", { AccessionNumber: "" }),
  find("Study", { AccessionNumber: "*" }),
  find("Study", { StudyDescription: "" }),
  find("Study", { StudyDescription: "*e*" }),
  find("Study", { "0010,0010": "*est*" }),
  find("Study", { PatientName: "*" }, { Expand: true }),
  find("study", { PatientName: "*" }, { Expand: true, Full: true }),
  find("Series", { PatientName: "*sam*" }, { Expand: true, Short: true }),
  find("Study", { Nope: "x" }),
  find("Study", { PatientID: 3 }),
  find("Study", { StudyDate: "2003*" }),
  find("Study", { StudyInstanceUID: "1.2.*" }),
  find("Foo", {}),
  find("Study", {}, { Limit: -1 }),
  find("Study", {}, { Limit: "a" }),
  { Level: "Study" },
  { Query: {} },
];

const REST: readonly Request[] = [
  ["GET", "/statistics"],
  ["GET", "/changes?limit=0"],
  ["GET", "/changes?limit=20"],
  ["GET", "/changes?since=10&limit=20"],
  ["GET", "/nope"],
  ["GET", "/Studies"],
  ["GET", "/studies/"],
  ["GET", "//studies"],
  ["GET", "/studies?limit=2"],
  ["GET", "/studies?since=2"],
  ["GET", "/studies?since=a&limit=1"],
  ["POST", "/studies", ""],
  ["PUT", "/instances", ""],
  ["DELETE", "/instances"],
  ["POST", "/instances", ""],
  ["POST", "/instances", "x".repeat(16)],
  ["PATCH", "/studies"],
  ["OPTIONS", "/studies"],
  ["GET", "/tools/generate-uid"],
  ["GET", "/tools/generate-uid?level=foo"],
  ["GET", "/tools/log-level"],
  ["PUT", "/tools/log-level", "bogus"],
  ["POST", "/tools/lookup", "nope"],
  ["POST", "/tools/lookup", "id1"],
  ["POST", "/tools/bulk-delete", {}],
  ["POST", "/tools/bulk-content", {}],
  ["POST", "/tools/bulk-content", { Resources: [], Level: "x" }],
  ...LEVELS.flatMap((level): Request[] => [
    ["GET", `/${level}/nope`],
    ["DELETE", `/${level}/nope`],
    ["GET", `/${level}/nope/statistics`],
    ["GET", `/${level}/nope/module`],
    ["GET", `/${level}/nope/shared-tags`],
    ["GET", `/${level}/nope/instances`],
    ["GET", `/${level}/nope/series`],
    ["GET", `/${level}/nope/tags`],
    ["GET", `/${level}/nope/file`],
    ["GET", `/${level}/nope/content`],
  ]),
];

/** What is different, and not known to be, in the answers to one request. */
async function unexplained(
  request: Request,
  ours: Server,
  theirs: Server,
  used: Set<Known>,
): Promise<string[]> {
  const [left, right] = await Promise.all([answer(ours, request), answer(theirs, request)]);
  return differences(left, right).filter((difference) => {
    const known = KNOWN.filter(({ applies }) => applies(difference, request));
    for (const one of known) used.add(one);
    return known.length === 0;
  }).map((difference) => describe(request, difference));
}

function describe([method, path]: Request, { path: place, ours, theirs }: Difference): string {
  const show = (value: unknown) => (JSON.stringify(value) ?? "nothing").slice(0, 120);
  return `${method} ${path} ${place.join(" / ")}: ours ${show(ours)}, theirs ${show(theirs)}`;
}

/** Status and body of an answer, as far as it is contract. */
async function answer(server: Server, [method, path, body]: Request) {
  const isReady = body === undefined || body instanceof Uint8Array;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const sent = isReady ? body : new TextEncoder().encode(text);
  const response = await server.request(method, path, sent);
  const bytes = Buffer.from(await response.bytes());
  const { status } = response;
  const isJson = bytes[0] === 0x7b || bytes[0] === 0x5b;
  if (!isJson) return { status, bytes: bytes.toString("base64") };
  const json = JSON.parse(bytes.toString());
  return { status, json: status === 200 ? json : withoutDetails(json) };
}

/** The words of a failure are each server's own. */
function withoutDetails({ Details: _, ...rest }: Record<string, unknown>) {
  return rest;
}

/** The whole server on a free port. */
async function startOutpost(folder: string): Promise<Server & AsyncDisposable> {
  const settings = { StorageDirectory: folder, HttpPort: 0, DicomPort: 0, StableAge: 3600 };
  const text = JSON.stringify(settings);
  const { config } = parseConfiguration([{ name: "/test.json", text }], () => undefined);
  const server = await start(config);
  return {
    request: (method, path, body) =>
      fetch(`${server.url}${path}`, { method, ...(body && { body }) }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The DICOM files that pydicom brings. */
async function pydicomFiles(): Promise<Uint8Array<ArrayBuffer>[]> {
  const script = "import os, pydicom.data; print(os.path.dirname(pydicom.data.__file__))";
  const { stdout } = await new Deno.Command(PYTHON, { args: ["-c", script] }).output();
  const root = new TextDecoder().decode(stdout).trim();
  const files: Uint8Array<ArrayBuffer>[] = [];
  for (const folder of ["test_files", "charset_files"]) {
    const names = await Array.fromAsync(Deno.readDir(`${root}/${folder}`), ({ name }) => name);
    const wanted = names.filter((name) => name.endsWith(".dcm") && !(name in LEFT_OUT)).sort();
    for (const name of wanted) files.push(await Deno.readFile(`${root}/${folder}/${name}`));
  }
  return files;
}
