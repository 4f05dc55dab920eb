import assert from "node:assert/strict";
import { Certificates, OPENSSL_CHECK } from "../support/certificates.ts";
import { run } from "../support/dcmtk.ts";
import { instanceFile } from "../support/instances.ts";
import { peerTest } from "../support/peer.ts";
import { startServer } from "../support/server.ts";

const needs = [["storescu", "--version"], OPENSSL_CHECK] as const;
const HOST = "127.0.0.1";

function tlsOptions(certificates: Certificates) {
  return {
    DicomTlsEnabled: true,
    DicomTlsCertificate: certificates.certificate("server"),
    DicomTlsPrivateKey: certificates.key("server"),
    DicomTlsTrustedCertificates: certificates.certificate("authority"),
  };
}

/** Arguments of DCMTK that trust the server and show a certificate. */
function shown(certificates: Certificates, name: "client" | "foreign"): string[] {
  const own = ["+tls", certificates.key(name), certificates.certificate(name)];
  return [...own, "+cf", certificates.certificate("authority")];
}

peerTest({
  name: "storescu sends over TLS with a certificate of the authority",
  needs,
  async fn() {
    await using certificates = await Certificates.create();
    await using server = await startServer(tlsOptions(certificates));
    const file = `${certificates.path}/a.dcm`;
    await Deno.writeFile(file, instanceFile({ PixelData: new Uint8Array(2_000_000) }));
    const args = [...shown(certificates, "client"), HOST, server.dicomPort, file];
    const { code, output } = await run("storescu", ...args);
    assert.equal(code, 0, output);
    assert.equal((await server.get<string[]>("/instances")).length, 1);
  },
});

peerTest({
  name: "findscu asks over TLS, and is answered",
  needs: [...needs, ["findscu", "--version"]],
  async fn() {
    await using certificates = await Certificates.create();
    await using server = await startServer({
      ...tlsOptions(certificates),
      DicomAlwaysAllowFind: true,
    });
    const body = instanceFile();
    await fetch(`${server.url}/instances`, { method: "POST", body }).then((said) =>
      said.body?.cancel()
    );
    const keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID"];
    const own = shown(certificates, "client");
    const said = await run("findscu", "-S", ...own, ...keys, HOST, server.dicomPort);
    assert.equal(said.code, 0, said.output);
    assert.match(said.output, /\(0020,000d\) UI \[1\.1/);
  },
});

peerTest({
  name: "callers with a foreign certificate, with none or without TLS are turned away",
  needs,
  async fn() {
    await using certificates = await Certificates.create();
    await using server = await startServer(tlsOptions(certificates));
    const trust = ["+tla", "+cf", certificates.certificate("authority")];
    for (const args of [shown(certificates, "foreign"), trust, []]) {
      const { code } = await run("echoscu", "-to", "60", ...args, HOST, server.dicomPort);
      assert.notEqual(code, 0, args.join(" "));
    }
    const good = await run("echoscu", ...shown(certificates, "client"), HOST, server.dicomPort);
    assert.equal(good.code, 0, good.output);
  },
});

peerTest({
  name: "callers need no certificate without DicomTlsRemoteCertificateRequired",
  needs,
  async fn() {
    await using certificates = await Certificates.create();
    const options = { ...tlsOptions(certificates), DicomTlsRemoteCertificateRequired: false };
    await using server = await startServer(options);
    const trust = ["+tla", "+cf", certificates.certificate("authority")];
    const { code, output } = await run("echoscu", ...trust, HOST, server.dicomPort);
    assert.equal(code, 0, output);
  },
});

peerTest({
  name: "the server does not start with TLS that lacks a file",
  needs: [OPENSSL_CHECK],
  async fn() {
    await using certificates = await Certificates.create();
    const all = tlsOptions(certificates);
    for (const missing of ["DicomTlsCertificate", "DicomTlsTrustedCertificates"] as const) {
      const options = { ...all, [missing]: undefined };
      await assert.rejects(startServer(options), { code: "configuration" });
    }
  },
});
