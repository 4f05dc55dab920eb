import { isStorageSopClass, SOP_CLASS, sopClassName } from "../core/dicom/sop_class.ts";
import {
  EXPLICIT_BIG_ENDIAN,
  EXPLICIT_LITTLE_ENDIAN,
  findTransferSyntax,
  IMPLICIT_LITTLE_ENDIAN,
} from "../core/dicom/transfer_syntax.ts";
import type { NegotiationPolicy, RequestorRoles, SupportedSyntax } from "./negotiation.ts";

/** What the server's owner has decided about associations. */
export interface PolicyOptions {
  readonly refuse: NegotiationPolicy["refuse"];
  /** Option `MaximumPduLength`. */
  readonly maximumLength: number;
  /** Option `AcceptedTransferSyntaxes`: UIDs that may hold `*` and `?`. */
  readonly acceptedTransferSyntaxes: readonly string[];
  /** Option `AcceptedSopClasses`; undefined for all storage classes. */
  readonly acceptedSopClasses: readonly string[] | undefined;
  /** Option `RejectedSopClasses`. */
  readonly rejectedSopClasses: readonly string[] | undefined;
  /** Option `UnknownSopClassAccepted`. */
  readonly unknownSopClassAccepted: boolean;
  /** SOP classes of the services that are served besides storage. */
  readonly services: readonly string[];
}

/** Of storage, a requestor may be SCU (C-STORE) and SCP (sub-operations of C-GET). */
const STORAGE_ROLES: RequestorRoles = { scu: true, scp: true };

/** Where a requestor may be SCP besides storage: it reports on the commitment that was asked of it. */
const SERVICE_ROLES: Readonly<Record<string, RequestorRoles>> = {
  [SOP_CLASS.storageCommitmentPush]: { scu: true, scp: true },
};

const UNCOMPRESSED: ReadonlySet<string> = new Set(
  [EXPLICIT_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN, IMPLICIT_LITTLE_ENDIAN].map(({ uid }) => uid),
);

/** The policy of the options: any known transfer syntax for storage, uncompressed ones for the other services. */
export function createNegotiationPolicy(options: PolicyOptions): NegotiationPolicy {
  const patterns = options.acceptedTransferSyntaxes.map(patternOf);
  const storage: SupportedSyntax = {
    accepts: (uid) =>
      findTransferSyntax(uid) !== undefined && patterns.some((pattern) => pattern.test(uid)),
    roles: STORAGE_ROLES,
  };
  const services = new Map(options.services.map((uid) => [uid, serviceOf(uid)]));
  const isStored = storedBy(options);
  return {
    refuse: options.refuse,
    maximumLength: options.maximumLength,
    support: (uid) => services.get(uid) ?? (isStored(uid) ? storage : undefined),
  };
}

/** Whether instances of a SOP class are stored (PS3.4 Annex B), by what is configured. */
export function storedBy(
  options: Pick<
    PolicyOptions,
    "acceptedSopClasses" | "rejectedSopClasses" | "unknownSopClassAccepted"
  >,
): (sopClassUid: string) => boolean {
  const accepted = options.acceptedSopClasses && new Set(options.acceptedSopClasses);
  const rejected = new Set(options.rejectedSopClasses);
  return (uid) => {
    if (rejected.has(uid)) return false;
    if (accepted?.has(uid)) return true;
    if (isStorageSopClass(uid)) return accepted === undefined;
    return options.unknownSopClassAccepted && sopClassName(uid) === undefined;
  };
}

function serviceOf(uid: string): SupportedSyntax {
  const roles = SERVICE_ROLES[uid] ?? { scu: true, scp: false };
  return { accepts: (syntax) => UNCOMPRESSED.has(syntax), roles };
}

/** A UID with `*` for any characters and `?` for one. */
function patternOf(text: string): RegExp {
  const source = text.replace(/[.*?]/g, (sign) => WILDCARDS[sign] ?? sign);
  return new RegExp(`^${source}$`);
}

const WILDCARDS: Readonly<Record<string, string>> = { ".": "\\.", "*": ".*", "?": "." };
