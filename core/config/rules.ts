import type { Config, OptionName } from "../config.ts";

/** Something that several options say together and that is wrong or dangerous. */
export interface Rule {
  /** The options that `applies` looks at. */
  readonly options: readonly OptionName[];
  /** Whether it stops the start. */
  readonly severity: "error" | "warning";
  readonly text: string;
  applies(config: Config): boolean;
}

/** What options may not say together, and what they had better not say. */
export const RULES: readonly Rule[] = [
  {
    options: ["RemoteAccessAllowed", "AuthenticationEnabled", "RegisteredUsers", "ApiTokens"],
    severity: "error",
    text:
      "other machines may connect, but nobody may log in: add a user (outpost hash-password makes " +
      'the hash) as "RegisteredUsers": {"name": "hash"}, or set "AuthenticationEnabled": false knowingly',
    applies: (config) =>
      config.remoteAccessAllowed && config.authenticationEnabled && hasNoUsers(config),
  },
  {
    options: ["RemoteAccessAllowed", "AuthenticationEnabled", "RegisteredUsers", "ApiTokens"],
    severity: "warning",
    text: "authentication is on and there is no user, so every request will be refused",
    applies: (config) =>
      !config.remoteAccessAllowed && config.authenticationEnabled && hasNoUsers(config),
  },
  {
    options: ["RemoteAccessAllowed", "AuthenticationEnabled"],
    severity: "warning",
    text:
      "ANYONE ON THE NETWORK CAN READ, CHANGE AND DELETE ALL IMAGES: other machines may connect " +
      "and nobody is asked for a password",
    applies: (config) => config.remoteAccessAllowed && !config.authenticationEnabled,
  },
  {
    options: ["AuthenticationEnabled", "RegisteredUsers", "ApiTokens"],
    severity: "warning",
    text: "there are roles or tokens, but authentication is off, so everybody is an administrator",
    applies: (config) => !config.authenticationEnabled && hasRoles(config),
  },
  {
    options: ["RegisteredUsers"],
    severity: "error",
    text: "user orthanc has the password that everyone knows: choose another",
    applies: (config) => config.registeredUsers["orthanc"]?.password === "orthanc",
  },
  {
    options: ["RemoteAccessAllowed", "AuthenticationEnabled", "SslEnabled"],
    severity: "warning",
    text:
      "passwords and tokens cross the network in clear: set SslEnabled, or let a proxy speak HTTPS",
    applies: (config) =>
      config.remoteAccessAllowed && config.authenticationEnabled && !config.sslEnabled,
  },
  {
    options: ["SslEnabled", "SslCertificate"],
    severity: "error",
    text:
      "HTTPS needs a certificate: set SslCertificate to a PEM file with the key and the certificate",
    applies: (config) => config.sslEnabled && config.sslCertificate === "",
  },
  {
    options: ["SslEnabled", "SslVerifyPeers"],
    severity: "error",
    text: "clients can show certificates over HTTPS only: set SslEnabled to true as well",
    applies: (config) => config.sslVerifyPeers && !config.sslEnabled,
  },
  {
    options: ["SslVerifyPeers", "SslTrustedClientCertificates"],
    severity: "error",
    text: "to check clients, set SslTrustedClientCertificates to a PEM file of their authorities",
    applies: (config) => config.sslVerifyPeers && config.sslTrustedClientCertificates === "",
  },
  {
    options: ["HttpServerEnabled", "HttpPort", "DicomServerEnabled", "DicomPort"],
    severity: "error",
    text: "both servers cannot listen on the same port",
    applies: (config) =>
      config.httpServerEnabled && config.dicomServerEnabled && config.httpPort !== 0 &&
      config.httpPort === config.dicomPort,
  },
];

function hasNoUsers({ registeredUsers, apiTokens }: Config): boolean {
  return Object.keys({ ...registeredUsers, ...apiTokens }).length === 0;
}

function hasRoles({ registeredUsers, apiTokens }: Config): boolean {
  return Object.keys(apiTokens).length > 0 ||
    Object.values(registeredUsers).some(({ role }) => role !== "admin");
}
