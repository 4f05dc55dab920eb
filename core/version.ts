/** Version of Outpost. */
export const OUTPOST_VERSION = "0.1.0";
/** The version of Orthanc whose REST API is spoken: clients decide by it what they may ask. */
export const ORTHANC_VERSION = "1.13.0";
/** Number of that REST API. */
export const ORTHANC_API_VERSION = 31;
