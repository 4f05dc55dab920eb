import assert from "node:assert/strict";
import { DCMTK, storescp } from "../support/dcmtk_scp.ts";
import { ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { freePort, peerTest } from "../support/peer.ts";
import { client, instance, MR, remote, signal, STUDY } from "../support/scu.ts";

peerTest({
  name: "C-ECHO succeeds with storescp, and tells what is wrong",
  needs: DCMTK,
  async fn() {
    await using peer = await storescp();
    await using scu = client();
    await scu.echo(remote(peer.port), { alsoFind: false }, signal());
    await scu.echo(remote(peer.port), { alsoFind: false }, signal());
    await assert.rejects(scu.echo(remote(peer.port), { alsoFind: true }, signal()), {
      code: "network",
      message: /connecting to AET "PEER": it does not accept SOP class 1.2.840.10008.5.1.4.1.2.2.1/,
    });
    await assert.rejects(scu.echo(remote(freePort(), "DEAD"), { alsoFind: false }, signal()), {
      code: "network",
      message:
        'DicomAssociation - connecting to AET "DEAD": TCP Initialization Error: Connection refused',
    });
  },
});

peerTest({
  name: "C-ECHO: a remote that rejects, and one that never answers",
  needs: DCMTK,
  async fn() {
    await using scu = client();
    await using peer = await storescp("--refuse");
    await assert.rejects(scu.echo(remote(peer.port), { alsoFind: false }, signal()), {
      code: "network",
      message: /connecting to AET "PEER"/,
    });
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const silentRemote = { ...remote(silent.addr.port), timeoutMs: 200 };
    await assert.rejects(scu.echo(silentRemote, { alsoFind: false }, signal()), {
      code: "timeout",
    });
    (await silent.accept()).close();
  },
});

peerTest({
  name: "Orthanc stores what is sent, finds it, and answers storage commitment",
  needs: [ORTHANC_CHECK],
  async fn() {
    const port = freePort();
    await using orthanc = await startOrthanc({
      DicomPort: port,
      DicomAlwaysAllowFind: true,
      DicomModalities: { us: { AET: "OUTPOST", Host: "127.0.0.1", Port: freePort() } },
    });
    await using scu = client();
    const peer = remote(port, "ORTHANC");
    await scu.echo(peer, { alsoFind: true }, signal());
    {
      const kinds = [instance(1)];
      await using session = await scu.openStore(peer, { kinds, allowTranscoding: true }, signal());
      for (const number of [1, 2]) assert.equal(await session.store(instance(number), signal()), 0);
    }
    const stored = await (await orthanc.request("GET", "/instances")).json();
    assert.equal(stored.length, 2);
    const query = { model: "study-root", identifier: STUDY } as const;
    const found = await Array.fromAsync(scu.find(peer, query, signal()));
    assert.equal(found.length, 1);
    const references = [{ sopClassUid: MR, sopInstanceUid: "1.1.1.1" }];
    await scu.requestCommitment(peer, { transactionUid: "2.25.1", references }, signal());
    const result = { transactionUid: "2.25.7", stored: references, failed: [] };
    await scu.reportCommitment(peer, result, signal());
  },
});
