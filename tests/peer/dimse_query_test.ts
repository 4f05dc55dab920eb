import assert from "node:assert/strict";
import { listenDicom } from "../../dimse/scp.ts";
import type { TestApp } from "../support/app.ts";
import { findscu, run, storescp, tagsOf } from "../support/dcmtk.ts";
import { FILES, startFilled } from "../support/filled.ts";
import { instanceFile } from "../support/instances.ts";
import { ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { freePort, peerTest } from "../support/peer.ts";

const NEEDS = [["findscu", "--version"], ["movescu", "--version"], ["getscu", "--version"]];

interface Server extends AsyncDisposable {
  readonly port: number;
  readonly server: TestApp;
}

/** A filled server that answers DICOM. */
async function serve(config: Record<string, unknown> = {}): Promise<Server> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(
    await startFilled({
      DicomPort: 0,
      DicomAlwaysAllowFind: true,
      DicomAlwaysAllowMove: true,
      DicomAlwaysAllowGet: true,
      ...config,
    }),
  );
  const listener = stack.use(await listenDicom(server.app));
  const running = stack.move();
  return { port: listener.port, server, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

const values = (answers: readonly Record<string, unknown>[], name: string) =>
  answers.map((answer) => answer[name]).sort();

peerTest({
  name: "C-FIND: what findscu asks at each level is answered",
  needs: NEEDS,
  async fn(t) {
    await using served = await serve();
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
    await using served = await serve({ LimitFindResults: 1, LimitFindInstances: 2 });
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
  name: "C-MOVE: what movescu names arrives at the modality it names, with counters",
  needs: [...NEEDS, ["storescp", "--version"]],
  async fn(t) {
    await using target = await storescp("+xa", "-aet", "TARGET");
    await using served = await serve({
      DicomModalities: {
        target: ["TARGET", "127.0.0.1", target.port],
        dead: ["DEAD", "127.0.0.1", 1],
      },
    });
    const { port } = served;
    const move = (destination: string, ...keys: string[]) =>
      run(
        "movescu",
        ...["-d", "-S", "-aem", destination],
        ...keys.flatMap((key) => ["-k", key]),
        ...["127.0.0.1", `${port}`],
      );
    await t.step("a study", async () => {
      const { output, code } = await move(
        "TARGET",
        "QueryRetrieveLevel=STUDY",
        "StudyInstanceUID=1.1",
      );
      assert.equal(code, 0, output);
      assert.match(output, /Completed Suboperations\s*: 3/);
      const names = await Array.fromAsync(Deno.readDir(target.folder), ({ name }) => name);
      assert.equal(names.length, 3);
    });
    await t.step("an unknown destination", async () => {
      const { output } = await move("NOBODY", "QueryRetrieveLevel=STUDY", "StudyInstanceUID=1.1");
      assert.match(output, /0xa801|MoveDestinationUnknown/i);
    });
    await t.step("a destination that is not there", async () => {
      const { output } = await move("DEAD", "QueryRetrieveLevel=STUDY", "StudyInstanceUID=1.1");
      assert.match(output, /Failed Suboperations\s*: 3/);
      assert.match(output, /0xa702|Unable.*Suboperations/i);
      assert.match(output, /1\.1\.1\.1\\1\.1\.1\.2\\1\.1\.2\.1/);
    });
    await t.step("instances, one of which is not here", async () => {
      const { output } = await move(
        "TARGET",
        "QueryRetrieveLevel=IMAGE",
        "SOPInstanceUID=1.1.1.1\\9.9",
      );
      assert.match(output, /0xb000|SubOperationsCompleteOneOrMoreFailures/i);
    });
  },
});

peerTest({
  name: "C-MOVE: a job sends where SynchronousCMove is false",
  needs: [...NEEDS, ["storescp", "--version"]],
  async fn() {
    await using target = await storescp("-aet", "TARGET");
    await using served = await serve({
      SynchronousCMove: false,
      DicomModalities: { target: ["TARGET", "127.0.0.1", target.port] },
    });
    const { output, code } = await run(
      "movescu",
      ...["-d", "-S", "-aem", "TARGET"],
      ...["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.1"],
      ...["127.0.0.1", `${served.port}`],
    );
    assert.equal(code, 0, output);
    assert.match(output, /Completed Suboperations\s*: 3/);
    const { jobs } = served.server.app;
    const arrived = async () =>
      (await Array.fromAsync(Deno.readDir(target.folder))).filter(({ isFile }) => isFile).length;
    for (const until = Date.now() + 10_000; Date.now() < until && await arrived() < 3;) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(await arrived(), 3);
    assert.equal(jobs.list().length, 1);
  },
});

peerTest({
  name: "C-MOVE: C-CANCEL ends it with its status",
  needs: [...NEEDS, ["storescp", "--version"]],
  async fn() {
    await using target = await storescp("-aet", "TARGET");
    await using served = await serve({
      DicomModalities: { target: ["TARGET", "127.0.0.1", target.port] },
    });
    const many = Array.from({ length: 300 }, (_, number) => `1.1.1.${number + 10}`);
    for (const SOPInstanceUID of many) await served.server.upload(instanceFile({ SOPInstanceUID }));
    const { output } = await run(
      "movescu",
      ...["-d", "-S", "-aem", "TARGET", "--cancel", "3"],
      ...["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.1"],
      ...["127.0.0.1", `${served.port}`],
    );
    assert.match(output, /0xfe00|Cancel: SubOperationsTerminated/i);
    const arrived = await Array.fromAsync(Deno.readDir(target.folder));
    assert.ok(arrived.length < many.length, `${arrived.length}`);
  },
});

peerTest({
  name: "C-GET: getscu gets a study, re-encoded where it does not take the syntax",
  needs: NEEDS,
  async fn(t) {
    await using served = await serve();
    const get = async (...options: string[]) => {
      const folder = await Deno.makeTempDir();
      const said = await run(
        "getscu",
        ...["-v", "-S", ...options, "-od", folder],
        ...["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.1"],
        ...["127.0.0.1", `${served.port}`],
      );
      const names = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
      const tags = await Promise.all(names.map((name) => tagsOf(`${folder}/${name}`)));
      await Deno.remove(folder, { recursive: true });
      return { ...said, tags };
    };
    for (
      const [what, option] of [["as it is", "+xe"], ["implicit", "+xi"], ["big endian", "+xb"]]
    ) {
      await t.step(what!, async () => {
        const { code, output, tags } = await get(option!);
        assert.equal(code, 0, output);
        assert.deepEqual(values(tags, "SOPInstanceUID"), ["1.1.1.1", "1.1.1.2", "1.1.2.1"]);
        assert.deepEqual(values(tags, "Rows"), ["2", "2", "2"]);
      });
    }
  },
});

peerTest({
  name: "C-FIND: accented and Asian names are found with wildcards in any group",
  needs: NEEDS,
  async fn() {
    await using served = await serve();
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
    await using served = await serve({
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
