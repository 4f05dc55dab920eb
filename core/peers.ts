import type { Config } from "./config.ts";
import { type Peer, peer, storedPeer } from "./config/peer.ts";
import { named } from "./config/schemas.ts";
import { DicomError } from "./errors.ts";
import type { Properties } from "./ports.ts";
import type { HttpServer } from "./ports/http_client.ts";

/** A peer under its name. */
export interface NamedPeer {
  readonly name: string;
  readonly peer: Peer;
}

/** The remote servers this server knows by Orthanc's REST API, from the configuration or the index. */
export interface Peers {
  /** Sorted by name. */
  list(): readonly NamedPeer[];
  get(name: string): Peer | undefined;
  /** @throws DicomError `unknown-resource` */
  named(name: string): Peer;
  /** How to talk with it. @throws DicomError `unknown-resource` */
  serverOf(name: string): HttpServer;
  /** Adds or replaces; durable with `OrthancPeersInDatabase`. */
  set(name: string, peer: Peer): Promise<void>;
  /** @returns whether it was there */
  remove(name: string): Promise<boolean>;
}

/** The options that this depends on. */
type PeerOptions = Pick<Config, "orthancPeers" | "orthancPeersInDatabase" | "httpTimeout">;

/** Where the index keeps peers (option `OrthancPeersInDatabase`). */
const PROPERTY = "OrthancPeers";
const MS_PER_SECOND = 1000;

const Stored = named(peer);

/**
 * Makes the registry; with `OrthancPeersInDatabase` that of the index counts and not the configuration.
 *
 * @throws DicomError `database` if what the index holds is damaged
 */
export async function createPeers(config: PeerOptions, properties: Properties): Promise<Peers> {
  const isDurable = config.orthancPeersInDatabase;
  let known = mapOf(isDurable ? await readStored(properties) : config.orthancPeers);
  let saved = Promise.resolve();

  /** Changes go one after the other, and are seen when they are durable. */
  function change(edit: (next: Map<string, Peer>) => void): Promise<void> {
    const done = saved.then(async () => {
      const next = new Map(known);
      edit(next);
      if (isDurable) await properties.setProperty(PROPERTY, storedForm(next));
      known = mapOf(Object.fromEntries(next));
    });
    saved = done.catch(() => {});
    return done;
  }

  function named(name: string): Peer {
    const peer = known.get(name);
    if (peer) return peer;
    throw new DicomError("unknown-resource", `No peer with symbolic name: ${name}`);
  }

  return {
    list: () => [...known].map(([name, peer]) => ({ name, peer })),
    get: (name) => known.get(name),
    named,
    serverOf: (name) => httpServerOf(named(name), config),
    set: (name, peer) => change((next) => void next.set(name, peer)),
    async remove(name) {
      let existed = false;
      await change((next) => void (existed = next.delete(name)));
      return existed;
    },
  };
}

/** How to talk with a server: with its own time limit, where it has one. */
export function httpServerOf(
  {
    url,
    username,
    password,
    httpHeaders: headers,
    certificateFile,
    certificateKeyFile,
    certificateKeyPassword,
    timeout,
  }: Peer,
  { httpTimeout }: Pick<Config, "httpTimeout">,
): HttpServer {
  return {
    ...{ url, username, password, headers },
    ...{ certificateFile, certificateKeyFile, certificateKeyPassword },
    timeoutMs: (timeout || httpTimeout) * MS_PER_SECOND,
  };
}

async function readStored(properties: Properties): Promise<Readonly<Record<string, Peer>>> {
  const text = await properties.property(PROPERTY);
  if (text === undefined) return {};
  try {
    return Stored.parse(JSON.parse(text));
  } catch (cause) {
    const fact = "what the index holds is damaged";
    throw new DicomError("database", `Cannot read peers: ${fact}`, { cause });
  }
}

function storedForm(peers: ReadonlyMap<string, Peer>): string {
  const entries = [...peers].map(([name, peer]) => [name, storedPeer(peer)]);
  return JSON.stringify(Object.fromEntries(entries));
}

function mapOf(peers: Readonly<Record<string, Peer>>): ReadonlyMap<string, Peer> {
  return new Map(Object.entries(peers).sort(([a], [b]) => a < b ? -1 : 1));
}
