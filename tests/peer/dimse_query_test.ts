import assert from "node:assert/strict";
import { findscu } from "../support/dcmtk.ts";
import { startDicomServer } from "../support/dimse_server.ts";
import { FILES } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";
import { ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { freePort, peerTest } from "../support/peer.ts";

const NEEDS = [["findscu", "--version"]];

const values = (answers: readonly Record<string, unknown>[], name: string) =>
  answers.map((answer) => answer[name]).sort();

peerTest({
  name: "C-FIND: what findscu asks at each level is answered",
  needs: NEEDS,
  async fn(t) {
    await using served = await startDicomServer();
    const { port } = served;
    const uids = async (level: string, name: string, ...keys: string[]) => {
      const { answers, code, output } = await findscu(port, ["-S"], [
        `QueryRetrieveLevel=${level}`,
        name,
        ...keys,
      ]);
      assert.equal(code, 0, output);
      return values(answers, name.split("=")[0]!);
    };
    await t.step("levels", async () => {
      assert.deepEqual(await uids("PATIENT", "PatientID"), ["P1", "P2"]);
      assert.deepEqual(await uids("STUDY", "StudyInstanceUID"), ["1.1", "1.2", "1.3"]);
      assert.deepEqual(await uids("SERIES", "SeriesInstanceUID"), [
        "1.1.1",
        "1.1.2",
        "1.2.1",
        "1.3.1",
      ]);
      assert.equal((await uids("IMAGE", "SOPInstanceUID")).length, FILES.length);
    });
    await t.step("wildcards, lists, ranges, case", async () => {
      assert.deepEqual(await uids("STUDY", "StudyInstanceUID", "PatientName=kn*"), ["1.1", "1.2"]);
      assert.deepEqual(await uids("STUDY", "StudyInstanceUID", "PatientID=p1"), []);
      assert.deepEqual(await uids("STUDY", "StudyInstanceUID", "StudyDescription=Kn?e*"), ["1.1"]);
      assert.deepEqual(await uids("STUDY", "StudyInstanceUID=1.1\\1.3\\9"), ["1.1", "1.3"]);
      assert.deepEqual(await uids("STUDY", "StudyInstanceUID", "StudyDate=20250101-"), ["1.2"]);
      assert.deepEqual(await uids("STUDY", "StudyInstanceUID", "ModalitiesInStudy=CT"), ["1.1"]);
      assert.deepEqual(await uids("STUDY", "StudyInstanceUID", "Modality=CT"), []);
      assert.deepEqual(
        await uids("IMAGE", "SOPInstanceUID", "SOPClassUID=1.2.840.10008.5.1.4.1.1.2"),
        ["1.1.2.1"],
      );
      assert.deepEqual(
        await uids(
          "SERIES",
          "SeriesInstanceUID",
          "RequestAttributesSequence[0].ScheduledProcedureStepID=STEP",
        ),
        ["1.1.1"],
      );
    });
    await t.step("computed attributes, and what every answer has", async () => {
      const { answers } = await findscu(port, ["-P"], [
        ...["QueryRetrieveLevel=STUDY", "StudyInstanceUID=1.1", "ModalitiesInStudy"],
        ...["NumberOfStudyRelatedInstances", "NumberOfStudyRelatedSeries", "BodyPartThickness"],
      ]);
      assert.deepEqual(answers, [{
        SpecificCharacterSet: "ISO_IR 100",
        QueryRetrieveLevel: "STUDY",
        RetrieveAETitle: "ORTHANC",
        InstanceAvailability: "ONLINE",
        AccessionNumber: "A1",
        BodyPartThickness: "12.5",
        ModalitiesInStudy: "CT\\MR",
        PatientID: "P1",
        StudyInstanceUID: "1.1",
        NumberOfStudyRelatedSeries: "2",
        NumberOfStudyRelatedInstances: "3",
      }]);
    });
    await t.step("text without loss", async () => {
      const { answers } = await findscu(port, ["-S"], [
        ...["QueryRetrieveLevel=STUDY", "PatientID=P2", "PatientName"],
      ]);
      assert.equal(answers[0]?.SpecificCharacterSet, "ISO_IR 192");
      assert.equal(answers[0]?.PatientName, "Test-Θ");
    });
  },
});

peerTest({
  name: "C-FIND: what cannot be answered has its status and comment; a limit ends it",
  needs: NEEDS,
  async fn() {
    await using served = await startDicomServer({ LimitFindResults: 1, LimitFindInstances: 2 });
    const { port } = served;
    const without = await findscu(port, ["-S"], ["PatientID"]);
    assert.match(without.output, /0xa900|DataSetDoesNotMatch|Identifier.*SOP/i);
    const wildcard = await findscu(port, ["-S"], ["QueryRetrieveLevel=STUDY", "StudyDate=2024*"]);
    assert.match(wildcard.output, /0xc000|UnableToProcess/i);
    const studies = await findscu(port, ["-S"], ["QueryRetrieveLevel=STUDY", "StudyInstanceUID"]);
    assert.equal(studies.answers.length, 1);
    assert.match(studies.output, /Cancel/);
    const images = await findscu(port, ["-S"], ["QueryRetrieveLevel=IMAGE", "SOPInstanceUID"]);
    assert.equal(images.answers.length, 2);
  },
});

peerTest({
  name: "C-FIND: accented and Asian names are found with wildcards in any group",
  needs: NEEDS,
  async fn() {
    await using served = await startDicomServer();
    const names = ["Müller^Jörg", "Yamada^Tarou=山田^太郎=やまだ^たろう"];
    for (const [number, PatientName] of names.entries()) {
      await served.server.upload(instanceFile({
        PatientName,
        PatientID: `N${number}`,
        SpecificCharacterSet: "ISO_IR 192",
        StudyInstanceUID: `1.9.${number}`,
        SeriesInstanceUID: `1.9.${number}.1`,
        SOPInstanceUID: `1.9.${number}.1.1`,
      }));
    }
    const found = async (name: string) => {
      const { answers } = await findscu(served.port, ["-P"], [
        ...["SpecificCharacterSet=ISO_IR 192", "QueryRetrieveLevel=PATIENT", "PatientID"],
        `PatientName=${name}`,
      ]);
      return values(answers, "PatientID");
    };
    assert.deepEqual(await found("MÜLLER^J*"), ["N0"]);
    assert.deepEqual(await found("m?ller^*"), ["N0"]);
    assert.deepEqual(await found("山田*"), ["N1"]);
    assert.deepEqual(await found("=山田^太郎"), ["N1"]);
    assert.deepEqual(await found("Yamada^Tarou"), ["N1"]);
    assert.deepEqual(await found("Yamada^Tarou^^"), ["N1"]);
    assert.deepEqual(await found("やまだ*"), ["N1"]);
    assert.deepEqual(await found("Tarou*"), []);
  },
});

peerTest({
  name: "Orthanc queries us, and has what it found moved to itself",
  needs: [ORTHANC_CHECK],
  async fn() {
    const theirs = freePort();
    await using served = await startDicomServer({
      DicomAet: "OUTPOST",
      DicomAssociationCloseDelay: 0, // Orthanc does not end while an association lasts
      DicomModalities: { orthanc: ["THEIRS", "127.0.0.1", theirs] },
    });
    await using orthanc = await startOrthanc({
      DicomPort: theirs,
      DicomAet: "THEIRS",
      DicomModalities: { outpost: ["OUTPOST", "127.0.0.1", served.port] },
    });
    const post = async (path: string, body: unknown) => {
      const bytes = new TextEncoder().encode(JSON.stringify(body));
      const response = await orthanc.request("POST", path, bytes);
      assert.equal(response.status, 200, path);
      return response.json();
    };
    const get = async (path: string) => (await orthanc.request("GET", path)).json();
    const query = { Level: "Study", Query: { PatientID: "P*", PatientName: "" } };
    const { Path } = await post("/modalities/outpost/query", query);
    const answers = await get(`${Path}/answers?expand&simplify`);
    assert.deepEqual(values(answers, "StudyInstanceUID"), ["1.1", "1.2", "1.3"]);
    await post(`${Path}/retrieve`, { TargetAet: "THEIRS", Synchronous: true });
    const { CountInstances } = await get("/statistics");
    assert.equal(CountInstances, FILES.length);
    const [first] = await get("/instances");
    const sender = await orthanc.request("GET", `/instances/${first}/metadata/RemoteAET`);
    assert.equal(await sender.text(), "OUTPOST");
  },
});
