import type { Operation } from "./openapi_operations.ts";

/** How the server is, and what it counts. */
export const HEALTH_OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/health",
    summary: "Whether the server works: 200, or 503 with what does not; needs no password",
    answer: "application/json",
  },
  {
    method: "get",
    path: "/ready",
    summary: "Whether the server can store images: 200, or 503 with why not; needs no password",
    answer: "application/json",
  },
  ...["/housekeeper/status", "/plugins/housekeeper/status"].map((path): Operation => ({
    method: "get",
    path,
    summary: "How upkeep in the background is getting on",
    answer: "application/json",
  })),
  {
    method: "get",
    path: "/tools/metrics",
    summary: "Whether anything is counted: 1 or 0",
    answer: "text/plain",
  },
  {
    method: "put",
    path: "/tools/metrics",
    summary: "Count, or do not: 1 or 0",
    body: "text/plain",
    answer: "text/plain",
  },
  {
    method: "get",
    path: "/tools/metrics-prometheus",
    summary: "What the server counts, for Prometheus",
    answer: "text/plain",
  },
];
