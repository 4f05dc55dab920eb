import * as z from "zod";
import type { ResolvePath } from "./option.ts";
import { named, path, seconds, text } from "./schemas.ts";

const PROTOCOLS = ["http:", "https:"];

const url = text.refine(isHttpUrl, "expected an http:// or https:// URL without user or password")
  .transform((value) => value.endsWith("/") ? value : `${value}/`);

const headers = named(z.string().max(8192).regex(/^[^\0\r\n]*$/, "expected one line of text"))
  .refine(
    (record) => Object.keys(record).every((name) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)),
    "expected names of HTTP headers", // RFC 9110 Section 5.6.2
  );

const longForm = z.strictObject({
  Url: url,
  Username: text.default(""),
  Password: text.default(""),
  HttpHeaders: headers.default({}),
  CertificateFile: path.default(""),
  CertificateKeyFile: path.default(""),
  CertificateKeyPassword: text.default(""),
  Pkcs11: z.literal(false, "expected false, smart cards are not supported").default(false),
  Timeout: seconds().default(0),
});

/**
 * A remote Orthanc or Outpost, written `[URL, user?, password?]` or as Orthanc's object. `url` ends with `/`;
 * `timeout` is in seconds, 0 for that of `HttpTimeout`; what is not given is empty.
 */
export const peer = z.preprocess(fromOtherForms, longForm).transform(peerOf)
  .describe("[URL, user?, password?], or an object");

/** A remote Orthanc or Outpost. */
export type Peer = z.output<typeof peer>;

/** The long form of a peer as clients see it, without secrets: of header fields only the names (as Orthanc). */
export function shownPeer(peer: Peer) {
  return {
    ...(peer.certificateFile !== "" && {
      CertificateFile: peer.certificateFile,
      CertificateKeyFile: peer.certificateKeyFile,
      CertificateKeyPassword: null,
    }),
    HttpHeaders: Object.keys(peer.httpHeaders).sort(),
    ...(peer.username !== "" && { Password: null }),
    Pkcs11: false,
    Timeout: peer.timeout,
    Url: peer.url,
    ...(peer.username !== "" && { Username: peer.username }),
  };
}

/** The shortest form of a peer as clients see it, without secrets (as Orthanc). */
export function shownPeerInShort(peer: Peer) {
  const { url, username, certificateFile, httpHeaders, timeout } = peer;
  const isLong = certificateFile !== "" || timeout > 0 || Object.keys(httpHeaders).length > 0;
  if (isLong) return shownPeer(peer);
  return username === "" ? [url] : [url, username, ""];
}

/** The long form of a peer with its secrets, to be read again. */
export function storedPeer(peer: Peer) {
  return {
    Url: peer.url,
    Username: peer.username,
    Password: peer.password,
    HttpHeaders: peer.httpHeaders,
    CertificateFile: peer.certificateFile,
    CertificateKeyFile: peer.certificateKeyFile,
    CertificateKeyPassword: peer.certificateKeyPassword,
    Timeout: peer.timeout,
  };
}

/**
 * A remote DICOMweb server, written as a peer, with what Orthanc's plugin knows beyond: `universalSyntax` is whether it
 * understands `transfer-syntax=*`. How bodies are sent, and that it deletes, is of no consequence here.
 */
export const webServer = z.preprocess(
  fromOtherForms,
  longForm.extend({
    HasDelete: z.boolean().default(false),
    ChunkedTransfers: z.boolean().default(true),
    HasWadoRsUniversalTransferSyntax: z.boolean().default(true),
  }),
).transform((written) => ({
  ...peerOf(written),
  universalSyntax: written.HasWadoRsUniversalTransferSyntax,
})).describe("[URL, user?, password?], or an object");

/** A remote DICOMweb server. */
export type WebServer = z.output<typeof webServer>;

/** Peers by name, with the paths of their certificates resolved. */
export function resolvePeers<P extends Peer>(
  peers: Readonly<Record<string, P>>,
  resolve: ResolvePath,
): Readonly<Record<string, P>> {
  const resolved = Object.entries(peers).map(([name, peer]) => [name, {
    ...peer,
    certificateFile: peer.certificateFile && resolve(peer.certificateFile),
    certificateKeyFile: peer.certificateKeyFile && resolve(peer.certificateKeyFile),
  }]);
  return Object.assign(Object.create(null), Object.fromEntries(resolved));
}

function peerOf(written: z.output<typeof longForm>) {
  return {
    url: written.Url,
    username: written.Username,
    password: written.Password,
    httpHeaders: written.HttpHeaders,
    certificateFile: written.CertificateFile,
    certificateKeyFile: written.CertificateKeyFile,
    certificateKeyPassword: written.CertificateKeyPassword,
    timeout: written.Timeout,
  };
}

/** `[url, user?, password?]`, and `URL` as Orthanc's OpenAPI document spells it, as the long form. */
function fromOtherForms(value: unknown): unknown {
  if (Array.isArray(value)) {
    const [Url, Username, Password, ...rest] = value;
    return rest.length > 0 ? undefined : { Url, Username, Password }; // undefined fails: it is no object
  }
  if (typeof value !== "object" || value === null || !("URL" in value)) return value;
  const { URL: Url, ...others } = value;
  return "Url" in others ? value : { ...others, Url };
}

function isHttpUrl(value: string): boolean {
  const parsed = URL.parse(value);
  return parsed !== null && PROTOCOLS.includes(parsed.protocol) &&
    parsed.username === "" && parsed.password === "";
}
