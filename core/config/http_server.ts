import { onePath, option } from "./option.ts";
import {
  flag,
  host,
  integer,
  ipAddress,
  list,
  megabytes,
  path,
  port,
  seconds,
  text,
} from "./schemas.ts";
import { apiTokens, registeredUsers } from "./users.ts";

const NO_WEBDAV = "there is no WebDAV share";

/** HTTP server. */
export const HTTP_SERVER_OPTIONS = {
  HttpServerEnabled: option({
    schema: flag,
    default: true,
    description: "Answer HTTP",
    state: "served",
  }),
  HttpPort: option({
    schema: port,
    default: 8042,
    description: "TCP port of HTTP; 0 for any free one",
    state: "served",
  }),
  HttpBindAddresses: option({
    schema: list(ipAddress),
    default: [],
    description: "Addresses of this machine to listen on; none for all",
    state: "served",
  }),
  RemoteAccessAllowed: option({
    schema: flag,
    default: false,
    description: "Answer other machines too",
    state: "served",
  }),
  AllowedHosts: option({
    schema: list(host),
    default: [],
    description: "Further names that a request's Host header may give this server",
    state: "served",
    own: true,
  }),
  AuthenticationEnabled: option({
    schema: flag,
    default: false,
    defaultFrom: "RemoteAccessAllowed",
    description: "Ask for a user and a password (HTTP Basic), or a token",
    state: "served",
  }),
  RegisteredUsers: option({
    schema: registeredUsers,
    default: {},
    description:
      "Who may log in, and as what: `store`, `read`, `write`, or `admin` where no role is named; `outpost hash-password` makes the hashes",
    state: "served",
    secret: true,
  }),
  ApiTokens: option({
    schema: apiTokens,
    default: {},
    description:
      "Tokens of programs and peers (`Authorization: Bearer`); `outpost hash-password --token` makes them",
    state: "served",
    own: true,
    secret: true,
  }),
  SslEnabled: option({
    schema: flag,
    default: false,
    description: "Speak HTTPS instead of HTTP",
    state: "served",
  }),
  SslCertificate: option({
    schema: path,
    default: "certificate.pem",
    description: "PEM file with the private key and the certificate of this server",
    state: "served",
    paths: onePath,
  }),
  SslVerifyPeers: option({
    schema: flag,
    default: false,
    description: "Ask clients for a certificate",
    state: "served",
  }),
  SslTrustedClientCertificates: option({
    schema: path,
    default: "trustedClientCertificates.pem",
    description: "PEM file of the authorities that certify clients",
    state: "served",
    paths: onePath,
  }),
  SslMinimumProtocolVersion: option({
    schema: integer(0, 5),
    default: 4,
    description: "Oldest TLS to accept: 4 for 1.2, 5 for 1.3; anything lower counts as 4",
    state: "served",
  }),
  SslCiphersAccepted: option({
    schema: list(text),
    default: [],
    description: "TLS ciphers to accept",
    state: "refused",
    reason:
      "the ciphers are those of the runtime; SslMinimumProtocolVersion 5 leaves the newest only",
  }),
  HttpThreadsCount: option({
    schema: integer(1, 65_535),
    default: 50,
    description: "Threads that answer HTTP",
    state: "unneeded",
    reason: "requests do not occupy threads",
  }),
  KeepAlive: option({
    schema: flag,
    default: true,
    description: "Keep connections open between requests",
    state: "served",
  }),
  KeepAliveTimeout: option({
    schema: seconds(1),
    default: 30,
    description:
      "How long an idle connection stays open; Orthanc's 1 is too short for clients' pools",
    state: "served",
  }),
  TcpNoDelay: option({
    schema: flag,
    default: true,
    description: "Send small packets at once",
    state: "unneeded",
    reason: "they always are",
  }),
  HttpRequestTimeout: option({
    schema: seconds(1),
    default: 30,
    description: "How long a client may pause while it sends a request",
    state: "served",
  }),
  HttpDescribeErrors: option({
    schema: flag,
    default: true,
    description: "Explain failures in a JSON body",
    state: "served",
  }),
  HttpCompressionEnabled: option({
    schema: flag,
    default: false,
    description: "Compress answers of text above 2 kB, for clients that accept it",
    state: "served",
  }),
  MaximumRequestBodySizeMB: option({
    schema: megabytes(1),
    default: 8192,
    description: "Largest body of a request",
    state: "served",
  }),
  MaximumFileSizeInArchiveMB: option({
    schema: megabytes(1),
    default: 4096,
    description: "Largest file inside an uploaded archive, once inflated",
    state: "served",
  }),
  OrthancExplorerEnabled: option({
    schema: flag,
    default: true,
    description: "Serve pages for the browser",
    state: "later",
  }),
  WebDavEnabled: option({
    schema: flag,
    default: true,
    description: "Serve a WebDAV share",
    state: "unneeded",
    reason: NO_WEBDAV,
  }),
  WebDavDeleteAllowed: option({
    schema: flag,
    default: false,
    description: "Let WebDAV delete",
    state: "unneeded",
    reason: NO_WEBDAV,
  }),
  WebDavUploadAllowed: option({
    schema: flag,
    default: true,
    description: "Let WebDAV upload",
    state: "unneeded",
    reason: NO_WEBDAV,
  }),
};
