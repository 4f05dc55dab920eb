import { OUTPOST_VERSION } from "../version.ts";

/** What tells this implementation from others when associating, and in files (PS3.7 Section D.3.3.2). */
export const IMPLEMENTATION_CLASS_UID = "2.25.334547872130529383244855669478811541514";
/** At most 16 characters (PS3.7 Section D.3.3.2.3). */
export const IMPLEMENTATION_VERSION_NAME = `OUTPOST_${OUTPOST_VERSION}`;
