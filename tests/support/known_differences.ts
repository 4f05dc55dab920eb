import type { Difference } from "./compare.ts";
import { orthancId } from "./instances.ts";

/** A difference that is meant, by its place in an answer. */
export interface Known {
  readonly reason: string;
  readonly applies: (difference: Difference, request: Request) => boolean;
}

/** Method, path, and body if any. */
export type Request = readonly [
  method: string,
  path: string,
  body?: Uint8Array<ArrayBuffer> | object | string,
];

const last = ({ path }: Difference) => path.at(-1) ?? "";
const names = (...keys: readonly string[]) => ({ path }: Difference) =>
  path.some((key) => keys.includes(key));
const isMain = names("MainDicomTags", "PatientMainDicomTags");
const text = (value: unknown) => typeof value === "string" ? value : "";

/** Where Outpost and Orthanc 1.10.1 answer differently, and why. */
export const KNOWN: readonly Known[] = [
  {
    reason: "each server has its own",
    applies: names("FileUuid", "LastUpdate", "Date"),
  },
  {
    reason: "since 1.12.0",
    applies: names("Labels", "IsProtected", "First"),
  },
  {
    reason: "main tags since 1.12.5",
    applies: (difference) =>
      isMain(difference) && names("TimezoneOffsetFromUTC", "0008,0201")(difference),
  },
  {
    reason: "main tags of more than 256 characters are missing in Orthanc",
    applies: (difference) =>
      isMain(difference) && difference.theirs === undefined && text(difference.ours).length > 256,
  },
  {
    reason: "Orthanc reads a backslash as the yen sign in ISO 2022 IR 13",
    applies: ({ ours, theirs }) =>
      text(theirs).includes("\u00a5") && text(theirs).replaceAll("\u00a5", "\\") === ours,
  },
  {
    reason: "Orthanc reads one character set only, where ISO 2022 changes between several",
    applies: ({ ours, theirs }) =>
      text(ours).startsWith("\uff94\uff8f\uff80\uff9e") && text(theirs).includes("=;3ED"),
  },
  {
    reason: "Orthanc keeps the padding of private creators in UN",
    applies: ({ ours, theirs }) => text(theirs).endsWith(" ") && text(theirs).trimEnd() === ours,
  },
  {
    reason: "Orthanc names no creator of attributes that its dictionary lacks",
    applies: (difference) => last(difference) === "PrivateCreator" && !difference.theirs,
  },
  {
    reason: "Orthanc shows one value of AT only",
    applies: ({ ours, theirs }) => text(ours).startsWith(`${text(theirs)}\\`) && theirs !== "",
  },
  {
    reason: "Orthanc takes an empty date for one before all others",
    applies: (_, [, , body]) => JSON.stringify(body)?.includes('"-20040101"') ?? false,
  },
  {
    reason: "Orthanc looks up without regard to case",
    applies: (_, [, path, body]) => path === "/tools/lookup" && body === "id1",
  },
  {
    reason: "each shows the module of an instance of its choice",
    applies: (_, [, path]) => path === `/patients/${orthancId("")}/module`,
  },
  {
    reason: "1.10.1 takes a body that lacks fields for a bad file",
    applies: (_, [, path]) => path.startsWith("/tools/bulk-"),
  },
];
