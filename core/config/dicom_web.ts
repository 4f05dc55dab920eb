import * as z from "zod";
import type { ResolvePath } from "./option.ts";
import { resolvePeers, webServer } from "./peer.ts";
import { named } from "./schemas.ts";

/** The section of Orthanc's DICOMweb plugin, as far as it is served: the servers to send to. */
export const dicomWeb = z.looseObject({ Servers: named(webServer).prefault({}) })
  .transform(({ Servers: servers }) => ({ servers }))
  .describe('{"Servers": {name: [URL, user?, password?] or an object}}');

/** How DICOMweb is used. */
export type DicomWebOptions = z.output<typeof dicomWeb>;

/** The same, with the paths of certificates resolved. */
export function resolveDicomWeb(
  options: DicomWebOptions | undefined,
  resolve: ResolvePath,
): DicomWebOptions | undefined {
  return options && { ...options, servers: resolvePeers(options.servers, resolve) };
}
