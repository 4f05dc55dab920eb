import assert from "node:assert/strict";
import { publicIds } from "./ids.ts";

Deno.test("publicIds() gives Orthanc's check values", () => {
  const ids = publicIds({
    patientId: "ozp00SjY2xG",
    studyInstanceUid: "1.2.840.113619.2.176.2025.1499492.7391.1171285944.390",
    seriesInstanceUid: "1.2.840.113619.2.176.2025.1499492.7391.1171285944.394",
    sopInstanceUid: "1.2.840.113619.2.176.2025.1499492.7040.1171286242.109",
  });
  assert.deepEqual(ids, {
    Patient: "6816cb19-844d5aee-85245eba-28e841e6-2414fae2",
    Study: "b9c08539-26f93bde-c81ab0d7-bffaf2cb-a4d0bdd0",
    Series: "f2635388-f01d497a-15f7c06b-ad7dba06-c4c599fe",
    Instance: "66a662ce-7430e543-bad44d47-0dc5a943-ec7a538d",
  });
});

Deno.test("publicIds() hashes an empty PatientID, and keeps leading spaces", () => {
  const uids = { studyInstanceUid: "1", seriesInstanceUid: "2", sopInstanceUid: "3" };
  const empty = publicIds({ patientId: "", ...uids });
  assert.equal(empty.Patient, "da39a3ee-5e6b4b0d-3255bfef-95601890-afd80709");
  const padded = publicIds({ patientId: "  ozp00SjY2xG", ...uids });
  assert.match(padded.Patient, /^d00e2982-/);
});
