/** Version of Outpost. */
export const OUTPOST_VERSION = "0.1.0";
/** The version of Orthanc whose REST API is spoken: clients decide by it what they may ask. */
export const ORTHANC_VERSION = "1.13.0";
/** Number of that REST API. */
export const ORTHANC_API_VERSION = 31;
/** What tells this implementation from others when associating, and in files (PS3.7 Section D.3.3.2). */
export const IMPLEMENTATION_CLASS_UID = "2.25.334547872130529383244855669478811541514";
/** At most 16 characters (PS3.7 Section D.3.3.2.3). */
export const IMPLEMENTATION_VERSION_NAME = `OUTPOST_${OUTPOST_VERSION}`;
