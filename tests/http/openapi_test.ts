import assert from "node:assert/strict";
import { OPERATIONS } from "../../routes/openapi_operations.ts";
import { startApp } from "../support/app.ts";

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
}

interface OperationObject {
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
}

Deno.test("every route is described, and every description has its route", async () => {
  await using server = await startApp();
  const served = server.routes.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path}`);
  const described = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  assert.deepEqual([...new Set(served)].sort(), described.sort());
});

Deno.test("/openapi.json names the parameters in each path, and no operation twice", async () => {
  await using server = await startApp();
  const { openapi, paths } = await server.get<Document>("/openapi.json");
  assert.equal(openapi, "3.1.0");
  let count = 0;
  for (const [path, operations] of Object.entries(paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.doesNotMatch(path, /[:*+]/);
    for (const { parameters } of Object.values(operations)) {
      const named = parameters.filter((parameter) => parameter.in === "path");
      assert.deepEqual(named.map(({ name }) => name), inPath, path);
      count++;
    }
  }
  assert.equal(count, OPERATIONS.length);
});
