import { PROFILE_EDITIONS, PROFILE_OPTIONS } from "../core/archive/confidentiality_profile.ts";
import { OPTIONS } from "../core/config.ts";
import { parseConfiguration } from "../core/config/parse.ts";
import { WRITTEN_TERMS } from "../core/dicom/charset/defined_terms.ts";
import { SOP_CLASS, sopClassName, STORAGE_SOP_CLASS_UIDS } from "../core/dicom/sop_class.ts";
import {
  findTransferSyntax,
  TRANSFER_SYNTAXES,
  type TransferSyntax,
} from "../core/dicom/transfer_syntax.ts";
import {
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
} from "../core/dicom/implementation.ts";
import { APPLICATION_CONTEXT, REJECTIONS } from "../dimse/negotiation.ts";
import { createNegotiationPolicy } from "../dimse/negotiation_policy.ts";
import { MOST_CONTEXTS } from "../dimse/pdu.ts";
import { COMMITMENT_PROPOSAL, REPORT_PROPOSAL } from "../dimse/scu/commitment.ts";
import { FIND_SOP_CLASSES } from "../dimse/scu/find.ts";
import { type Proposal, proposeService, UNCOMPRESSED_UIDS } from "../dimse/scu/proposals.ts";
import { SERVICES } from "../dimse/services.ts";
import { FAILURE_STATUS, STORE_STATUS } from "../dimse/status.ts";

const INTRODUCTION = `# DICOM conformance statement

<!-- made from the tables of dimse/ and core/dicom/ by scripts/make_docs.ts -->

Outpost stores, finds and sends composite instances, as both service class user (SCU) and provider (SCP). What follows
holds for the default configuration; [CONFIG.md](CONFIG.md) names the options that change it.`;

const NEGOTIATION =
  `Of each presentation context the first transfer syntax of the requestor's list is taken that is
acceptable. Role selection is answered: a requestor may be SCP of storage (for C-GET) and of storage commitment (for its
reports). Asynchronous operations, SOP class extended negotiation and user identity get no answer: they are not used.
An association with unknown or refused contexts only is accepted, as the standard wants it. A request that its caller may
not make is answered with status 0x0124 and an error comment.`;

const TLS =
  `With TLS as SCU the certificate of the remote must be of an authority that is trusted, of the system or of
\`DicomTlsTrustedCertificates\`, and name the host that is called.`;

const DEIDENTIFICATION =
  `As de-identifier (PS3.15 Annex E), for \`/anonymize\` of patients, studies, series and instances, \`/tools/bulk-anonymize\` and
\`deidentify\` of relay rules: Basic Application Level Confidentiality Profile, Table E.1-1 in the editions
${PROFILE_EDITIONS.join(", ")} (\`DicomVersion\`).

- The profile holds at every depth. Private attributes are removed at every depth, overlays and curves too.
- Where the table allows several actions, X goes before Z before D. For D and Z the value becomes empty, no dummy value; but
  Patient's Name becomes \`Anonymized\` and a number, Patient ID a UUID.
- UIDs become \`2.25.\` and 128 bits of a keyed hash of the old one: within a job, or with a secret of a relay rule, the same
  for the same, wherever they are.
- Patient Identity Removed is YES. De-identification Method names the profile if nothing was asked for that it does not have.
  With an option, De-identification Method Code Sequence and Longitudinal Temporal Information Modified are written too.
- What an option cleans keeps those words of it only that are in a list of words of anatomy and imaging
  (\`core/archive/descriptor_words.ts\`), and measures with their units, and of them none that is in an attribute that the
  profile removes or empties. Sequences and texts of more than 4,096 bytes are not cleaned; they go as without the option.
- Pixel data is not looked at: Burned In Annotation stays as it is. There are no options for modified dates, structured
  content, graphics, pixel data and safe private attributes. No attributes are kept encrypted.`;

const { config } = parseConfiguration([], () => undefined);
const SERVED = SERVICES.flatMap(({ name, sopClassUids }) =>
  sopClassUids(config).map((uid) => ({ name, uid }))
);
const POLICY = createNegotiationPolicy({
  ...config,
  refuse: () => undefined,
  maximumLength: config.maximumPduLength,
  services: SERVED.map(({ uid }) => uid),
});

