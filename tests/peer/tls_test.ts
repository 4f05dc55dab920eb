/** TLS as BCP 195 (RFC 9325) and the profiles of PS3.15 Annex B that follow it want it, asked by OpenSSL. */
import assert from "node:assert/strict";
import { Certificates, OPENSSL_CHECK } from "../support/certificates.ts";
import { peerTest } from "../support/peer.ts";
import { startServer } from "../support/server.ts";

const ANY = "ALL:eNULL:aNULL:@SECLEVEL=0";

/** What a client offers, and whether an association of TLS comes of it. */
const OFFERS: readonly (readonly [what: string, offer: readonly string[], accepted: boolean])[] = [
  ["TLS 1.0", ["-tls1", "-cipher", ANY], false],
  ["TLS 1.1", ["-tls1_1", "-cipher", ANY], false],
  ["TLS 1.2", ["-tls1_2"], true],
  ["TLS 1.3", ["-tls1_3"], true],
  ["ECDHE with AES-GCM", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], true],
  ["ECDHE with CBC", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"], false],
  ["ECDHE with CBC and SHA-256", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"], false],
  ["no forward secrecy", ["-tls1_2", "-cipher", `${ANY}:!ECDHE:!DHE`], false],
  ["finite-field Diffie-Hellman", ["-tls1_2", "-cipher", `DHE:@SECLEVEL=0`], false],
];

async function handshake(port: number, certificates: Certificates, offer: readonly string[]) {
  const shown = ["-cert", certificates.certificate("client"), "-key", certificates.key("client")];
  const command = new Deno.Command("openssl", {
    args: ["s_client", "-connect", `127.0.0.1:${port}`, ...shown, ...offer],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  });
  const text = new TextDecoder().decode((await command.output()).stdout);
  return {
    accepted: /^New, TLSv1\.[23], Cipher is [A-Z]/m.test(text),
    compression: /^Compression: (.*)$/m.exec(text)?.[1],
  };
}

const MODES = ["HTTPS", "HTTPS with client certificates", "DICOM"] as const;

for (const mode of MODES) {
  peerTest({
    name: `${mode} accepts what BCP 195 recommends and nothing older`,
    needs: [OPENSSL_CHECK],
    async fn(t) {
      await using certificates = await Certificates.create();
      await using server = await startServer(await optionsOf(mode, certificates));
      const port = mode === "DICOM" ? server.dicomPort : Number(new URL(server.url).port);
      for (const [what, offer, accepted] of OFFERS) {
        await t.step(`${what}: ${accepted ? "accepted" : "refused"}`, async () => {
          assert.equal((await handshake(port, certificates, offer)).accepted, accepted);
        });
      }
      await t.step("no compression", async () => {
        const { compression } = await handshake(port, certificates, ["-tls1_2", "-comp"]);
        assert.equal(compression, "NONE");
      });
    },
  });
}

async function optionsOf(mode: (typeof MODES)[number], certificates: Certificates) {
  if (mode === "DICOM") {
    return {
      DicomTlsEnabled: true,
      DicomTlsCertificate: certificates.certificate("server"),
      DicomTlsPrivateKey: certificates.key("server"),
      DicomTlsTrustedCertificates: certificates.certificate("authority"),
      DicomTlsRemoteCertificateRequired: true,
    };
  }
  const both = `${certificates.path}/both.pem`;
  const parts = [certificates.key("server"), certificates.certificate("server")];
  const texts = await Promise.all(parts.map((path) => Deno.readTextFile(path)));
  await Deno.writeTextFile(both, texts.join(""));
  return {
    SslEnabled: true,
    SslCertificate: both,
    ...(mode !== "HTTPS" && {
      SslVerifyPeers: true,
      SslTrustedClientCertificates: certificates.certificate("authority"),
    }),
  };
}
