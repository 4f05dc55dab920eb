import assert from "node:assert/strict";
import type { App } from "../../core/app.ts";
import { run } from "../support/dcmtk.ts";
import { dcmqrscp, DCMTK, storescp } from "../support/dcmtk_scp.ts";
import { startDicomServer } from "../support/dimse_server.ts";
import { peerTest } from "../support/peer.ts";
import { client, instance, remote, signal, STUDY } from "../support/scu.ts";

const KEYS = ["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.1"];
/** More than any machine answers before it hears of the cancellation. */
const ENDLESS = 1_000_000;

/** A server whose queries and retrievals go on until they are cancelled. */
function endless(app: App): App {
  const { queryRetrieve } = app;
  return {
    ...app,
    queryRetrieve: {
      async *find(identifier) {
        const matches = await Array.fromAsync(queryRetrieve.find(identifier));
        for (let count = 0; count < ENDLESS; count++) yield* matches;
      },
      async select(identifier) {
        const { instances } = await queryRetrieve.select(identifier);
        return { instances: Array(ENDLESS).fill(instances[0]), missing: [] };
      },
    },
  };
}

peerTest({
  name: "C-FIND: findscu cancels, and is told",
  needs: [["findscu", "--version"]],
  async fn() {
    await using served = await startDicomServer({}, endless);
    const args = ["-v", "-S", "--cancel", "3", ...KEYS, "127.0.0.1", served.port];
    const { code, output } = await run("findscu", ...args);
    assert.equal(code, 0, output);
    assert.match(output, /0xfe00|Cancel: MatchingTerminated/i);
    assert.equal(served.server.app.associations.list(1)[0]?.end?.kind, "released");
  },
});

peerTest({
  name: "C-MOVE: movescu cancels, and is told how much was not sent",
  needs: [["movescu", "--version"], ["storescp", "--version"]],
  async fn() {
    await using target = await storescp("--ignore", "-aet", "TARGET");
    const config = { DicomModalities: { target: ["TARGET", "127.0.0.1", target.port] } };
    await using served = await startDicomServer(config, endless);
    const args = ["-d", "-S", "-aem", "TARGET", "--cancel", "3", ...KEYS];
    const { output } = await run("movescu", ...args, "127.0.0.1", served.port);
    const final = output.slice(output.lastIndexOf("Remaining Suboperations"));
    assert.match(output, /0xfe00|Cancel: SubOperationsTerminated/i);
    assert.match(final, /Remaining Suboperations\s*: [1-9]/);
    assert.match(final, /Failed Suboperations\s*: 0/);
  },
});

Deno.test("C-GET: a client cancels, and the association goes on", async () => {
  await using served = await startDicomServer({}, endless);
  const enough = new AbortController();
  let received = 0;
  await using scu = client({
    async receive({ dataSet }) {
      for await (const _ of dataSet);
      if (++received === 3) enough.abort(new Error("enough"));
      return { status: 0 };
    },
  });
  const peer = remote(served.port);
  const request = { identifier: STUDY, sopClassUids: [], received: () => {} };
  await assert.rejects(Array.fromAsync(scu.get(peer, request, enough.signal)), /enough/);
  await scu.echo(peer, { alsoFind: false }, signal());
  const [last] = served.server.app.associations.list(1);
  assert.ok(received < ENDLESS);
  assert.equal(last?.end, undefined, "it is still open");
});

peerTest({
  name: "C-MOVE ends by C-CANCEL when the caller gives up, and dcmqrscp goes on to answer",
  needs: DCMTK,
  async fn() {
    await using target = await storescp("--ignore", "--aetitle", "TARGET");
    await using peer = await dcmqrscp(target.port);
    await using scu = client();
    const archive = remote(peer.port, "ARCHIVE");
    {
      const request = { kinds: [instance(1)], allowTranscoding: true };
      await using session = await scu.openStore(archive, request, signal());
      for (let number = 1; number <= 20; number++) await session.store(instance(number), signal());
    }
    const enough = new AbortController();
    const request = { identifier: STUDY, destinationAet: "TARGET", received: () => {} };
    await assert.rejects(async () => {
      for await (const _ of scu.move(archive, request, enough.signal)) {
        enough.abort(new Error("enough"));
      }
    }, /enough/);
    const moved = await Array.fromAsync(scu.move(archive, request, signal()));
    assert.equal(moved.at(-1)?.completed, 20);
  },
});
