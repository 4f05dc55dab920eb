import { type Level, LEVELS } from "../core/archive/resource.ts";
import { LEVEL_NAMES } from "./levels.ts";
import type { Operation } from "./openapi_operations.ts";

const JSON_TYPE = "application/json";
const TEXT = "text/plain";

/** Metadata and attachments of resources of every level. */
export const ANNOTATION_OPERATIONS: readonly Operation[] = LEVELS.flatMap(metadataOperations);

function metadataOperations(level: Level): Operation[] {
  const all = `/${LEVEL_NAMES[level].segment}/:id/metadata`;
  const one = `${all}/:name`;
  return [
    {
      method: "get",
      path: all,
      summary: "Its metadata",
      query: ["expand", "numeric"],
      answer: JSON_TYPE,
    },
    { method: "get", path: one, summary: "The value of a metadata", answer: TEXT },
    { method: "put", path: one, summary: "Set a metadata of your own", body: TEXT, answer: TEXT },
    { method: "delete", path: one, summary: "Remove a metadata of your own", answer: TEXT },
  ];
}
