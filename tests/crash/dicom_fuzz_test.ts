import assert from "node:assert/strict";
import { Certificates, OPENSSL_CHECK } from "../support/certificates.ts";
import { type Dial, dialTcp, dialTls, echo, fuzzDicom } from "../support/dimse_fuzz.ts";
import { noise, randomNumbers } from "../support/dimse_fuzz/random.ts";
import { type FuzzedServer, memoryOf, settled, startFuzzed } from "../support/dimse_fuzz/server.ts";
import { peerTest } from "../support/peer.ts";

/** It ends after this time, or so many connections, but not before so few. */
const FUZZ_MS = Number(Deno.env.get("FUZZ_SECONDS") ?? 45) * 1000;
const MOST = 100_000;
const LEAST = 200;
/** What a server may grow by: it levels off at some 500 more, with TLS, and would not if it kept 50 kB of each. */
const GROWTH_MB = 1000;
const range = { concurrency: 16, seed: Number(Deno.env.get("FUZZ_SEED") ?? 1) };

/** Goes on for a time; for a few connections however long they take, and not for too many. */
function during(ms: number): (done: number) => boolean {
  const until = Date.now() + ms;
  return (done) => done < LEAST || (done < MOST && Date.now() < until);
}

/** Fuzzes it, and looks whether it still serves, and has forgotten everything. */
async function survives(server: FuzzedServer, dials: readonly Dial[], ms: number): Promise<void> {
  const [good] = dials;
  const rounds = (goOn: (done: number) => boolean, seed: number) =>
    Promise.all(dials.map((dial) => fuzzDicom({ ...range, seed, dial, goOn })));
  await rounds((done) => done < LEAST, range.seed); // it has then opened what it keeps open
  await echo(good!);
  const before = { files: await settled(server), memory: await memoryOf(server) };
  await rounds(during(ms), range.seed + 1);
  await echo(good!);
  await settled(server, before.files);
  const grown = await memoryOf(server) - before.memory;
  assert.ok(grown < GROWTH_MB, `it has grown by ${grown} MB`);
}

Deno.test("the DICOM listener survives damaged conversations of every kind, and keeps nothing of them", async () => {
  await using server = await startFuzzed();
  await survives(server, [dialTcp(server.dicomPort)], FUZZ_MS);
});

peerTest({
  name: "the DICOM listener survives damage within TLS and of TLS",
  needs: [OPENSSL_CHECK],
  async fn() {
    await using certificates = await Certificates.create();
    await using server = await startFuzzed({
      DicomTlsEnabled: true,
      DicomTlsCertificate: certificates.certificate("server"),
      DicomTlsPrivateKey: certificates.key("server"),
      DicomTlsTrustedCertificates: certificates.certificate("authority"),
    });
    const read = (path: string) => Deno.readTextFileSync(path);
    const secure = dialTls(server.dicomPort, {
      authority: read(certificates.certificate("authority")),
      certificate: read(certificates.certificate("client")),
      key: read(certificates.key("client")),
    });
    await survives(server, [secure, dialTcp(server.dicomPort)], FUZZ_MS / 4);
    await damageHellos(server.dicomPort);
    await echo(secure);
  },
});

/** Sends what a client of TLS begins with, damaged. */
async function damageHellos(port: number): Promise<void> {
  const random = randomNumbers(range.seed);
  const hello = await clientHello();
  for (let count = 0; count < LEAST; count++) {
    const bytes = hello.slice(0, 1 + random(hello.length));
    for (let left = random(4); left > 0; left--) bytes[random(bytes.length)] = random(256);
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const damage = random(2) === 0 ? bytes : Uint8Array.of(...bytes, ...noise(random));
    await conn.write(damage).then(() => conn.closeWrite()).catch(() => {});
    const into = new Uint8Array(4096);
    while (await conn.read(into).catch(() => null));
  }
}

/** The first bytes of a TLS client. */
async function clientHello(): Promise<Uint8Array> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { hostname, port } = listener.addr;
  const calling = Deno.connectTls({ hostname, port }).then((conn) => conn.handshake());
  calling.catch(() => {}); // nobody answers it
  using conn = await listener.accept();
  const bytes = new Uint8Array(4096);
  return bytes.subarray(0, await conn.read(bytes) ?? 0);
}
