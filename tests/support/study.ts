import { element, item, part10, sequence } from "./dicom.ts";
import { TAG } from "../../core/dicom/tag.ts";
import { startApp, type TestApp, type TestAppOptions, type UploadAnswer } from "./app.ts";

/** Which instance of the study. */
export interface Place {
  readonly series: number;
  readonly number: number;
}

const CT = "1.2.840.10008.5.1.4.1.1.2";

/** A server with a study of two series with two instances each; the instances refer to the first of their series. */
export interface StudyApp extends TestApp {
  readonly study: string;
  readonly patient: string;
  /** Of the two series. */
  readonly series: readonly string[];
  /** In the order of series and number. */
  readonly instances: readonly string[];
}

/** Starts the server. */
export async function startWithStudy(options: TestAppOptions = {}): Promise<StudyApp> {
  const server = await startApp(options);
  const stored: UploadAnswer[] = [];
  for (const series of [1, 2]) {
    for (const number of [1, 2]) stored.push(await server.upload(studyFile({ series, number })));
  }
  const [first] = stored;
  return {
    ...server,
    study: first!.ParentStudy,
    patient: first!.ParentPatient,
    series: [...new Set(stored.map(({ ParentSeries }) => ParentSeries))],
    instances: stored.map(({ ID }) => ID),
  };
}

/** One of its files. */
export function studyFile({ series, number }: Place): Uint8Array<ArrayBuffer> {
  const sopInstanceUid = `1.2.3.${series}.${number}`;
  const reference = item([
    element(0x00081150, "UI", CT),
    element(0x00081155, "UI", `1.2.3.${series}.1`),
    element(TAG.patientName, "PN", "Nested^Name"),
  ]);
  return part10({
    instance: { sopClassUid: CT, sopInstanceUid },
    pieces: [
      element(TAG.specificCharacterSet, "CS", "ISO_IR 100"),
      element(TAG.sopClassUid, "UI", CT),
      element(TAG.sopInstanceUid, "UI", sopInstanceUid),
      element(TAG.studyDate, "DA", "20200101"),
      element(TAG.accessionNumber, "SH", "ACC"),
      element(TAG.modality, "CS", "CT"),
      element(0x00080080, "LO", "Hospital"),
      element(0x00081030, "LO", "Study"),
      element(0x0008103e, "LO", `Series ${series}`),
      sequence(0x00081140, [reference]),
      element(0x00090010, "LO", "ACME"),
      element(0x00091001, "LO", "private"),
      element(TAG.patientName, "PN", "M\xfcller^Hans"),
      element(TAG.patientId, "LO", "P1"),
      element(0x00181000, "LO", "Serial"),
      element(TAG.studyInstanceUid, "UI", "1.2.3"),
      element(TAG.seriesInstanceUid, "UI", `1.2.3.${series}`),
      element(TAG.instanceNumber, "IS", String(number)),
      element(0x00200052, "UI", "1.2.3.77"),
      element(0x00280010, "US", [2]),
      element(0x00280011, "US", [2]),
      element(TAG.pixelData, "OW", Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)),
    ],
  });
}
