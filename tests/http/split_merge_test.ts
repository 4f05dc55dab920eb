import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { startWithStudy, type StudyApp } from "../support/study.ts";

interface Outcome {
  readonly InstancesCount: number;
  readonly TargetStudy: string;
  readonly TargetStudyUID: string;
}

type Tags = Readonly<Record<string, unknown>>;

async function allTags(server: StudyApp, parent: string): Promise<Tags[]> {
  const instances = await server.get<{ ID: string }[]>(`${parent}/instances`);
  return await Promise.all(
    instances.map(({ ID }) => server.get<Tags>(`/instances/${ID}/tags?short`)),
  );
}

async function count(server: StudyApp): Promise<number> {
  return (await server.get<{ CountInstances: number }>("/statistics")).CountInstances;
}

Deno.test("split moves series into a new study of the same patient", async () => {
  await using server = await startWithStudy();
  const [first, second] = server.series;
  const body = { Series: [first], Replace: { StudyDescription: "Split" }, Remove: ["StudyDate"] };
  const outcome = await server.post<Outcome>(`/studies/${server.study}/split`, body);
  assert.equal(outcome.InstancesCount, 2);
  const study = await server.get<{ MainDicomTags: Tags; ParentPatient: string; Series: string[] }>(
    `/studies/${outcome.TargetStudy}`,
  );
  assert.deepEqual(study.MainDicomTags, {
    AccessionNumber: "ACC",
    InstitutionName: "Hospital",
    StudyDescription: "Split",
    StudyInstanceUID: outcome.TargetStudyUID,
  });
  assert.equal(study.ParentPatient, server.patient);
  assert.equal(study.Series.length, 1);
  const rest = await server.get<{ Series: string[] }>(`/studies/${server.study}`);
  assert.deepEqual(rest.Series, [second]);
  assert.equal(await count(server), 4);
});

Deno.test("merge moves a study into another one, whose patient and study it takes", async () => {
  await using server = await startWithStudy();
  const { TargetStudy } = await server.post<Outcome>(`/studies/${server.study}/split`, {
    Instances: [server.instances[0]],
    Replace: { StudyDescription: "Split", PatientName: "Roe", PatientID: "P2" },
  });
  const body = { Resources: [TargetStudy], KeepSource: true };
  const outcome = await server.post<Outcome>(`/studies/${server.study}/merge`, body);
  assert.equal(outcome.TargetStudy, server.study);
  assert.equal(await count(server), 5);
  for (const tags of await allTags(server, `/studies/${server.study}`)) {
    assert.equal(tags["0008,1030"], "Study");
    assert.equal(tags["0010,0010"], "Müller^Hans");
    assert.equal(tags["0010,0020"], "P1");
    assert.equal(tags["0020,000d"], "1.2.3");
  }
  const { Series } = await server.get<{ Series: string[] }>(`/studies/${server.study}`);
  assert.equal(Series.length, 3);
});

Deno.test("reconstruct has the index know what the files say", async () => {
  const folder = await Deno.makeTempDir();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const { series, study } = await storedIn(folder);
  const config = { ExtraMainDicomTags: { Series: ["DeviceSerialNumber"] } };
  const server = stack.use(await startApp({ folder, config }));
  const serialNumber = async (id: string) => {
    const { MainDicomTags } = await server.get<{ MainDicomTags: Tags }>(`/series/${id}`);
    return MainDicomTags.DeviceSerialNumber;
  };
  const reconstruct = async (path: string, body: unknown) => {
    const response = await server.send("POST", `${path}/reconstruct`, body);
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await serialNumber(series[0]!), undefined);
  const limited = { LimitToThisLevelMainDicomTags: true };
  assert.equal(await reconstruct(`/studies/${study}`, limited), 200);
  assert.equal(await serialNumber(series[0]!), undefined);
  assert.equal(await reconstruct(`/series/${series[0]}`, limited), 200);
  assert.equal(await serialNumber(series[0]!), "Serial");
  assert.equal(await reconstruct(`/studies/${study}`, ""), 200);
  assert.equal(await serialNumber(series[1]!), "Serial");
  assert.equal(await reconstruct("/studies/nope", {}), 404);
});

/** Fills a folder with the study. */
async function storedIn(folder: string) {
  await using server = await startWithStudy({ folder });
  return server;
}
