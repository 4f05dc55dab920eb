import { onePath, option } from "./option.ts";
import { peer, resolvePeers } from "./peer.ts";
import { flag, named, path, seconds, section, text } from "./schemas.ts";

/** HTTP client and peers. */
export const HTTP_CLIENT_OPTIONS = {
  OrthancPeers: option({
    schema: named(peer),
    default: {},
    description: "Other servers to send to; also written Peers",
    state: "served",
    alias: "Peers",
    secret: true,
    paths: resolvePeers,
  }),
  OrthancPeersInDatabase: option({
    schema: flag,
    default: false,
    description: "Keep peers in the index; those of the configuration are then ignored",
    state: "served",
  }),
  HttpProxy: option({
    schema: text,
    default: "",
    description: "Proxy for requests of this server, as user:password@host:port",
    state: "served",
    secret: true,
  }),
  HttpVerbose: option({
    schema: flag,
    default: false,
    description: "Log the requests of this server",
    state: "unneeded",
    reason: "the log levels decide",
  }),
  HttpTimeout: option({
    schema: seconds(),
    default: 60,
    description: "How long a request of this server may go without progress; 0 for no limit",
    state: "served",
  }),
  HttpsVerifyPeers: option({
    schema: flag,
    default: true,
    description: "Check the certificates of the servers to send to",
    state: "served",
  }),
  HttpsCACertificates: option({
    schema: path,
    default: "",
    description: "PEM file of the authorities to trust; empty for those of the system",
    state: "served",
    paths: onePath,
  }),
  Pkcs11: option({
    schema: section,
    default: undefined,
    description: "Client certificate on a smart card",
    state: "refused",
    reason: "smart cards cannot be read",
    secret: true,
  }),
};
