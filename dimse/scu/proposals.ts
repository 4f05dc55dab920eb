import {
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  IMPLICIT_LITTLE_ENDIAN,
} from "../../core/dicom/transfer_syntax.ts";
import type { StorageKind } from "../../core/ports/dicom_client.ts";
import { MOST_CONTEXTS, type ProposedContext } from "../pdu.ts";
import type { RoleSelection } from "../user_information.ts";

/** What a presentation context is to be proposed for. */
export interface Proposal {
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
  /** Whether this side is SCP: it receives the sub-operations of C-GET, or reports on commitment. */
  readonly asScp?: boolean;
}

/** Uncompressed transfer syntaxes, the best first. */
export const UNCOMPRESSED_UIDS: readonly string[] = [
  EXPLICIT_LITTLE_ENDIAN.uid,
  IMPLICIT_LITTLE_ENDIAN.uid,
  EXPLICIT_BIG_ENDIAN.uid,
];

/** Compressed transfer syntaxes that are met, the most frequent first. */
const COMPRESSED_UIDS: readonly string[] = [
  "1.2.840.10008.1.2.4.70",
  "1.2.840.10008.1.2.4.50",
  "1.2.840.10008.1.2.4.90",
  "1.2.840.10008.1.2.4.91",
  "1.2.840.10008.1.2.4.80",
  "1.2.840.10008.1.2.5",
  "1.2.840.10008.1.2.4.51",
  "1.2.840.10008.1.2.4.57",
  "1.2.840.10008.1.2.4.81",
  "1.2.840.10008.1.2.4.102",
  "1.2.840.10008.1.2.4.201",
  "1.2.840.10008.1.2.4.203",
];

/** Storage SOP classes for which room is used that is left: what else is likely to be sent to the same remote. */
const LIKELY: readonly string[] = [
  "1.2.840.10008.5.1.4.1.1.2", // CT
  "1.2.840.10008.5.1.4.1.1.4", // MR
  "1.2.840.10008.5.1.4.1.1.1", // CR
  "1.2.840.10008.5.1.4.1.1.1.1", // DX
  "1.2.840.10008.5.1.4.1.1.1.2", // MG
  "1.2.840.10008.5.1.4.1.1.6.1", // US
  "1.2.840.10008.5.1.4.1.1.3.1", // US multi-frame
  "1.2.840.10008.5.1.4.1.1.7", // SC
  "1.2.840.10008.5.1.4.1.1.12.1", // XA
  "1.2.840.10008.5.1.4.1.1.20", // NM
  "1.2.840.10008.5.1.4.1.1.128", // PET
  "1.2.840.10008.5.1.4.1.1.11.1", // presentation state
  "1.2.840.10008.5.1.4.1.1.88.22", // enhanced SR
  "1.2.840.10008.5.1.4.1.1.88.33", // comprehensive SR
  "1.2.840.10008.5.1.4.1.1.88.59", // key objects
  "1.2.840.10008.5.1.4.1.1.88.67", // dose SR
  "1.2.840.10008.5.1.4.1.1.104.1", // PDF
];

/** What to propose for sending. */
export interface StorageWishes {
  readonly kinds: readonly StorageKind[];
  readonly allowTranscoding: boolean;
  readonly preferredTransferSyntax: string;
}

/**
 * What must be proposed to send instances of `kinds`: their own transfer syntaxes alone; then, with transcoding, the
 * preferred one and the uncompressed ones. At most as many as an association has contexts.
 */
export function proposeStorage(wishes: StorageWishes): Proposal[] {
  const classes = [...new Set(wishes.kinds.map(({ sopClassUid }) => sopClassUid))];
  const others = wishes.allowTranscoding ? classes : [];
  return distinct([
    ...wishes.kinds.map((kind) => propose(kind.sopClassUid, [kind.transferSyntaxUid])),
    ...others.map((uid) => propose(uid, [wishes.preferredTransferSyntax])),
    ...others.map((uid) => propose(uid, UNCOMPRESSED_UIDS)),
  ]);
}

/** `proposals`, and what else is likely to be sent to the same remote. */
export function withLikely(proposals: readonly Proposal[]): Proposal[] {
  const classes = new Set(proposals.map(({ abstractSyntax }) => abstractSyntax));
  const likely = LIKELY.filter((uid) => !classes.has(uid));
  return distinct([
    ...proposals,
    ...likely.map((uid) => propose(uid, [EXPLICIT_LITTLE_ENDIAN.uid])),
  ]);
}

/**
 * What to propose to receive instances of some SOP classes by C-GET: uncompressed or, while there is room, in one of
 * the usual compressed transfer syntaxes.
 */
export function proposeRetrieval(getSopClass: string, sopClassUids: readonly string[]): Proposal[] {
  const syntaxes = [UNCOMPRESSED_UIDS, ...COMPRESSED_UIDS.map((uid) => [uid])];
  const storage = syntaxes.flatMap((group) =>
    sopClassUids.map((uid) => ({ ...propose(uid, group), asScp: true }))
  );
  return distinct([proposeService(getSopClass), ...storage]);
}

/** A proposal in the uncompressed transfer syntaxes, as services other than storage have them. */
export function proposeService(abstractSyntax: string): Proposal {
  return propose(abstractSyntax, UNCOMPRESSED_UIDS);
}

/** What tells one proposal from another. */
export function proposalKey({ abstractSyntax, transferSyntaxes, asScp }: Proposal): string {
  return JSON.stringify([abstractSyntax, transferSyntaxes, asScp === true]);
}

/** Presentation contexts for `proposals`, with odd ids (PS3.8 Section 9.3.2.2). */
export function contextsOf(proposals: readonly Proposal[]): ProposedContext[] {
  return proposals.map(({ abstractSyntax, transferSyntaxes }, index) => ({
    id: 2 * index + 1,
    abstractSyntax,
    transferSyntaxes: [...transferSyntaxes],
  }));
}

/** The roles to be negotiated for `proposals`: only those where this side is SCP (PS3.7 Section D.3.3.4). */
export function rolesOf(proposals: readonly Proposal[]): RoleSelection[] {
  const uids = new Set(proposals.filter(({ asScp }) => asScp).map((each) => each.abstractSyntax));
  return [...uids].map((sopClassUid) => ({ sopClassUid, scu: 0, scp: 1 }));
}

function propose(abstractSyntax: string, transferSyntaxes: readonly string[]): Proposal {
  return { abstractSyntax, transferSyntaxes };
}

function distinct(proposals: readonly Proposal[]): Proposal[] {
  const byKey = new Map(proposals.map((proposal) => [proposalKey(proposal), proposal]));
  return [...byKey.values()].slice(0, MOST_CONTEXTS);
}
