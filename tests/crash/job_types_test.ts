import assert from "node:assert/strict";
import { checkIntegrity, type Finding } from "../../core/archive/integrity.ts";
import { JOB_TYPES } from "../../core/jobs/types.ts";
import { openIdleArchive } from "../support/idle_archive.ts";
import { imageFile } from "../support/images.ts";
import { instanceFile } from "../support/instances.ts";
import { type Client, killJobs, type ShownJob, type Survivor } from "../support/job_kill.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { unzip } from "../support/unzip.ts";

/** Each type of job is killed with its process in the middle, twice, and goes on to the right end. */

const JPEG_2000 = "1.2.840.10008.1.2.4.90";
/** Instances of a study that is changed or sent. */
const MANY = 160;
/** Of one that is retrieved, each by a request of its own. */
const RETRIEVED = 60;
/** Large images of an archive, which are transcoded one by one. */
const ARCHIVED = 40;

/** The UIDs below a study, from its number. */
const uidsOf = (study: number, series: number, instance: number) => ({
  PatientID: `P${study}`,
  StudyInstanceUID: `1.2.${study}`,
  SeriesInstanceUID: `1.2.${study}.${series}`,
  SOPInstanceUID: `1.2.${study}.${series}.${instance}`,
});

/** Begun by remotes only; what becomes of it in the next process, its own test says. */
const ELSEWHERE: ReadonlySet<string> = new Set(["StorageCommitmentScp"]);

let studies = 100;

/** A new study, of two series. @returns its identifier */
async function uploadStudy(client: Client, count = MANY): Promise<string> {
  const study = studies++;
  const numbers = [...Array(count).keys()];
  let id = "";
  while (numbers.length > 0) {
    const files = numbers.splice(0, 8).map((number) =>
      instanceFile(uidsOf(study, number % 2, number))
    );
    id = (await Promise.all(files.map(client.upload)))[0]!.ParentStudy;
  }
  return id;
}

async function uploadImages(client: Client): Promise<string> {
  const pixels = Uint8Array.from({ length: 256 * 256 }, (_, at) => (at * at) >> 9);
  let id = "";
  for (let number = 0; number < ARCHIVED; number++) {
    const file = imageFile({ rows: 256, columns: 256, uid: `1.2.3.4.${number}`, pixels });
    id = (await client.upload(file)).ParentStudy;
  }
  return id;
}

interface Counts {
  readonly CountInstances: number;
  readonly CountSeries: number;
}

/** How many instances a study has, of which each file can be read. */
async function wholeInstances(client: Client, study: string): Promise<number> {
  const { CountInstances } = await client.get<Counts>(`/studies/${study}/statistics`);
  const tags = await client.get<object>(`/studies/${study}/instances-tags?simplify`);
  assert.equal(Object.keys(tags).length, CountInstances);
  return CountInstances;
}

const idOf = ({ ID }: { readonly ID: string }) => ID;
const begin = async (client: Client, path: string, body: object) =>
  idOf(await client.post(path, { ...body, Asynchronous: true }));

/** What is there for all jobs. */
interface Scene {
  /** On the server that is killed. */
  readonly study: () => string;
  readonly images: () => string;
  /** Receives by C-STORE, and has what is retrieved. */
  readonly remote: TestServer;
  /** Receives over HTTP, and what the remote is told to send. */
  readonly sink: TestServer;
}

/** A job that makes a new study of the one that all share. */
function derivation(name: string, path: string, body: object, { study }: Scene): Survivor {
  return {
    name,
    submit: (client) => begin(client, `/studies/${study()}/${path}`, { KeepSource: true, ...body }),
    async verify(client, { Content }) {
      assert.equal(Content.FailedInstancesCount, 0);
      assert.notEqual(Content.ID, study());
      assert.equal(await wholeInstances(client, String(Content.ID)), MANY);
      assert.equal(await wholeInstances(client, study()), MANY, "the source stays");
    },
  };
}

function split(): Survivor {
  let source = "";
  return {
    name: "SplitStudy",
    async submit(client) {
      source = await uploadStudy(client);
      const { Series } = await client.get<{ Series: string[] }>(`/studies/${source}`);
      return await begin(client, `/studies/${source}/split`, { Series: Series.slice(0, 1) });
    },
    async verify(client, { Content }) {
      const halves = [source, String(Content.TargetStudy)];
      for (const half of halves) assert.equal(await wholeInstances(client, half), MANY / 2);
    },
  };
}

function merge(): Survivor {
  let target = "";
  let source = "";
  return {
    name: "MergeStudy",
    async submit(client) {
      [target, source] = [await uploadStudy(client, 4), await uploadStudy(client)];
      return await begin(client, `/studies/${target}/merge`, { Resources: [source] });
    },
    async verify(client) {
      assert.equal(await wholeInstances(client, target), MANY + 4);
      const all = await client.get<string[]>("/studies");
      assert.equal(all.includes(source), false, "the source has gone");
    },
  };
}

