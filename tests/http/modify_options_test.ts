import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { TAG } from "../../core/dicom/tag.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { element, item, part10, sequence } from "../support/dicom.ts";
import { startWithStudy, type StudyApp } from "../support/study.ts";

type Tags = Readonly<Record<string, unknown>>;

interface Outcome {
  readonly ID: string;
  readonly InstancesCount: number;
  readonly FailedInstancesCount: number;
}

interface Labelled {
  readonly Labels: readonly string[];
}

/** A study that has only one instance with items to change. */
async function startWithUneven(): Promise<TestApp & { readonly study: string }> {
  const server = await startApp();
  const items = [item([element(TAG.patientName, "PN", "A")])];
  const stored = [];
  for (const [number, pieces] of [[1, [sequence(0x00081140, items)]], [2, []]] as const) {
    const file = part10({
      pieces: [
        element(TAG.sopClassUid, "UI", "1.2.840.10008.5.1.4.1.1.2"),
        element(TAG.sopInstanceUid, "UI", `1.2.3.${number}`),
        ...pieces,
        element(TAG.patientId, "LO", "P"),
        element(TAG.studyInstanceUid, "UI", "1.2.3"),
        element(TAG.seriesInstanceUid, "UI", "1.2.3.4"),
      ],
    });
    stored.push(await server.upload(file));
  }
  return { ...server, study: stored[0]!.ParentStudy };
}

/** The second item can only be added where there is a first one. */
const UNEVEN = { "ReferencedImageSequence[1].PatientName": "B" };

Deno.test("Permissive leaves out what fails; without, the whole request does", async () => {
  for (const verb of ["modify", "anonymize"]) {
    await using server = await startWithUneven();
    const path = `/studies/${server.study}/${verb}`;
    const refused = await server.send("POST", path, { Replace: UNEVEN });
    assert.equal(refused.status, 400, await refused.text());
    const body = { Replace: UNEVEN, Permissive: true };
    const outcome = await server.post<Outcome>(path, body);
    assert.equal(outcome.InstancesCount, 2);
    assert.equal(outcome.FailedInstancesCount, 1);
    const made = await server.get<unknown[]>(`/studies/${outcome.ID}/instances`);
    assert.equal(made.length, 1);
  }
});

Deno.test("Permissive keeps the source of what fails", async () => {
  await using server = await startWithUneven();
  const body = { Replace: UNEVEN, Permissive: true, KeepSource: false };
  await server.post<Outcome>(`/studies/${server.study}/modify`, body);
  const left = await server.get<{ MainDicomTags: Tags }[]>(`/studies/${server.study}/instances`);
  assert.deepEqual(left.map(({ MainDicomTags }) => MainDicomTags.SOPInstanceUID), ["1.2.3.2"]);
});

/** Requests that make a resource of a study with a label. */
const LABELLED: readonly (readonly [verb: string, body: (server: StudyApp) => object])[] = [
  ["modify", () => ({})],
  ["anonymize", () => ({})],
  ["split", ({ series }) => ({ Series: [series[0]] })],
];

Deno.test("KeepLabels gives labels to what is made, otherwise it has none", async () => {
  for (const [verb, body] of LABELLED) {
    for (const KeepLabels of [true, false]) {
      await using server = await startWithStudy();
      await server.send("PUT", `/studies/${server.study}/labels/urgent`);
      const path = `/studies/${server.study}/${verb}`;
      const request = { ...body(server), KeepLabels };
      const outcome = await server.post<{ ID?: string; TargetStudy?: string }>(path, request);
      const { Labels } = await server.get<Labelled>(
        `/studies/${outcome.ID ?? outcome.TargetStudy}`,
      );
      assert.deepEqual(Labels, KeepLabels ? ["urgent"] : [], `${verb} ${KeepLabels}`);
    }
  }
});

Deno.test("KeepLabels of an anonymised patient holds at every level", async () => {
  await using server = await startWithStudy();
  const labelled = [`patients/${server.patient}`, `series/${server.series[0]}`];
  for (const path of labelled) await server.send("PUT", `/${path}/labels/urgent`);
  const { ID } = await server.post<Outcome>(`/patients/${server.patient}/anonymize`, {
    KeepLabels: true,
  });
  assert.deepEqual((await server.get<Labelled>(`/patients/${ID}`)).Labels, ["urgent"]);
  const series = await server.get<Labelled[]>(`/patients/${ID}/series`);
  assert.deepEqual(series.map(({ Labels }) => Labels).sort(), [[], ["urgent"]]);
});

/** The tags of what the first instance becomes. */
async function changed(server: StudyApp, body: object, verb = "modify"): Promise<Tags> {
  const answer = await server.send("POST", `/instances/${server.instances[0]}/${verb}`, body);
  assert.equal(answer.status, 200, await answer.clone().text());
  await using other = await startApp();
  const { ID } = await other.upload(new Uint8Array(await answer.arrayBuffer()));
  return await other.get<Tags>(`/instances/${ID}/tags?short&whole`);
}

const PRIVATE = "0009-1001";

