import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { DCMTK, listening, storescp } from "../support/dcmtk_scp.ts";
import { freePort, peerTest } from "../support/peer.ts";
import { client, instance, remote, signal } from "../support/scu.ts";

const PRIVATE_CLASS = "1.2.826.0.1.3680043.8.498.1";

async function sha1(file: string | Uint8Array): Promise<string> {
  const bytes = typeof file === "string" ? await Deno.readFile(file) : file;
  return createHash("sha1").update(bytes).digest("hex");
}

peerTest({
  name: "C-STORE: what is sent to storescp arrives byte by byte, in fragments of any size",
  needs: DCMTK,
  async fn() {
    for (const pdu of ["4096", "131072"]) {
      await using peer = await storescp("--max-pdu", pdu, "--bit-preserving", "-od", ".");
      await using scu = client();
      const sent = [1, 2, 3].map((number) => instance(number, { size: number * 150_000 }));
      {
        await using session = await scu.openStore(
          remote(peer.port),
          { kinds: sent, allowTranscoding: true },
          signal(),
        );
        for (const each of sent) assert.equal(await session.store(each, signal()), 0);
      }
      for (const each of sent) {
        const received = await Deno.readFile(`${peer.folder}/MR.${each.sopInstanceUid}`);
        const bytes = await each.file.read(0, each.file.size);
        const size = each.file.size - 300; // the data set, whatever file meta information is before it
        assert.equal(await sha1(received.slice(-size)), await sha1(bytes.slice(-size)), pdu);
      }
    }
  },
});

peerTest({
  name:
    "C-STORE: a remote that takes Implicit VR only gets it; one not to be transcoded for is refused",
  needs: DCMTK,
  async fn() {
    await using peer = await storescp("+xi", "-od", ".");
    await using scu = client();
    const open = (allowTranscoding: boolean) =>
      scu.openStore(remote(peer.port), { kinds: [instance(1)], allowTranscoding }, signal());
    {
      await using session = await open(true);
      assert.equal(await session.store(instance(1), signal()), 0);
    }
    const { stdout } = await new Deno.Command("dcmdump", {
      args: ["--search", "0002,0010", "--search", "0010,0010", `${peer.folder}/MR.1.1.1.1`],
    }).output();
    assert.match(new TextDecoder().decode(stdout), /LittleEndianImplicit[^]*KNIX/);
    await using session = await open(false);
    await assert.rejects(session.store(instance(2), signal()), {
      code: "network",
      message: /does not accept SOP class 1.2.840.10008.5.1.4.1.1.4 in transfer syntax/,
    });
  },
});

peerTest({
  name:
    "C-STORE: another kind of instance reopens the association; an unknown class is refused by name",
  needs: DCMTK,
  async fn() {
    await using peer = await storescp("--ignore");
    await using scu = client();
    await using session = await scu.openStore(
      remote(peer.port),
      { kinds: [instance(1)], allowTranscoding: true },
      signal(),
    );
    const ophthalmic = "1.2.840.10008.5.1.4.1.1.77.1.5.1";
    assert.equal(await session.store(instance(1), signal()), 0);
    assert.equal(await session.store(instance(2, { sopClassUid: ophthalmic }), signal()), 0);
    assert.equal(await session.store(instance(3), signal()), 0);
    const unknown = instance(4, { sopClassUid: PRIVATE_CLASS });
    await assert.rejects(session.store(unknown, signal()), { code: "network" });
    assert.equal(await session.store(instance(5), signal()), 0, "the session goes on");
  },
});

peerTest({
  name: "C-STORE: a remote that went away is connected to again",
  needs: DCMTK,
  async fn() {
    await using scu = client();
    const port = freePort();
    for (let round = 0; round < 2; round++) {
      await using _peer = await listening(() => ["storescp", "--ignore", `${port}`], port);
      await using session = await scu.openStore(
        remote(port),
        { kinds: [instance(1)], allowTranscoding: false },
        signal(),
      );
      assert.equal(await session.store(instance(1), signal()), 0);
    }
  },
});
