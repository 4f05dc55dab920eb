import { modality } from "./modality.ts";
import { onePath, option } from "./option.ts";
import {
  aeTitle,
  count,
  flag,
  integer,
  list,
  named,
  oneOf,
  optional,
  path,
  port,
  seconds,
  text,
  uid,
  uidPattern,
} from "./schemas.ts";

/** Orthanc's names of character sets (PS3.3 Section C.12.1.1.2). */
export const ENCODINGS = [
  "Ascii",
  "Utf8",
  "Latin1",
  "Latin2",
  "Latin3",
  "Latin4",
  "Latin5",
  "Cyrillic",
  "Windows1251",
  "Arabic",
  "Greek",
  "Hebrew",
  "Thai",
  "Japanese",
  "Chinese",
  "JapaneseKanji",
  "Korean",
  "SimplifiedChinese",
] as const;

/** DICOM server. */
export const DICOM_SERVER_OPTIONS = {
  DicomServerEnabled: option({
    schema: flag,
    default: true,
    description: "Answer DICOM",
    state: "served",
  }),
  DicomAet: option({
    schema: aeTitle,
    default: "ORTHANC",
    description: "AE title of this server",
    state: "served",
  }),
  DicomPort: option({
    schema: port,
    default: 4242,
    description: "TCP port of DICOM; 0 for any free one",
    state: "served",
  }),
  DicomCheckCalledAet: option({
    schema: flag,
    default: false,
    description: "Reject calls to another AE title than this server's",
    state: "served",
  }),
  StrictAetComparison: option({
    schema: flag,
    default: false,
    description: "Tell AE titles apart by the case of letters",
    state: "served",
  }),
  DicomCheckModalityHost: option({
    schema: flag,
    default: false,
    description: "Accept a known modality only from its own host",
    state: "served",
  }),
  DicomAlwaysAllowEcho: allow("C-ECHO", true),
  DicomAlwaysAllowStore: allow("C-STORE", true),
  DicomAlwaysAllowFind: allow("C-FIND of patients, studies, series and instances", false),
  DicomAlwaysAllowFindWorklist: allow("C-FIND of worklists", false),
  DicomAlwaysAllowGet: allow("C-GET", false),
  DicomAlwaysAllowMove: allow("C-MOVE", false),
  DicomModalities: option({
    schema: named(modality),
    default: {},
    description: "The remote modalities",
    state: "served",
  }),
  DicomModalitiesInDatabase: option({
    schema: flag,
    default: false,
    description: "Keep modalities in the index; those of the configuration are then ignored",
    state: "served",
  }),
  DefaultEncoding: option({
    schema: oneOf(ENCODINGS),
    default: "Latin1",
    description: "Character set of data sets that name none, and of answers",
    state: "served",
  }),
  AcceptedTransferSyntaxes: option({
    schema: list(uidPattern),
    default: ["1.2.840.10008.1.*"],
    description: "Transfer syntaxes to accept",
    state: "served",
  }),
  UnknownSopClassAccepted: option({
    schema: flag,
    default: false,
    description: "Store instances of any SOP class",
    state: "served",
  }),
  AcceptedSopClasses: option({
    schema: optional(list(uid)),
    default: undefined,
    description: "The only SOP classes to store; unset for all",
    state: "served",
  }),
  RejectedSopClasses: option({
    schema: optional(list(uid)),
    default: undefined,
    description: "SOP classes not to store",
    state: "served",
  }),
  DicomScpTimeout: option({
    schema: seconds(),
    default: 30,
    description: "How long an association may be idle; 0 for no limit",
    state: "served",
  }),
  DicomThreadsCount: option({
    schema: integer(1, 65_535),
    default: 4,
    description: "DICOM operations served at a time",
    state: "unneeded",
    reason: "no operation holds a thread",
  }),
  MaximumPduLength: option({
    schema: integer(4096, 131_072),
    default: 131_072,
    description: "Longest PDU to receive, in bytes",
    state: "served",
  }),
  SynchronousCMove: option({
    schema: flag,
    default: true,
    description: "Answer C-MOVE when its sub-operations are done",
    state: "served",
  }),
  LimitFindResults: option({
    schema: count,
    default: 0,
    description: "Most answers to C-FIND of patients, studies or series; 0 for no limit",
    state: "served",
  }),
  LimitFindInstances: option({
    schema: count,
    default: 0,
    description: "Most answers to C-FIND of instances; 0 for no limit",
    state: "served",
  }),
  CaseSensitivePN: option({
    schema: flag,
    default: false,
    description: "Tell names of persons apart by the case of letters",
    state: "served",
  }),
  StorageAccessOnFind: option({
    schema: oneOf(["Always", "Never", "Answers"]),
    default: "Always",
    description: "Whether a search may read files for tags that the index lacks",
    state: "served",
  }),
  DicomTlsEnabled: option({
    schema: flag,
    default: false,
    description: "Speak TLS on the DICOM port",
    state: "served",
  }),
  DicomTlsCertificate: tlsFile("PEM file of the certificate"),
  DicomTlsPrivateKey: tlsFile("PEM file of the private key"),
  DicomTlsTrustedCertificates: tlsFile("PEM file of the authorities to trust"),
  DicomTlsRemoteCertificateRequired: option({
    schema: flag,
    default: true,
    description: "Ask remote modalities for a certificate",
    state: "served",
  }),
  DicomTlsMinimumProtocolVersion: option({
    schema: integer(0, 5),
    default: 0,
    description: "Oldest TLS to accept; 0 for BCP 195",
    state: "served",
  }),
  DicomTlsCiphersAccepted: option({
    schema: list(text),
    default: [],
    description: "TLS ciphers to accept",
    state: "refused",
    reason:
      "the ciphers are those of the runtime; DicomTlsMinimumProtocolVersion 5 leaves the newest only",
  }),
  StorageCommitmentReportsSize: option({
    schema: count,
    default: 100,
    description: "Reports of storage commitment to keep",
    state: "served",
  }),
};

function allow(service: string, isAllowed: boolean) {
  const description = `Accept ${service} from unknown AE titles too`;
  return option({ schema: flag, default: isAllowed, description, state: "served" });
}

function tlsFile(description: string) {
  const schema = optional(path);
  return option({ schema, default: undefined, description, state: "served", paths: onePath });
}
