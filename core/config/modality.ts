import * as z from "zod";
import { aeTitle, flag, host, integer, oneOf, seconds } from "./schemas.ts";

/** Kinds of remote systems that need another treatment (Orthanc's names). */
export const MANUFACTURERS = [
  "Generic",
  "GenericNoWildcardInDates",
  "GenericNoUniversalWildcard",
  "Vitrea",
  "GE",
] as const;

/** Kinds that Orthanc knew once, and what they stand for now. */
const FORMER_MANUFACTURERS: ReadonlyMap<unknown, string> = new Map([
  ["ClearCanvas", "Generic"],
  ["Dcm4Chee", "Generic"],
  ["EFilm2", "Generic"],
  ["MedInria", "Generic"],
  ["StoreScp", "Generic"],
  ["AgfaImpax", "GenericNoWildcardInDates"],
  ["SyngoVia", "GenericNoWildcardInDates"],
]);

const allowed = flag.default(true);

const longForm = z.strictObject({
  AET: aeTitle,
  Host: host,
  Port: z.preprocess(digitsToNumber, integer(1, 65_535)),
  Manufacturer: z.preprocess(presentManufacturer, oneOf(MANUFACTURERS)),
  AllowEcho: allowed,
  AllowStore: allowed,
  AllowFind: allowed,
  AllowFindWorklist: allowed,
  AllowGet: allowed,
  AllowMove: allowed,
  AllowNAction: flag.optional(),
  AllowEventReport: flag.optional(),
  AllowStorageCommitment: allowed,
  AllowTranscoding: allowed,
  UseDicomTls: flag.default(false),
  LocalAet: z.union([z.literal(""), aeTitle]).default(""),
  Timeout: seconds().default(0),
  RetrieveMethod: oneOf(["SystemDefault", "C-MOVE", "C-GET"]).default("SystemDefault"),
});

/**
 * A remote modality, written `[AET, host, port, manufacturer?]` or as Orthanc's object. `timeout` is in seconds, 0
 * for that of `DicomScuTimeout`; an empty `localAet` is that of `DicomAet`. `AllowStorageCommitment` stands for
 * N-ACTION and N-EVENT-REPORT where these are not given.
 */
export const modality = z.preprocess(fromShortForm, longForm).transform((written) => ({
  aet: written.AET,
  host: written.Host,
  port: written.Port,
  manufacturer: written.Manufacturer,
  allowEcho: written.AllowEcho,
  allowStore: written.AllowStore,
  allowFind: written.AllowFind,
  allowFindWorklist: written.AllowFindWorklist,
  allowGet: written.AllowGet,
  allowMove: written.AllowMove,
  allowNAction: written.AllowNAction ?? written.AllowStorageCommitment,
  allowEventReport: written.AllowEventReport ?? written.AllowStorageCommitment,
  allowTranscoding: written.AllowTranscoding,
  useDicomTls: written.UseDicomTls,
  localAet: written.LocalAet,
  timeout: written.Timeout,
  retrieveMethod: written.RetrieveMethod,
})).describe("[AET, host, port, manufacturer?], or an object");

/** A remote modality. */
export type Modality = z.output<typeof modality>;

/** The long form of a modality, as Orthanc shows it. */
export function modalityJson(modality: Modality) {
  return {
    AET: modality.aet,
    AllowEcho: modality.allowEcho,
    AllowEventReport: modality.allowEventReport,
    AllowFind: modality.allowFind,
    AllowFindWorklist: modality.allowFindWorklist,
    AllowGet: modality.allowGet,
    AllowMove: modality.allowMove,
    AllowNAction: modality.allowNAction,
    AllowStore: modality.allowStore,
    AllowTranscoding: modality.allowTranscoding,
    Host: modality.host,
    LocalAet: modality.localAet,
    Manufacturer: modality.manufacturer,
    Port: modality.port,
    RetrieveMethod: modality.retrieveMethod,
    Timeout: modality.timeout,
    UseDicomTls: modality.useDicomTls,
  };
}

function fromShortForm(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const [AET, Host, Port, Manufacturer, ...rest] = value;
  if (rest.length > 0) return undefined; // fails, as any other value that is no object
  return { AET, Host, Port, ...(Manufacturer !== undefined && { Manufacturer }) };
}

function digitsToNumber(value: unknown): unknown {
  return typeof value === "string" && /^\d{1,5}$/.test(value) ? Number(value) : value;
}

function presentManufacturer(value: unknown): unknown {
  return value === undefined ? "Generic" : FORMER_MANUFACTURERS.get(value) ?? value;
}
