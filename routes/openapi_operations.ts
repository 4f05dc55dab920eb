import type * as z from "zod";
import { type Level, LEVELS } from "../core/archive/resource.ts";
import { LOG_CATEGORIES } from "../core/log.ts";
import { BulkContent, BulkDelete } from "./bulk.ts";
import { Find } from "./find.ts";
import { HEALTH_OPERATIONS } from "./openapi_health.ts";
import { LEVEL_NAMES } from "./levels.ts";
import { MODIFY_OPERATIONS } from "./openapi_modify.ts";
import { ANNOTATION_OPERATIONS } from "./openapi_annotations.ts";
import { ARCHIVE_OPERATIONS } from "./openapi_archives.ts";
import { PEER_OPERATIONS } from "./openapi_peers.ts";
import { RELAY_OPERATIONS } from "./openapi_relay.ts";
import { REMOTE_OPERATIONS } from "./openapi_remote.ts";

/** What the API description says about one route. */
export interface Operation {
  readonly method: "get" | "post" | "put" | "delete";
  /** With `:name` for parameters, as in the routes. */
  readonly path: string;
  readonly summary: string;
  /** Names of the arguments in the query. */
  readonly query?: readonly string[];
  /** Media type of the body, or the schema of a JSON body. */
  readonly body?: string | z.ZodType;
  /** Media type of the answer. */
  readonly answer:
    | "application/json"
    | "text/plain"
    | "application/octet-stream"
    | "application/dicom"
    | "application/pdf"
    | "application/gzip"
    | "application/zip"
    | "image/png"
    | "text/event-stream";
}

const JSON_TYPE = "application/json";
const TEXT = "text/plain";
const DIALECT = ["short", "full", "simplify"];
const SHAPE = ["requested-tags", "response-content", ...DIALECT];
const TAGS = [...DIALECT, "ignore-length"];

/** Every operation of the REST API. */
export const OPERATIONS: readonly Operation[] = [
  ...LEVELS.flatMap(levelOperations),
  {
    method: "post",
    path: "/instances",
    summary: "Store a DICOM file, a ZIP archive of them, or the files of a browser's form",
    body: "application/dicom",
    answer: JSON_TYPE,
  },
  ...instanceOperations(),
  ...imageOperations(),
  ...changeOperations(),
  {
    method: "get",
    path: "/associations",
    summary: "The last DICOM associations, newest first, with why they ended or were refused",
    query: ["limit"],
    answer: JSON_TYPE,
  },
  {
    method: "get",
    path: "/audit",
    summary: "Who read, changed, sent and deleted what: entries after number since, oldest first",
    query: ["since", "limit"],
    answer: JSON_TYPE,
  },
  ...HEALTH_OPERATIONS,
  { method: "get", path: "/system", summary: "What the server is and can do", answer: JSON_TYPE },
  { method: "get", path: "/statistics", summary: "How much is stored", answer: JSON_TYPE },
  { method: "get", path: "/openapi.json", summary: "This description", answer: JSON_TYPE },
  ...toolOperations(),
  ...ANNOTATION_OPERATIONS,
  ...ARCHIVE_OPERATIONS,
  ...MODIFY_OPERATIONS,
  ...REMOTE_OPERATIONS,
  ...RELAY_OPERATIONS,
  ...PEER_OPERATIONS,
];

function levelOperations(level: Level): Operation[] {
  const base = `/${LEVEL_NAMES[level].segment}`;
  const one = `${base}/:id`;
  const get = (path: string, summary: string, query: readonly string[] = []): Operation => ({
    method: "get",
    path,
    summary,
    query,
    answer: JSON_TYPE,
  });
  const depth = LEVELS.indexOf(level);
  return [
    get(base, `List the ${base.slice(1)}`, ["expand", "since", "limit", ...SHAPE]),
    get(one, `One ${level.toLowerCase()}`, SHAPE),
    {
      method: "delete",
      path: one,
      summary: "Delete it, and parents left empty",
      answer: JSON_TYPE,
    },
    get(`${one}/statistics`, "How much it holds"),
    get(`${one}/module`, "The attributes of the DICOM module of this level", TAGS),
    get(`${one}/labels`, "Its labels"),
    {
      method: "get",
      path: `${one}/labels/:label`,
      summary: "Whether it has a label",
      answer: TEXT,
    },
    { method: "put", path: `${one}/labels/:label`, summary: "Add a label", answer: TEXT },
    { method: "delete", path: `${one}/labels/:label`, summary: "Remove a label", answer: TEXT },
    ...LEVELS.slice(depth + 1).map((below) => {
      const { segment } = LEVEL_NAMES[below];
      return get(`${one}/${segment}`, `The ${segment} below it`, ["expand", ...SHAPE]);
    }),
    ...LEVELS.slice(0, depth).map((above) =>
      get(`${one}/${above.toLowerCase()}`, `The ${above.toLowerCase()} above it`, SHAPE)
    ),
    ...(level === "Study" ? [get(`${one}/module-patient`, "The Patient Module", TAGS)] : []),
    ...(level === "Instance" ? [] : [
      get(`${one}/instances-tags`, "The tags of each of its instances", TAGS),
      get(`${one}/shared-tags`, "The tags that all its instances have in common", TAGS),
    ]),
  ];
}

