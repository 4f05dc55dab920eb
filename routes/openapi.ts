import { Hono } from "hono";
import * as z from "zod";
import { OUTPOST_VERSION } from "../core/version.ts";
import { type Operation, OPERATIONS } from "./openapi_operations.ts";
import { json } from "./respond.ts";

/** The description of the REST API (OpenAPI 3.1). */
export function openApiRoutes(): Hono {
  return new Hono().get("/openapi.json", (c) => json(c, openApiDocument()));
}

/** The whole document. */
export function openApiDocument() {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS) {
    const path = operation.path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}");
    (paths[path] ??= {})[operation.method] = operationObject(operation);
  }
  return {
    openapi: "3.1.0",
    info: { title: "Outpost", version: OUTPOST_VERSION },
    paths,
  };
}

function operationObject({ path, summary, query = [], body, answer }: Operation) {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inQuery = query.map((name) => ({ name, in: "query", schema: { type: "string" } }));
  return {
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body !== undefined && { requestBody: { content: contentOf(body) } }),
    responses: { 200: { description: summary, content: { [answer]: {} } } },
  };
}

function contentOf(body: string | z.ZodType) {
  if (typeof body === "string") return { [body]: {} };
  return { "application/json": { schema: z.toJSONSchema(body, { io: "input" }) } };
}
