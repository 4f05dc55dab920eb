import { archive } from "./types/archive.ts";
import { modification } from "./types/modification.ts";
import { modalityStore } from "./types/modality_store.ts";
import { peerStore } from "./types/peer_store.ts";
import { get, move } from "./types/retrieve.ts";

/** Every job type, by Orthanc's name. */
export const JOB_TYPES = {
  Archive: archive,
  Media: archive,
  DicomModalityStore: modalityStore,
  ResourceModification: modification,
  OrthancPeerStore: peerStore,
  DicomMoveScu: move,
  DicomGetScu: get,
} as const;
