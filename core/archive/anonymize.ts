import type { Properties } from "../ports.ts";

/** Name of the property (Orthanc has a global property for it). */
const PROPERTY = "anonymizations";

/** Numbers anonymisations, for the names of patients that have lost theirs. */
export interface AnonymizationCounter {
  /** 1, 2, … over all runs of the server; each once. */
  next(): Promise<number>;
}

/** Makes the counter. */
export function createAnonymizationCounter(properties: Properties): AnonymizationCounter {
  let last: Promise<number> | undefined;
  return {
    async next() {
      const before = last ?? properties.property(PROPERTY).then((value) => Number(value ?? 0));
      const next = before.then(async (number) => {
        await properties.setProperty(PROPERTY, String(number + 1));
        return number + 1;
      });
      last = next;
      next.catch(() => last = undefined); // the next one reads it anew
      return await next;
    },
  };
}
