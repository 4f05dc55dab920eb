import assert from "node:assert/strict";
import { Certificates, OPENSSL_CHECK } from "../../tests/support/certificates.ts";
import { peerTest } from "../../tests/support/peer.ts";
import type { Socket } from "./socket.ts";
import { acceptVerifiedTls } from "./verified_tls.ts";

const PURPOSE = { name: "test", verifyOption: "", versionOption: "", alpnProtocols: [] };
const HOSTNAME = "127.0.0.1";

peerTest({
  name: "acceptVerifiedTls() tells the end of a connection that comes behind much",
  needs: [OPENSSL_CHECK],
  async fn() {
    await using certificates = await Certificates.create();
    const read = (path: string) => Deno.readTextFileSync(path);
    const accepted = Promise.withResolvers<Socket>();
    const acceptor = await acceptVerifiedTls({
      hostname: HOSTNAME,
      port: 0,
      log: () => {},
      onSocket: accepted.resolve,
      certificatePem: read(certificates.certificate("server")),
      keyPem: read(certificates.key("server")),
      purpose: PURPOSE,
      minimumVersion: "TLSv1.2",
      verifyPeers: { caPem: read(certificates.certificate("authority")) },
    });
    using client = await Deno.connectTls({
      hostname: HOSTNAME,
      port: acceptor.port,
      caCerts: [read(certificates.certificate("authority"))],
      cert: read(certificates.certificate("client")),
      key: read(certificates.key("client")),
    });
    const sent = new Uint8Array(1_000_000);
    for (let at = 0; at < sent.length;) at += await client.write(sent.subarray(at));
    await client.closeWrite();
    const socket = await accepted.promise;
    assert.equal(await countAll(socket), sent.length); // it would wait for ever
    socket.close();
    await acceptor.close();
  },
});

/** Reads to the end, and counts. */
async function countAll(socket: Socket): Promise<number> {
  const into = new Uint8Array(65_536);
  let total = 0;
  for (let count; (count = await socket.read(into)) !== null;) total += count;
  return total;
}