Deno.test("PrivateCreator is that of the request, else of the configuration", async () => {
  await using server = await startWithStudy({ config: { DefaultPrivateCreator: "DEFAULT" } });
  const own = await changed(server, { Replace: { [PRIVATE]: "mine" }, PrivateCreator: "OWN" });
  assert.equal(own["0009,0010"], "ACME");
  assert.equal(own["0009,1001"], "private", "a block of others stays theirs");
  assert.equal(own["0009,0011"], "OWN");
  const given = await changed(server, { Replace: { [PRIVATE]: "mine" } });
  assert.equal(given["0009,0011"], "DEFAULT");
  const theirs = await changed(server, { Replace: { [PRIVATE]: "mine" }, PrivateCreator: "ACME" });
  assert.equal(theirs["0009,0010"], "ACME");
  assert.equal(theirs["0009,0011"], undefined);
});

Deno.test("data URIs are binary values at every depth", async () => {
  await using server = await startWithStudy();
  const uri = `data:application/octet-stream;base64,${Buffer.from("bytes!").toString("base64")}`;
  const answer = await server.send("POST", `/instances/${server.instances[0]}/modify`, {
    Replace: {
      PatientComments: uri,
      OtherPatientIDsSequence: [{ PatientID: uri }],
      "ReferencedImageSequence[0].PatientComments": uri,
      "7fe0,0010": uri,
    },
  });
  const bytes = Buffer.from(await answer.arrayBuffer()).toString("latin1");
  assert.equal(bytes.split("bytes!").length - 1, 4);
  const damaged = await server.send("POST", `/instances/${server.instances[0]}/modify`, {
    Replace: { PatientComments: "data:text/plain;base64,%%" },
  });
  assert.equal(damaged.status, 400, await damaged.text());
});

Deno.test("wildcards reach all items, and theirs", async () => {
  await using server = await startWithStudy();
  const Replace = {
    ReferencedImageSequence: [
      { ReferencedSeriesSequence: [{ PatientID: "a" }, { PatientID: "b" }] },
      { ReferencedSeriesSequence: [{ PatientID: "c" }] },
    ],
  };
  const nested = "ReferencedImageSequence[*].ReferencedSeriesSequence[*].PatientID";
  const { ID } = await server.post<Outcome>(`/studies/${server.study}/modify`, { Replace });
  const [instance] = await server.get<{ ID: string }[]>(`/studies/${ID}/instances`);
  const changes = [
    [{ Replace: { [nested]: "X" } }, ["X", "X", "X"]],
    [{ Remove: [nested] }, [undefined, undefined, undefined]],
    [{ Replace: { [nested.replace("[*]", "[1]")]: "X" } }, ["a", "b", "X"]],
    [{ Remove: [nested.replaceAll("[*]", "[0]")] }, [undefined, "b", "c"]],
  ] as const;
  for (const [body, expected] of changes) {
    const tags = await changed({ ...server, instances: [instance!.ID] }, body);
    const inner = (tags["0008,1140"] as Tags[]).flatMap((one) => one["0008,1115"] as Tags[]);
    assert.deepEqual(inner.map((one) => one["0010,0020"]), expected, JSON.stringify(body));
  }
});

Deno.test("Keep of an anonymisation names items too", async () => {
  await using server = await startWithStudy();
  const body = { Keep: ["ReferencedImageSequence[0].PatientName"] };
  const tags = await changed(server, body, "anonymize");
  assert.equal((tags["0008,1140"] as Tags[])[0]!["0010,0010"], "Nested^Name");
  assert.equal(tags["0010,0010"], "Anonymized1");
  const all = await changed(
    server,
    { Keep: ["ReferencedImageSequence[*].PatientName"] },
    "anonymize",
  );
  assert.equal((all["0008,1140"] as Tags[])[0]!["0010,0010"], "Nested^Name");
});

const IMPLICIT = "1.2.840.10008.1.2";

async function syntaxOf(server: TestApp, instance: string): Promise<string> {
  const response = await server.send("GET", `/instances/${instance}/metadata/TransferSyntax`);
  return await response.text();
}

Deno.test("Transcode goes for files, jobs and bulk", async () => {
  await using server = await startWithStudy();
  const { study, instances } = server;
  for (const verb of ["modify", "anonymize"]) {
    const { ID } = await server.post<Outcome>(`/studies/${study}/${verb}`, { Transcode: IMPLICIT });
    const [made] = await server.get<{ ID: string }[]>(`/studies/${ID}/instances`);
    assert.equal(await syntaxOf(server, made!.ID), IMPLICIT);
    const file = await server.send("POST", `/instances/${instances[0]}/${verb}`, {
      Transcode: IMPLICIT,
    });
    assert.ok(Buffer.from(await file.arrayBuffer()).includes(`${IMPLICIT}\0`));
    const bulk = await server.post<{ Resources: { ID: string; Type: string }[] }>(
      `/tools/bulk-${verb}`,
      { Resources: [study], Transcode: IMPLICIT },
    );
    const one = bulk.Resources.find(({ Type }) => Type === "Instance")!;
    assert.equal(await syntaxOf(server, one.ID), IMPLICIT);
  }
});

Deno.test("anonymize without KeepSource leaves nothing of the patient", async () => {
  await using server = await startWithStudy();
  const { ID } = await server.post<Outcome>(`/patients/${server.patient}/anonymize`, {
    KeepSource: false,
  });
  assert.deepEqual(await server.get("/patients"), [ID]);
  assert.equal((await server.get<unknown[]>("/instances")).length, 4);
});