function instanceOperations(): Operation[] {
  const one = "/instances/:id";
  const get = (path: string, summary: string, query: readonly string[]): Operation => ({
    method: "get",
    path: one + path,
    summary,
    query,
    answer: JSON_TYPE,
  });
  return [
    get("/tags", "Its tags by number", [...TAGS, "whole"]),
    get("/simplified-tags", "Its tags by name", ["ignore-length", "whole"]),
    get("/header", "Its file meta information", DIALECT),
    get("/content", "The tags that it has", []),
    {
      method: "get",
      path: `${one}/content/:path{.+}`,
      summary: "The raw value at a path of tags and item numbers, or what is below it",
      answer: "application/octet-stream",
    },
    {
      method: "get",
      path: `${one}/file`,
      summary: "The DICOM file, byte for byte; or the DICOM JSON Model, if the client names that",
      query: ["filename"],
      answer: "application/dicom",
    },
    {
      method: "get",
      path: `${one}/pdf`,
      summary: "The PDF that it encapsulates",
      answer: "application/pdf",
    },
    {
      method: "post",
      path: `${one}/export`,
      summary: "Always refused: no client chooses where the server writes",
      body: TEXT,
      answer: TEXT,
    },
  ];
}

function imageOperations(): Operation[] {
  const frame = "/instances/:id/frames/:frame";
  const get = (
    path: string,
    summary: string,
    answer: Operation["answer"],
    query: readonly string[] = [],
  ): Operation => ({ method: "get", path, summary, answer, query });
  const picture = ["quality", "returnUnsupportedImage"];
  const rendered = ["window-center", "window-width", "width", "height", "smooth", ...picture];
  const array = ["rescale", "compress"];
  const bytes = "application/octet-stream";
  return [
    ...["/instances/:id", frame].flatMap((base) => [
      get(
        `${base}/preview`,
        "A picture, as PNG, JPEG or PAM, as Accept says",
        "image/png",
        picture,
      ),
      get(`${base}/rendered`, "A picture with a window, in any size", "image/png", rendered),
      get(`${base}/image-uint8`, "Its numbers from 0 to 255", "image/png", picture),
      get(`${base}/image-uint16`, "Its numbers from 0 to 65535", "image/png", picture),
      get(`${base}/image-int16`, "Its numbers from -32768 to 32767", "image/png", picture),
      get(`${base}/matlab`, "Its numbers as an expression of MATLAB", TEXT),
      get(`${base}/numpy`, "Its numbers as an array of NumPy", bytes, array),
    ]),
    get("/instances/:id/frames", "The numbers of its frames", JSON_TYPE),
    get(frame, "What there is of a frame", JSON_TYPE),
    get(`${frame}/raw`, "The bytes of a frame as they are stored", bytes),
    get(`${frame}/raw.gz`, "The same, compressed", "application/gzip"),
    get("/series/:id/ordered-slices", "Its slices in order (deprecated)", JSON_TYPE),
    get("/series/:id/numpy", "All its frames as an array of NumPy", bytes, array),
    get("/app/images/unsupported.png", "The picture in place of one that cannot be", "image/png"),
  ];
}

function changeOperations(): Operation[] {
  return [
    {
      method: "get",
      path: "/changes",
      summary: "What has happened, in order",
      query: ["since", "limit", "to", "type", "last"],
      answer: JSON_TYPE,
    },
    { method: "delete", path: "/changes", summary: "Empty the log of changes", answer: TEXT },
    {
      method: "get",
      path: "/changes/stream",
      summary: "What happens, as server-sent events; Last-Event-ID or since says where to go on",
      query: ["since"],
      answer: "text/event-stream",
    },
  ];
}

function toolOperations(): Operation[] {
  const get = (name: string, summary: string, query: readonly string[] = []): Operation => ({
    method: "get",
    path: `/tools/${name}`,
    summary,
    query,
    answer: TEXT,
  });
  const post = (name: string, summary: string, body?: string | z.ZodType): Operation => ({
    method: "post",
    path: `/tools/${name}`,
    summary,
    ...(body !== undefined && { body }),
    answer: JSON_TYPE,
  });
  const levels = ["log-level", ...LOG_CATEGORIES.map((category) => `log-level-${category}`)];
  return [
    { method: "get", path: "/tools", summary: "What there is under /tools", answer: JSON_TYPE },
    get("now", "The time, UTC"),
    get("now-local", "The time in the time zone of the server"),
    get("generate-uid", "A new UID, or patient identifier", ["level"]),
    get("default-encoding", "The character set assumed where a file declares none"),
    {
      method: "put",
      path: "/tools/default-encoding",
      summary: "Change it, until the configuration is read again",
      body: TEXT,
      answer: TEXT,
    },
    { method: "get", path: "/tools/labels", summary: "All labels in use", answer: JSON_TYPE },
    post("find", "Find resources", Find),
    post("count-resources", "Count what /tools/find would find", Find),
    post("lookup", "Find resources by PatientID, AccessionNumber or UID", TEXT),
    post("bulk-content", "Describe many resources", BulkContent),
    post("bulk-delete", "Delete many resources", BulkDelete),
    post("reset", "Stop and start anew with the configuration as it is now"),
    post("shutdown", "Stop the server"),
    ...levels.flatMap((name): Operation[] => [
      get(name, "How much is logged"),
      {
        method: "put",
        path: `/tools/${name}`,
        summary: "Log more or less",
        body: TEXT,
        answer: TEXT,
      },
    ]),
  ];
}
