import type { Config } from "../../core/config.ts";
import { DicomError } from "../../core/errors.ts";
import type { TlsPurpose } from "../../core/net/acceptors.ts";
import type { ClientChecks } from "../../core/net/verified_tls.ts";
import { readTlsFiles } from "../tls_files.ts";

/** Of DICOM over TLS. */
const PURPOSE: TlsPurpose = {
  name: "DICOM over TLS",
  verifyOption: "DicomTlsRemoteCertificateRequired",
  versionOption: "DicomTlsMinimumProtocolVersion",
  alpnProtocols: [], // PS3.15 Annex B names none
};

/** Value of `DicomTlsMinimumProtocolVersion` that asks for TLS 1.3. */
const TLS_1_3 = 5;

/**
 * The TLS of the listener, if `DicomTlsEnabled`: the profile of BCP 195 (PS3.15 Section B.9), so never below TLS 1.2.
 *
 * @throws DicomError `configuration` if a file is missing or cannot be read
 */
export function listenerTls(config: Config): ClientChecks | undefined {
  if (!config.dicomTlsEnabled) return undefined;
  const { certificate, trustedPem } = readTlsFiles(config);
  if (!certificate) throw missing("DicomTlsCertificate and DicomTlsPrivateKey");
  const isVerified = config.dicomTlsRemoteCertificateRequired;
  if (isVerified && trustedPem === undefined) {
    throw missing("DicomTlsTrustedCertificates, or DicomTlsRemoteCertificateRequired set to false");
  }
  return {
    ...certificate,
    purpose: PURPOSE,
    minimumVersion: config.dicomTlsMinimumProtocolVersion >= TLS_1_3 ? "TLSv1.3" : "TLSv1.2",
    ...(isVerified && trustedPem !== undefined && { verifyPeers: { caPem: trustedPem } }),
  };
}

function missing(options: string): DicomError {
  return new DicomError("configuration", `Cannot use DicomTlsEnabled: it needs ${options}`);
}