function archive(name: string, path: string, { images }: Scene): Survivor {
  return {
    name,
    submit: (client) => begin(client, path, { Resources: [images()], Transcode: JPEG_2000 }),
    async verify(client, job: ShownJob) {
      const members = await unzip(await client.bytes(`/jobs/${job.ID}/archive`));
      const isMedia = members.has("DICOMDIR");
      assert.equal(isMedia, name === "Media");
      assert.equal(members.size, ARCHIVED + (isMedia ? 1 : 0));
    },
  };
}

function sending(name: string, path: string, to: TestServer, { study }: Scene): Survivor {
  return {
    name,
    submit: (client) => begin(client, path, { Resources: [study()] }),
    async verify(_client, { Content }) {
      assert.equal(Content.FailedInstancesCount ?? 0, 0);
      const { CountInstances } = await to.get<Counts>(`/studies/${study()}/statistics`);
      assert.equal(CountInstances, MANY);
    },
  };
}

const RETRIEVED_STUDY = 7;

function retrieval(name: string, path: string, body: object, sink?: TestServer): Survivor {
  const numbers = [...Array(RETRIEVED).keys()];
  const Resources = numbers.map((number) => uidsOf(RETRIEVED_STUDY, 0, number));
  return {
    name,
    submit: (client) => begin(client, path, { Level: "Instance", Resources, ...body }),
    async verify(client) {
      const find = { Level: "Instance", Query: { StudyInstanceUID: `1.2.${RETRIEVED_STUDY}` } };
      const found = sink
        ? await findAt(sink, find)
        : await client.post<string[]>("/tools/find", find);
      assert.equal(found.length, RETRIEVED);
    },
  };
}

async function findAt({ url }: TestServer, body: object): Promise<string[]> {
  const answer = await fetch(`${url}/tools/find`, { method: "POST", body: JSON.stringify(body) });
  return await answer.json();
}

/** One row for each type, but for anonymisation, which has one of its own. */
function survivorsOf(scene: Scene): Survivor[] {
  const { remote, sink } = scene;
  return [
    derivation("ResourceModification", "modify", { Replace: { StudyDescription: "new" } }, scene),
    derivation("ResourceModification (anonymize)", "anonymize", {}, scene),
    split(),
    merge(),
    archive("Archive", "/tools/create-archive", scene),
    archive("Media", "/tools/create-media", scene),
    sending("DicomModalityStore", "/modalities/remote/store", remote, scene),
    sending("OrthancPeerStore", "/peers/sink/store", sink, scene),
    retrieval("DicomMoveScu", "/modalities/remote/move", { TargetAet: "SINK" }, sink),
    retrieval("DicomGetScu", "/modalities/remote/get", {}),
  ];
}

/** Sources of the shared jobs; they are made before the first of them begins. */
function withSources(survivors: readonly Survivor[], prepare: (client: Client) => Promise<void>) {
  const [first, ...rest] = survivors as [Survivor, ...Survivor[]];
  let prepared: Promise<void> | undefined;
  const submit = async (client: Client) => {
    await (prepared ??= prepare(client));
    return await first.submit(client);
  };
  return [{ ...first, submit }, ...rest];
}

async function checkFolder(folder: string): Promise<void> {
  const findings: Finding[] = [];
  await using idle = await openIdleArchive(folder);
  const options = { quick: false, repair: false, dropMissing: false };
  await checkIntegrity(idle.ports, options, (finding) => findings.push(finding));
  assert.deepEqual(findings, []);
}

Deno.test("a job of each type goes on after kill -9, and does what it was to do", async () => {
  await using stack = new AsyncDisposableStack();
  const open = {
    DicomCheckModalityHost: false,
    DicomAlwaysAllowGet: true,
    DicomAlwaysAllowMove: true,
  };
  const sink = stack.use(await startServer({ ...open, DicomAet: "SINK" }));
  const DicomModalities = { sink: ["SINK", "127.0.0.1", sink.dicomPort] };
  const remote = stack.use(await startServer({ ...open, DicomAet: "REMOTE", DicomModalities }));
  for (let number = 0; number < RETRIEVED; number++) {
    const body = instanceFile(uidsOf(RETRIEVED_STUDY, 0, number));
    await (await fetch(`${remote.url}/instances`, { method: "POST", body })).body?.cancel();
  }
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const data = `${folder}/data`;
  const config = {
    ...{ StorageDirectory: data, HttpPort: 0, DicomServerEnabled: false },
    ...{ ConcurrentJobs: 16, JobsHistorySize: 1000, MediaArchiveSize: 100 },
    DicomModalities: { remote: ["REMOTE", "127.0.0.1", remote.dicomPort] },
    OrthancPeers: { sink: [sink.url] },
  };
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));

  const made = { study: "", images: "" };
  const scene = { study: () => made.study, images: () => made.images, remote, sink };
  const survivors = survivorsOf(scene);
  for (const type of Object.keys(JOB_TYPES).filter((name) => !ELSEWHERE.has(name))) {
    assert.ok(survivors.some(({ name }) => name === type), `${type} is missing here`);
  }
  const deaths = await killJobs(
    folder,
    withSources(survivors, async (client) => {
      made.study = await uploadStudy(client);
      made.images = await uploadImages(client);
    }),
  );
  assert.ok(deaths >= 2, `the process was killed ${deaths} times`);
  await checkFolder(data);
});
