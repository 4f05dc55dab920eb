import { type Level, LEVELS } from "../core/archive/resource.ts";
import { LEVEL_NAMES } from "./levels.ts";
import type { Operation } from "./openapi_operations.ts";

const JSON_TYPE = "application/json";
const TEXT = "text/plain";
const BYTES = "application/octet-stream";

/** Metadata, attachments, protection, and the log of what was sent. */
export const ANNOTATION_OPERATIONS: readonly Operation[] = [
  ...LEVELS.flatMap((level) => [...metadataOperations(level), ...attachmentOperations(level)]),
  {
    method: "get",
    path: "/patients/:id/protected",
    summary: "Whether it stays when room is needed, 0 or 1",
    answer: TEXT,
  },
  {
    method: "put",
    path: "/patients/:id/protected",
    summary: "Protect it, or do so no more",
    body: TEXT,
    answer: TEXT,
  },
  {
    method: "get",
    path: "/exports",
    summary: "What was sent",
    query: ["since", "limit", "last"],
    answer: JSON_TYPE,
  },
  { method: "delete", path: "/exports", summary: "Empty the log of what was sent", answer: TEXT },
];

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

function attachmentOperations(level: Level): Operation[] {
  const all = `/${LEVEL_NAMES[level].segment}/:id/attachments`;
  const one = `${all}/:name`;
  const get = (name: string, summary: string, answer: Operation["answer"]): Operation => ({
    method: "get",
    path: `${one}/${name}`,
    summary,
    ...(answer === BYTES && { query: ["filename"] }),
    answer,
  });
  const post = (name: string, summary: string): Operation => ({
    method: "post",
    path: `${one}/${name}`,
    summary,
    answer: JSON_TYPE,
  });
  return [
    { method: "get", path: all, summary: "Its attachments", query: ["full"], answer: JSON_TYPE },
    { method: "get", path: one, summary: "What can be asked of it", answer: JSON_TYPE },
    { method: "put", path: one, summary: "Attach a file", body: BYTES, answer: JSON_TYPE },
    { method: "delete", path: one, summary: "Remove an attachment of your own", answer: TEXT },
    get("data", "Its bytes, or a Range of them", BYTES),
    get("compressed-data", "Its bytes as they lie on the disk", BYTES),
    get("info", "Sizes and digests", JSON_TYPE),
    get("size", "Its size in bytes", TEXT),
    get("compressed-size", "Its size on the disk", TEXT),
    get("md5", "Its MD5", TEXT),
    get("compressed-md5", "The MD5 of what lies on the disk", TEXT),
    get("is-compressed", "Whether it is compressed, 0 or 1", TEXT),
    post("verify-md5", "Compare it with what was stored"),
    post("compress", "Compress it on the disk"),
    post("uncompress", "Undo that"),
  ];
}
