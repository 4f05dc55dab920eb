import assert from "node:assert/strict";
import type { NewDataSet } from "../../core/dicom/new_data_set.ts";
import { dcmqrscp, DCMTK, storescp } from "../support/dcmtk_scp.ts";
import { freePort, peerTest } from "../support/peer.ts";
import { client, instance, remote, signal, STUDY } from "../support/scu.ts";

peerTest({
  name: "C-FIND, C-MOVE and C-GET with dcmqrscp",
  needs: DCMTK,
  async fn() {
    await using target = await storescp("-od", ".", "--aetitle", "TARGET");
    await using peer = await dcmqrscp(target.port);
    const got: string[] = [];
    await using scu = client({
      async receive({ sopInstanceUid, dataSet }) {
        for await (const _ of dataSet);
        got.push(sopInstanceUid);
        return { status: 0, instanceId: `id ${sopInstanceUid}` };
      },
    });
    const archive = remote(peer.port, "ARCHIVE");
    {
      const kinds = [instance(1)];
      await using session = await scu.openStore(
        archive,
        { kinds, allowTranscoding: true },
        signal(),
      );
      for (const number of [1, 2, 3]) await session.store(instance(number), signal());
    }
    const series: NewDataSet = [
      { tag: 0x00080052, vr: "CS", value: "IMAGE" },
      { tag: 0x0020000d, vr: "UI", value: "1.1" },
      { tag: 0x0020000e, vr: "UI", value: "1.1.1" },
      { tag: 0x00080018, vr: "UI", value: "" },
    ];
    const found: string[] = [];
    const query = { model: "study-root", identifier: series } as const;
    for await (const answer of scu.find(archive, query, signal())) {
      found.push(answer.decode(answer.get(0x00080018)!.bytes!, "UI"));
    }
    assert.deepEqual(found.sort(), ["1.1.1.1", "1.1.1.2", "1.1.1.3"]);

    const wanted = { identifier: STUDY, received: () => {} };
    const moved = await Array.fromAsync(
      scu.move(archive, { ...wanted, destinationAet: "TARGET" }, signal()),
    );
    assert.deepEqual(moved.at(-1), { remaining: 0, completed: 3, failed: 0, warning: 0 });
    const files = await Array.fromAsync(Deno.readDir(target.folder));
    assert.equal(files.length, 3);
    await assert.rejects(
      Array.fromAsync(scu.move(archive, { ...wanted, destinationAet: "NOBODY" }, signal())),
      { code: "network", dimseStatus: 0xa801 },
    );

    const ids: string[] = [];
    const request = { identifier: STUDY, sopClassUids: [], received: (id: string) => ids.push(id) };
    const retrieved = await Array.fromAsync(
      scu.get(archive, request, signal()),
    );
    assert.equal(retrieved.at(-1)?.completed, 3);
    assert.deepEqual(got.sort(), found);
    assert.deepEqual(ids.sort(), found.map((uid) => `id ${uid}`));
  },
});

peerTest({
  name: "C-FIND ends by C-CANCEL when the caller has enough, and the association goes on",
  needs: DCMTK,
  async fn() {
    await using peer = await dcmqrscp(freePort());
    await using scu = client();
    const archive = remote(peer.port, "ARCHIVE");
    {
      const kinds = [instance(1)];
      await using session = await scu.openStore(
        archive,
        { kinds, allowTranscoding: true },
        signal(),
      );
      for (let number = 1; number <= 20; number++) await session.store(instance(number), signal());
    }
    const identifier: NewDataSet = [
      { tag: 0x00080052, vr: "CS", value: "IMAGE" },
      { tag: 0x0020000d, vr: "UI", value: "1.1" },
      { tag: 0x0020000e, vr: "UI", value: "1.1.1" },
      { tag: 0x00080018, vr: "UI", value: "" },
    ];
    const query = { model: "study-root", identifier } as const;
    let count = 0;
    for await (const _ of scu.find(archive, query, signal())) {
      if (++count === 2) break;
    }
    assert.equal(count, 2);
    const aborted = new AbortController();
    await assert.rejects(async () => {
      for await (const _ of scu.find(archive, query, aborted.signal)) {
        aborted.abort(new Error("enough"));
      }
    }, /enough/);
    assert.equal((await Array.fromAsync(scu.find(archive, query, signal()))).length, 20);
  },
});
