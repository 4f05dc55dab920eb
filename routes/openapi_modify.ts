import { LEVELS } from "../core/archive/resource.ts";
import { LEVEL_NAMES } from "./levels.ts";
import { CreateDicom } from "./create_dicom.ts";
import { Anonymize, BulkAnonymize, BulkModify, Modify } from "./modify.ts";
import { Reconstruct, ReconstructAll } from "./reconstruct.ts";
import { Merge, Split } from "./split_merge.ts";
import type { Operation } from "./openapi_operations.ts";

/** Changing what is stored into new resources. */
export const MODIFY_OPERATIONS: readonly Operation[] = [
  ...LEVELS.flatMap((level): Operation[] => {
    const one = `/${LEVEL_NAMES[level].segment}/:id`;
    const answer = level === "Instance" ? "application/dicom" : "application/json";
    const what = level === "Instance" ? "The file that it becomes when" : "A new one, where";
    return [
      {
        method: "post",
        path: `${one}/modify`,
        summary: `${what} attributes are changed`,
        body: Modify,
        answer,
      },
      {
        method: "post",
        path: `${one}/anonymize`,
        summary: `${what} the patient cannot be recognised`,
        body: Anonymize,
        answer,
      },
      {
        method: "post",
        path: `${one}/reconstruct`,
        summary: "Read its files anew for the index",
        body: Reconstruct,
        answer: "text/plain",
      },
    ];
  }),
  {
    method: "post",
    path: "/studies/:id/split",
    summary: "Move series and instances into a new study",
    body: Split,
    answer: "application/json",
  },
  {
    method: "post",
    path: "/studies/:id/merge",
    summary: "Move studies, series and instances into it",
    body: Merge,
    answer: "application/json",
  },
  {
    method: "post",
    path: "/tools/bulk-modify",
    summary: "Change many resources into new ones",
    body: BulkModify,
    answer: "application/json",
  },
  {
    method: "post",
    path: "/tools/create-dicom",
    summary: "Make an instance or a series of values and content",
    body: CreateDicom,
    answer: "application/json",
  },
  {
    method: "post",
    path: "/tools/reconstruct",
    summary: "Read all files anew for the index",
    body: ReconstructAll,
    answer: "text/plain",
  },
  {
    method: "post",
    path: "/tools/invalidate-tags",
    summary: "Forget summaries of files, of which there are none",
    answer: "text/plain",
  },
  {
    method: "post",
    path: "/tools/bulk-anonymize",
    summary: "Anonymise many resources",
    body: BulkAnonymize,
    answer: "application/json",
  },
];
