import assert from "node:assert/strict";
import { IDS } from "../support/filled.ts";
import { startRemoteApp } from "../support/remote_app.ts";

const MR = "1.2.840.10008.5.1.4.1.1.4";
const PATH = "/modalities/ct/storage-commitment";

for (
  const [form, body, expected] of [
    ["resources", { Resources: [IDS.mr1] }, ["1.1.1.1"]],
    ["a series", { Resources: [IDS.mr] }, ["1.1.1.1", "1.1.1.2"]],
    ["pairs of UIDs", { DicomInstances: [[MR, "7.1"]] }, ["7.1"]],
    ["UIDs by name", { DicomInstances: [{ SOPClassUID: MR, SOPInstanceUID: "7.2" }] }, ["7.2"]],
  ] as const
) {
  Deno.test(`storage commitment is asked for ${form}`, async () => {
    await using server = await startRemoteApp();
    const { ID, Path } = await server.post<Record<string, string>>(PATH, body);
    assert.equal(Path, `/storage-commitment/${ID}`);
    const [{ service, references } = assert.fail()] = server.client.asked;
    assert.equal(service, "commit");
    const asked = references as { sopClassUid: string; sopInstanceUid: string }[];
    assert.deepEqual(asked.map(({ sopInstanceUid }) => sopInstanceUid).sort(), expected);
    assert.ok(asked.every(({ sopClassUid }) => sopClassUid === MR));
    assert.deepEqual(await server.get(Path!), {
      Failures: [],
      RemoteAET: "CT",
      Status: "Pending",
      Success: [],
    });
  });
}

for (
  const [what, path, body, status, code] of [
    ["nothing to commit to", PATH, {}, 400, 15],
    ["a list", PATH, [IDS.mr1], 400, 15],
    ["what is not stored", PATH, { Resources: ["nope"] }, 404, 17],
    ["UIDs that are none", PATH, { DicomInstances: [["x", "y"]] }, 400, 15],
    [
      "a remote that is gone",
      "/modalities/dead/storage-commitment",
      { Resources: [IDS.mr1] },
      500,
      9,
    ],
    ["an unknown remote", "/modalities/nope/storage-commitment", {}, 404, 7],
    ["an unknown transaction", "/storage-commitment/nope/remove", "", 404, 7],
  ] as const
) {
  Deno.test(`storage commitment answers ${status} to ${what}`, async () => {
    await using server = await startRemoteApp();
    const response = await server.send("POST", path, body);
    assert.equal(response.status, status);
    assert.equal((await response.json()).OrthancStatus, code);
  });
}

Deno.test("what a remote has committed itself to can be removed here, and nothing else", async () => {
  await using server = await startRemoteApp();
  const ask = async (sopInstanceUid: string) =>
    (await server.post<Record<string, string>>(PATH, { DicomInstances: [[MR, sopInstanceUid]] }))
      .ID!;
  const [pending, failed, done] = [
    await ask("1.1.1.1"),
    await ask("1.1.1.1"),
    await ask("1.1.1.2"),
  ];
  const reference = { sopClassUid: MR, sopInstanceUid: "1.1.1.1" };
  const bad = [{ ...reference, reason: 0x0112 }];
  server.app.commitment.receive({ transactionUid: failed, stored: [], failed: bad });
  const good = [{ ...reference, sopInstanceUid: "1.1.1.2" }];
  server.app.commitment.receive({ transactionUid: done, stored: good, failed: [] });

  assert.deepEqual(await server.get(`/storage-commitment/${failed}`), {
    Failures: [{
      Description:
        "One or more of the elements in the Referenced SOP Instance Sequence was not available",
      FailureReason: 0x0112,
      SOPClassUID: MR,
      SOPInstanceUID: "1.1.1.1",
    }],
    RemoteAET: "CT",
    Status: "Failure",
    Success: [],
  });
  for (const id of [pending, failed]) {
    const response = await server.send("POST", `/storage-commitment/${id}/remove`);
    assert.deepEqual([response.status, (await response.json()).OrthancStatus], [500, 6]);
  }
  assert.deepEqual(await server.post(`/storage-commitment/${done}/remove`, ""), {});
  assert.deepEqual(await server.get(`/series/${IDS.mr}/instances?expand=false`), [IDS.mr1]);
});
