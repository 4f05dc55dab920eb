import assert from "node:assert/strict";
import { differences } from "../support/compare.ts";
import { FILES, IDS } from "../support/filled.ts";
import { type Orthanc, ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { freePort, peerTest } from "../support/peer.ts";
import { startServer } from "../support/server.ts";

type Server = Pick<Orthanc, "request">;

/** A request; `{}` stands for the newest query. */
type Request = readonly [method: string, path: string, body?: unknown];

const MR = "1.2.840.10008.5.1.4.1.1.4";

const REQUESTS: readonly Request[] = [
  ["GET", "/modalities"],
  ["GET", "/modalities/nope"],
  ["GET", "/modalities/nope/configuration"],
  ["PUT", "/modalities/new", ["NEW", "127.0.0.1", 104]],
  ["GET", "/modalities/new/configuration"],
  ["PUT", "/modalities/new", { AET: "A" }],
  ["PUT", "/modalities/new", "no JSON"],
  ["DELETE", "/modalities/new"],
  ["DELETE", "/modalities/new"],
  ["POST", "/modalities/self/echo", ""],
  ["POST", "/modalities/dead/echo", ""],
  ["POST", "/modalities/nope/echo", ""],
  ["POST", "/modalities/self/echo", { Timeout: "x" }],
  ["POST", "/tools/dicom-echo", { AET: "X", Host: "127.0.0.1" }],
  ["POST", "/tools/dicom-echo", ""],
  ["POST", "/modalities/self/store", IDS.mr],
  ["POST", "/modalities/self/store", [IDS.mr1, IDS.ct]],
  ["POST", "/modalities/self/store", { Resources: [IDS.p2], Priority: 2 }],
  ["POST", "/modalities/self/store", []],
  ["POST", "/modalities/self/store", {}],
  ["POST", "/modalities/self/store", ""],
  ["POST", "/modalities/self/store", "nope"],
  ["POST", "/modalities/nope/store", IDS.mr],
  ["POST", "/modalities/dead/store", IDS.mr],
  ["POST", "/modalities/self/store-straight", "nope"],
  ["POST", "/modalities/self/move", { Level: "Study" }],
  ["POST", "/modalities/self/move", { Level: "Study", Resources: ["x"] }],
  ["POST", "/modalities/self/move", { Level: "Study", Resources: [{ Nope: "" }] }],
  ["POST", "/modalities/self/find-patient", { PatientID: "*" }],
  ["POST", "/modalities/self/find-study", { PatientID: "*" }],
  ["POST", "/modalities/self/query", { Query: {} }],
  ["POST", "/modalities/self/query", ""],
  ["POST", "/modalities/self/query", { Level: "x" }],
  ["POST", "/modalities/self/query", { Level: "Study", Query: { Nope: "" } }],
  ["POST", "/modalities/self/query", { Level: "Study", Query: { PatientID: 1 } }],
  ["POST", "/modalities/dead/query", { Level: "Study" }],
  ["POST", "/modalities/nope/query", { Level: "Study" }],
  ["POST", "/modalities/self/query", { Level: "Study", Query: { StudyInstanceUID: "1.1" } }],
  ["GET", "/queries/{}"],
  ["GET", "/queries/{}/level"],
  ["GET", "/queries/{}/modality"],
  ["GET", "/queries/{}/query"],
  ["GET", "/queries/{}/query?short"],
  ["GET", "/queries/{}/answers"],
  ["GET", "/queries/{}/answers?expand"],
  ["GET", "/queries/{}/answers?expand&simplify"],
  ["GET", "/queries/{}/answers/0"],
  ["GET", "/queries/{}/answers/0/content?short"],
  ["GET", "/queries/{}/answers/9"],
  ["GET", "/queries/{}/answers/x"],
  ["GET", "/queries/nope"],
  ["POST", "/queries/{}/retrieve", ""],
  ["POST", "/queries/{}/retrieve", "{}"],
  ["POST", "/queries/{}/answers/0/retrieve", { TargetAet: "BOTH" }],
  ["POST", "/queries/{}/answers/0/retrieve", "NOBODY"],
  ["POST", "/queries/{}/answers/0/query-studies", {}],
  ["POST", "/queries/{}/answers/0/query-series", ""],
  ["POST", "/queries/{}/answers/0/query-series", { Query: { Modality: "MR" } }],
  ["GET", "/queries/{}/answers?expand&simplify"],
  ["DELETE", "/queries/{}"],
  ["DELETE", "/queries/nope"],
  ["GET", "/jobs/nope"],
  ["POST", "/jobs/nope/cancel", ""],
  ["POST", "/modalities/self/storage-commitment", {}],
  ["POST", "/modalities/self/storage-commitment", [IDS.mr]],
  ["POST", "/modalities/self/storage-commitment", { Resources: ["nope"] }],
  ["POST", "/modalities/dead/storage-commitment", { DicomInstances: [[MR, "1.1.1.1"]] }],
  ["GET", "/storage-commitment/nope"],
  ["POST", "/storage-commitment/nope/remove", ""],
];

/** What Orthanc 1.10.1 has otherwise than the newest, which we follow, or what says the same in other words. */
const KNOWN = new Set([
  "Details",
  "ErrorPayload",
  "Resources",
  "RetrieveMethod",
  "TargetAet",
  "ID", // of a query or job
  "Path",
]);

peerTest({
  name: "Outpost and Orthanc ask modalities alike",
  needs: [ORTHANC_CHECK],
  async fn(t) {
    await using stack = new AsyncDisposableStack();
    const port = freePort();
    const theirs = stack.use(await startOrthanc(options(port, port)));
    const ours = stack.use(await startOurs(port));
    for (const file of FILES) {
      for (const server of [ours, theirs]) await drain(server.request("POST", "/instances", file));
    }
    for (const request of REQUESTS) {
      await t.step(request.map((part) => JSON.stringify(part)).join(" "), async () => {
        const [left, right] = [await answerOf(ours, request), await answerOf(theirs, request)];
        assert.equal(left.status, right.status);
        const found = differences(left.body, right.body).filter(({ path }) =>
          !path.some((name) => KNOWN.has(name))
        );
        assert.deepEqual(found, []);
      });
    }
  },
});

/** Options of both; the remote of both is Orthanc, on `remotePort`. */
function options(dicomPort: number, remotePort: number) {
  return {
    DicomAet: "BOTH",
    DicomPort: dicomPort,
    DicomModalities: {
      self: ["BOTH", "127.0.0.1", remotePort],
      dead: ["DEAD", "127.0.0.1", freePort()],
    },
    RemoteAccessAllowed: false,
  };
}

async function startOurs(remotePort: number): Promise<Server & AsyncDisposable> {
  const server = await startServer(options(0, remotePort));
  return {
    request: (method, path, body) => fetch(server.url + path, { method, ...(body && { body }) }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function answerOf(server: Server, [method, path, sent]: Request) {
  const written = typeof sent === "string" ? sent : JSON.stringify(sent);
  const body = sent === undefined ? undefined : new TextEncoder().encode(written);
  const response = await server.request(method, path.replace("{}", await newest(server)), body);
  const text = await response.text();
  return { status: response.status, body: withoutUri(parsed(text)) };
}

/** Queries that a server was seen to have. */
const SEEN = new WeakMap<Server, string[]>();

/** The identifier of the newest query, or nothing. */
async function newest(server: Server): Promise<string> {
  const ids: string[] = await (await server.request("GET", "/queries")).json();
  const seen = SEEN.get(server) ?? [];
  const known = seen.filter((id) => ids.includes(id));
  SEEN.set(server, [...known, ...ids.filter((id) => !known.includes(id))]);
  return SEEN.get(server)!.at(-1) ?? "";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function withoutUri(body: unknown): unknown {
  if (typeof body !== "object" || body === null || !("Uri" in body)) return body;
  const { Uri: _Uri, ...others } = body;
  return others;
}

async function drain(response: Promise<Response>): Promise<void> {
  await (await response).body?.cancel();
}
