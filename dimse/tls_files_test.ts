import assert from "node:assert/strict";
import { parseConfiguration } from "../core/config/parse.ts";
import { readTlsFiles } from "./tls_files.ts";

const DEFAULTS = parseConfiguration([], () => undefined).config;

Deno.test("readTlsFiles() reads what is configured, and nothing else", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "PEM");
  assert.deepEqual(readTlsFiles(DEFAULTS), {});
  const own = { dicomTlsCertificate: file, dicomTlsPrivateKey: file };
  assert.deepEqual(readTlsFiles({ ...DEFAULTS, ...own, dicomTlsTrustedCertificates: file }), {
    certificate: { certificatePem: "PEM", keyPem: "PEM" },
    trustedPem: "PEM",
  });
  await Deno.remove(file);
});

Deno.test("readTlsFiles() names the option whose file is unusable", async () => {
  const unusable = (config: Partial<typeof DEFAULTS>, message: RegExp) =>
    assert.throws(() => readTlsFiles({ ...DEFAULTS, ...config }), {
      code: "configuration",
      message,
    });
  const file = await Deno.makeTempFile();
  unusable(
    { dicomTlsTrustedCertificates: `${file}.none` },
    /DicomTlsTrustedCertificates: it cannot be read/,
  );
  unusable({ dicomTlsCertificate: file }, /one needs the other/);
  unusable({ dicomTlsPrivateKey: file }, /one needs the other/);
  await Deno.remove(file);
});
