import { modalityStore } from "./types/modality_store.ts";
import { get, move } from "./types/retrieve.ts";

/** Every job type, by Orthanc's name. */
export const JOB_TYPES = {
  DicomModalityStore: modalityStore,
  DicomMoveScu: move,
  DicomGetScu: get,
} as const;
