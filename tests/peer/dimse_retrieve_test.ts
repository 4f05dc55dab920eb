import assert from "node:assert/strict";
import { run, storescp, tagsOf } from "../support/dcmtk.ts";
import { dcmqrscp, DCMTK } from "../support/dcmtk_scp.ts";
import { startDicomServer } from "../support/dimse_server.ts";
import { freePort, peerTest } from "../support/peer.ts";
import { client, instance, remote, signal } from "../support/scu.ts";
import { startServer } from "../support/server.ts";

const NEEDS = [["movescu", "--version"], ["getscu", "--version"]];

const values = (answers: readonly Record<string, unknown>[], name: string) =>
  answers.map((answer) => answer[name]).sort();

peerTest({
  name: "C-MOVE: what movescu names arrives at the modality it names, with counters",
  needs: [...NEEDS, ["storescp", "--version"]],
  async fn(t) {
    await using target = await storescp("+xa", "-aet", "TARGET");
    await using served = await startDicomServer({
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
    await using served = await startDicomServer({
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
    for (const until = Date.now() + 120_000; Date.now() < until && await arrived() < 3;) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(await arrived(), 3);
    assert.equal(jobs.list().length, 1);
  },
});

peerTest({
  name: "C-GET: getscu gets a study, re-encoded where it does not take the syntax",
  needs: NEEDS,
  async fn(t) {
    await using served = await startDicomServer();
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
  name: "C-MOVE to this server: the answer names what has come because of it",
  needs: DCMTK,
  async fn() {
    const ours = freePort();
    await using peer = await dcmqrscp(ours); // which knows that port as TARGET
    const archive = remote(peer.port, "ARCHIVE");
    {
      await using scu = client();
      const request = { kinds: [instance(1)], allowTranscoding: true };
      await using session = await scu.openStore(archive, request, signal());
      for (const number of [1, 2, 3]) await session.store(instance(number), signal());
    }
    await using server = await startServer({
      DicomPort: ours,
      DicomAet: "TARGET",
      DicomModalities: { archive: ["ARCHIVE", "127.0.0.1", peer.port] },
    });
    const body = {
      Level: "Study",
      Resources: [{ StudyInstanceUID: "1.1" }],
      TargetAet: "TARGET",
      Timeout: 120,
    };
    const url = `${server.url}/modalities/archive/move`;
    const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
    const { Details } = await response.json();
    const came = await server.get<string[]>("/instances");
    assert.equal(came.length, 3);
    assert.deepEqual(Details[0].ReceivedInstancesIds.sort(), came.sort());
  },
});
