import type { Config } from "./config.ts";
import { DicomError } from "./errors.ts";
import type { Modalities } from "./modalities.ts";
import { httpServerOf, type Peers } from "./peers.ts";
import type { Clock } from "./ports.ts";
import type { Destinations, Sender, Target } from "./ports/destinations.ts";
import type { DicomClient } from "./ports/dicom_client.ts";
import type { ExportFolder } from "./ports/export_folder.ts";
import type { HttpClient } from "./ports/http_client.ts";
import { createDicomWebSender } from "./relay/senders/dicomweb.ts";
import { createFolderSender } from "./relay/senders/folder.ts";
import { createModalitySender } from "./relay/senders/modality.ts";
import type { CommitmentBook } from "./relay/senders/modality/commitment.ts";
import { createPeerSender } from "./relay/senders/peer.ts";
import { remoteOf } from "./remote_ae.ts";

/** What senders work with. */
export interface DestinationPorts {
  readonly config: Config;
  readonly clock: Clock;
  readonly client: DicomClient;
  readonly http: HttpClient;
  readonly commitment: CommitmentBook;
  readonly modalities: Modalities;
  readonly peers: Peers;
  openExportFolder(path: string): ExportFolder;
}

/** A kind of destination. */
interface Kind {
  has(name: string): boolean;
  open(name: string): Sender;
}

/** Makes the senders of all kinds; each looks up how its destination is configured when it sends. */
export function createDestinations(ports: DestinationPorts): Destinations {
  const { config, clock, http, modalities, peers } = ports;
  const web = (name: string) => config.dicomWeb?.servers[name];

  const kinds: Readonly<Record<Target["kind"], Kind>> = {
    Modality: {
      has: (name) => modalities.get(name) !== undefined,
      open: (name) =>
        createModalitySender({
          ...ports,
          target() {
            const modality = found(modalities.get(name), "modality", name);
            const { allowTranscoding } = modality;
            return { remote: remoteOf(modality, config), allowTranscoding };
          },
        }),
    },
    Peer: {
      has: (name) => peers.get(name) !== undefined,
      open: (name) => createPeerSender({ http, clock, server: () => peers.serverOf(name) }),
    },
    DicomWebServer: {
      has: (name) => web(name) !== undefined,
      open: (name) =>
        createDicomWebSender({
          http,
          clock,
          target() {
            const server = found(web(name), "DICOMweb server", name);
            const { universalSyntax } = server;
            return { server: httpServerOf(server, config), universalSyntax };
          },
        }),
    },
    Folder: {
      has: (path) => path !== "",
      open: (path) => createFolderSender(ports.openExportFolder(path)),
    },
  };

  return {
    has: ({ kind, name }) => kinds[kind].has(name),
    aetOf: ({ kind, name }) => kind === "Modality" ? modalities.get(name)?.aet : undefined,
    open({ kind, name }) {
      if (kinds[kind].has(name)) return kinds[kind].open(name);
      throw unknown(kind, name);
    },
  };
}

function found<T>(value: T | undefined, what: string, name: string): T {
  if (value === undefined) throw unknown(what, name);
  return value;
}

function unknown(what: string, name: string): DicomError {
  return new DicomError("not-found", `Cannot send: there is no ${what} with the name ${name}`);
}
