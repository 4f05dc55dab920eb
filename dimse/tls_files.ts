import type { Config } from "../core/config.ts";
import { DicomError } from "../core/errors.ts";
import type { ClientTls } from "./scu/connect.ts";

/**
 * Own certificate and trusted authorities of DICOM over TLS, as far as they are configured (options
 * `DicomTlsCertificate`, `DicomTlsPrivateKey`, `DicomTlsTrustedCertificates`).
 *
 * @throws DicomError `configuration` if a file cannot be read, or only one of certificate and key is given
 */
export function readTlsFiles(config: Config): ClientTls {
  const certificatePem = readPem("DicomTlsCertificate", config.dicomTlsCertificate);
  const keyPem = readPem("DicomTlsPrivateKey", config.dicomTlsPrivateKey);
  const trustedPem = readPem("DicomTlsTrustedCertificates", config.dicomTlsTrustedCertificates);
  if ((certificatePem === undefined) !== (keyPem === undefined)) {
    throw unusable("DicomTlsCertificate and DicomTlsPrivateKey", "one needs the other");
  }
  return {
    ...(certificatePem !== undefined && keyPem !== undefined &&
      { certificate: { certificatePem, keyPem } }),
    ...(trustedPem !== undefined && { trustedPem }),
  };
}

function readPem(option: string, path: string | undefined): string | undefined {
  if (!path) return undefined;
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    throw unusable(option, "it cannot be read", cause);
  }
}

function unusable(option: string, fact: string, cause?: unknown): DicomError {
  return new DicomError("configuration", `Cannot use the file of ${option}: ${fact}`, { cause });
}
