import { option } from "./option.ts";
import { count, flag, oneOf, seconds, uid } from "./schemas.ts";

/** DICOM client and query/retrieve. */
export const DICOM_CLIENT_OPTIONS = {
  DicomScuTimeout: option({
    schema: seconds(),
    default: 10,
    description: "How long to wait for a remote modality; 0 for no limit",
    state: "served",
  }),
  DicomAssociationCloseDelay: option({
    schema: seconds(),
    default: 5,
    description: "How long to keep an idle association for the next file",
    state: "served",
  }),
  DicomScuPreferredTransferSyntax: option({
    schema: uid,
    default: "1.2.840.10008.1.2.1",
    description: "Transfer syntax to offer first",
    state: "served",
  }),
  DicomDefaultRetrieveMethod: option({
    schema: oneOf(["C-MOVE", "C-GET"]),
    default: "C-MOVE",
    description: "How to retrieve the answers of a query",
    state: "served",
  }),
  DicomEchoChecksFind: option({
    schema: flag,
    default: false,
    description: "Try C-FIND too when testing a modality by C-ECHO",
    state: "served",
  }),
  QueryRetrieveSize: option({
    schema: count,
    default: 100,
    description: "Queries to keep",
    state: "served",
  }),
};
