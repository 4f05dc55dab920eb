import { DicomError } from "../errors.ts";
import type { Clock, Index } from "../ports.ts";
import type { Recycling } from "../ports/recycling.ts";
import { ROW_ONLY } from "./query.ts";

/** Protection of patients from being removed to make room. */
export type Protection = ReturnType<typeof createProtection>;

/** Makes the functions on protection; `id` is the public identifier of a patient. They fail with `out-of-range`. */
export function createProtection(
  { index, clock }: { readonly index: Pick<Index, "get"> & Recycling; readonly clock: Clock },
) {
  return {
    async get(id: string): Promise<boolean> {
      const patient = await index.get({ level: "Patient", id }, ROW_ONLY);
      if (patient) return patient.protected;
      throw unknownPatient(id);
    },

    async set(id: string, isProtected: boolean): Promise<void> {
      if (!await index.setProtected(id, isProtected, clock.now())) throw unknownPatient(id);
    },
  };
}

/** With Orthanc's code. */
function unknownPatient(id: string): DicomError {
  return new DicomError("out-of-range", `There is no Patient ${id}`);
}
