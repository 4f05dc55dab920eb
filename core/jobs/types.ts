import { archive } from "./types/archive.ts";
import { merge } from "./types/merge.ts";
import { modification } from "./types/modification.ts";
import { modalityStore } from "./types/modality_store.ts";
import { peerStore } from "./types/peer_store.ts";
import { get, move } from "./types/retrieve.ts";
import { split } from "./types/split.ts";
import { storageCommitmentScp } from "./types/storage_commitment_scp.ts";

/** Every job type, by Orthanc's name. */
export const JOB_TYPES = {
  Archive: archive,
  Media: archive,
  DicomModalityStore: modalityStore,
  ResourceModification: modification,
  SplitStudy: split,
  MergeStudy: merge,
  OrthancPeerStore: peerStore,
  DicomMoveScu: move,
  DicomGetScu: get,
  StorageCommitmentScp: storageCommitmentScp,
} as const;