/** The text of `docs/CONFORMANCE.md`. */
export function conformancePage(): string {
  return [
    INTRODUCTION,
    "## Implementation",
    implementation(),
    "## As SCP",
    NEGOTIATION,
    provided(),
    "### Rejected associations",
    rejections(),
    "### Statuses",
    "Instances, by what became of them:",
    statuses("outcome", STORE_STATUS),
    "Failures, unless the service has a status of its own:",
    statuses("failure", FAILURE_STATUS),
    "## As SCU",
    used(),
    TLS,
    "## Transfer syntaxes of storage",
    table(
      ["UID", "name"],
      acceptedSyntaxes(STORAGE_SOP_CLASS_UIDS[0]!).map(({ uid, name }) => [uid, name]),
    ),
    "## SOP classes of storage",
    table(["UID", "name"], STORAGE_SOP_CLASS_UIDS.map((uid) => [uid, nameOf(uid)])),
    "## De-identification",
    DEIDENTIFICATION,
    deidentificationOptions(),
    "## Character sets",
    "Text is read in all character sets of PS3.3 Section C.12.1.1.2, and written in these, by `DefaultEncoding`:",
    table(["encoding", "Specific Character Set"], Object.entries(WRITTEN_TERMS)),
  ].join("\n\n") + "\n";
}

/** What is said of each option, and how results declare it. */
function deidentificationOptions(): string {
  const rows = Object.entries(PROFILE_OPTIONS).map(([name, { code, meaning, cleans }]) => [
    `\`${name}\``,
    meaning,
    `(${code}, DCM)`,
    cleans === "" ? "no" : "yes",
  ]);
  return table(["field", "option of PS3.15", "code", "cleans"], rows);
}

function implementation(): string {
  return table(["what", "value"], [
    ["Implementation Class UID", IMPLEMENTATION_CLASS_UID],
    ["Implementation Version Name", IMPLEMENTATION_VERSION_NAME],
    ["Application Context Name", APPLICATION_CONTEXT],
    ["Longest PDU to receive", `${OPTIONS.MaximumPduLength.default} bytes (\`MaximumPduLength\`)`],
    ["Presentation contexts of an association", `${MOST_CONTEXTS}`],
  ]);
}

/** Each service with what the policy says of its SOP classes. */
function provided(): string {
  const rows = SERVED.map(({ name, uid }) => {
    const names = acceptedSyntaxes(uid).map((syntax) => syntax.name).join(", ");
    return [name, nameOf(uid), uid, names, POLICY.support(uid)?.roles.scp ? "yes" : "no"];
  });
  const storage = ["C-STORE", "storage, see below", "", "see below", "yes"];
  const head = ["service", "SOP class", "UID", "transfer syntaxes", "requestor may be SCP"];
  return table(head, [...rows, storage]);
}

function acceptedSyntaxes(sopClassUid: string): readonly TransferSyntax[] {
  return TRANSFER_SYNTAXES.filter(({ uid }) => POLICY.support(sopClassUid)?.accepts(uid));
}

function rejections(): string {
  const rows = Object.entries(REJECTIONS).map(([name, { result, source, reason }]) => {
    const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    return [words.replace("ae title", "AE title"), `${result}`, `${source}`, `${reason}`];
  });
  return table(["why", "result", "source", "reason"], rows);
}

function statuses(head: string, given: Readonly<Record<string, number>>): string {
  const rows = Object.entries(given).map(([name, status]) => [
    name,
    `0x${status.toString(16).padStart(4, "0").toUpperCase()}`,
  ]);
  return table([head, "status"], rows);
}

/** What is asked of remotes. */
const USED: readonly (readonly [service: string, proposal: Proposal])[] = [
  ["C-ECHO", proposeService(SOP_CLASS.verification)],
  ...Object.values(FIND_SOP_CLASSES).map((uid) => ["C-FIND", proposeService(uid)] as const),
  ["C-MOVE", proposeService(SOP_CLASS.studyRootMove)],
  ["C-GET", proposeService(SOP_CLASS.studyRootGet)],
  ["N-ACTION", COMMITMENT_PROPOSAL],
  ["N-EVENT-REPORT", REPORT_PROPOSAL],
];

function used(): string {
  const rows = USED.map(([service, { abstractSyntax, transferSyntaxes, asScp }]) => [
    service,
    nameOf(abstractSyntax),
    abstractSyntax,
    syntaxNames(transferSyntaxes),
    asScp ? "SCP" : "SCU",
  ]);
  const own = `that of the instance; ${syntaxNames(UNCOMPRESSED_UIDS)}`;
  const storage = ["C-STORE", "storage, see below", "", own, "SCU; SCP with C-GET"];
  return table(["service", "SOP class", "UID", "transfer syntaxes", "role"], [...rows, storage]);
}

function syntaxNames(uids: readonly string[]): string {
  return uids.map((uid) => findTransferSyntax(uid)?.name ?? uid).join(", ");
}

function nameOf(uid: string): string {
  return sopClassName(uid) ?? uid;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
