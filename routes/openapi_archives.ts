import { Archive, ArchiveOfResources } from "./archive.ts";
import type { Operation } from "./openapi_operations.ts";

const ZIP = "application/zip";
const QUERY = ["filename", "transcode", "lossy-quality"];

/** What each kind of archive is. */
const KINDS = {
  archive: "A ZIP archive of its files, or a job that makes one",
  media: "The same with a DICOMDIR, for media",
} as const;

const TOOLS = {
  "create-archive": "A ZIP archive of any resources, or a job that makes one",
  "create-media": "The same with a DICOMDIR, for media",
  "create-media-extended": "The same with descriptions of series in the DICOMDIR",
} as const;

const OUTPUT = "/jobs/:id/:key";

/** ZIP archives and media. */
export const ARCHIVE_OPERATIONS: readonly Operation[] = [
  ...["patients", "studies", "series"].flatMap((segment) =>
    Object.entries(KINDS).flatMap(([name, summary]) => {
      const query = name === "media" ? [...QUERY, "extended"] : QUERY;
      return both({ path: `/${segment}/:id/${name}`, summary, query, body: Archive });
    })
  ),
  ...Object.entries(TOOLS).flatMap(([name, summary]) =>
    both({
      path: `/tools/${name}`,
      summary,
      query: ["resources", ...QUERY],
      body: ArchiveOfResources,
    })
  ),
  { method: "get", path: OUTPUT, summary: "What a job has made: `archive`", answer: ZIP },
  { method: "delete", path: OUTPUT, summary: "Forget what it has made", answer: "text/plain" },
];

/** The same to be got with arguments, and to be posted with a body. */
function both(
  { path, summary, query, body }: Required<Pick<Operation, "path" | "summary" | "query" | "body">>,
): Operation[] {
  return [
    { method: "get", path, summary, query, answer: ZIP },
    { method: "post", path, summary, body, answer: ZIP },
  ];
}
