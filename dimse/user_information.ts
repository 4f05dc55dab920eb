import {
  many,
  rest,
  sized,
  struct,
  text,
  u16,
  u32,
  u8,
  type ValueOf,
} from "../core/bytes/codec.ts";
import { each, items, maybe } from "./items.ts";

const shortText = sized(u16, text);
const shortBytes = sized(u16, rest);

/** PS3.7 Table D.3-9: which roles the requestor proposes for a SOP class, or the acceptor takes; 1 for yes. */
const roleSelection = struct({ sopClassUid: shortText, scu: u8, scp: u8 });

/** PS3.7 Table D.3-11. */
const extendedNegotiation = struct({ sopClassUid: shortText, information: rest });

/** PS3.7 Table D.3-12. */
const commonExtendedNegotiation = struct({
  sopClassUid: shortText,
  serviceClassUid: shortText,
  relatedGeneralSopClassUids: sized(u16, many(shortText, 1024)),
});

/** PS3.7 Table D.3-14: 1 user name, 2 with passcode, 3 Kerberos, 4 SAML, 5 JSON Web Token. */
const userIdentity = struct({
  type: u8,
  positiveResponseRequested: u8,
  primaryField: shortBytes,
  secondaryField: shortBytes,
});

/** PS3.8 Annex D.1 and PS3.7 Annex D.3.3: the sub-items of the user information item. */
export const userInformation = items({
  /** Longest P-DATA-TF that its sender will receive, in bytes without the PDU header; 0 for no limit. */
  maximumLength: maybe(0x51, u32),
  implementationClassUid: maybe(0x52, text),
  /** Operations at a time that its sender invokes and performs; 0 for no limit. */
  asynchronousOperations: maybe(0x53, struct({ invoked: u16, performed: u16 })),
  roles: each(0x54, roleSelection),
  implementationVersionName: maybe(0x55, text),
  extendedNegotiations: each(0x56, extendedNegotiation),
  commonExtendedNegotiations: each(0x57, commonExtendedNegotiation),
  userIdentity: maybe(0x58, userIdentity),
  userIdentityResponse: maybe(0x59, shortBytes),
});

/** What both sides tell of themselves when they associate. */
export type UserInformation = ValueOf<typeof userInformation>;

/** A role selection, proposed or answered. */
export type RoleSelection = ValueOf<typeof roleSelection>;

/** User information that says nothing; to be spread into one that does. */
export const EMPTY_USER_INFORMATION: UserInformation = {
  maximumLength: undefined,
  implementationClassUid: undefined,
  asynchronousOperations: undefined,
  roles: [],
  implementationVersionName: undefined,
  extendedNegotiations: [],
  commonExtendedNegotiations: [],
  userIdentity: undefined,
  userIdentityResponse: undefined,
};
