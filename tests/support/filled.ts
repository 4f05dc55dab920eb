import { startApp, type TestApp } from "./app.ts";
import { instanceFile, orthancId } from "./instances.ts";

/** Identifiers of what a filled server holds. */
export const IDS = {
  p1: orthancId("P1"),
  knee: orthancId("P1", "1.1"),
  mr: orthancId("P1", "1.1", "1.1.1"),
  mr1: orthancId("P1", "1.1", "1.1.1", "1.1.1.1"),
  mr2: orthancId("P1", "1.1", "1.1.1", "1.1.1.2"),
  ct: orthancId("P1", "1.1", "1.1.2"),
  ct1: orthancId("P1", "1.1", "1.1.2", "1.1.2.1"),
  later: orthancId("P1", "1.2"),
  laterSeries: orthancId("P1", "1.2", "1.2.1"),
  later1: orthancId("P1", "1.2", "1.2.1", "1.2.1.1"),
  p2: orthancId("P2"),
  greek: orthancId("P2", "1.3"),
  greekSeries: orthancId("P2", "1.3", "1.3.1"),
  greek1: orthancId("P2", "1.3", "1.3.1", "1.3.1.1"),
} as const;

/** Two patients; the first has two studies, the first of these two series, the first of these two images. */
export const FILES = [
  {
    PatientBirthDate: "19700102",
    PatientSex: "O",
    StudyDescription: "Knee (R)",
    AccessionNumber: "A1",
    ImagesInAcquisition: "2",
    NumberOfTemporalPositions: "1",
    RequestAttributesSequence: [{ ScheduledProcedureStepID: "STEP" }],
    BodyPartThickness: "12.5",
  },
  { SOPInstanceUID: "1.1.1.2", InstanceNumber: "2", NumberOfFrames: "3" },
  {
    SeriesInstanceUID: "1.1.2",
    SOPInstanceUID: "1.1.2.1",
    Modality: "CT",
    SOPClassUID: "1.2.840.10008.5.1.4.1.1.2",
    InstanceNumber: null,
  },
  {
    StudyInstanceUID: "1.2",
    StudyDate: "20250301",
    SeriesInstanceUID: "1.2.1",
    SOPInstanceUID: "1.2.1.1",
  },
  {
    PatientID: "P2",
    PatientName: "Test-Θ",
    SpecificCharacterSet: "ISO_IR 192",
    StudyInstanceUID: "1.3",
    SeriesInstanceUID: "1.3.1",
    SOPInstanceUID: "1.3.1.1",
  },
].map(instanceFile);

/** A server with these files. */
export async function startFilled(config: Record<string, unknown> = {}): Promise<TestApp> {
  const server = await startApp({ config });
  for (const file of FILES) await server.upload(file);
  return server;
}
