import assert from "node:assert/strict";
import { Hono } from "hono";
import { DicomError } from "../core/errors.ts";
import { createErrorHandlers, empty } from "./errors.ts";

Deno.test("onError() answers with Orthanc's object of an error", async () => {
  const response = await routes().request("/fails?x=y", { method: "POST" });
  assert.equal(response.status, 400);
  assert.equal(response.headers.get("content-type"), "text/plain");
  assert.equal(
    await response.text(),
    `{
\t"Details": "Cannot read file: it is empty",
\t"HttpError": "Bad Request",
\t"HttpStatus": 400,
\t"Message": "Bad file format",
\t"Method": "POST",
\t"OrthancError": "Bad file format",
\t"OrthancStatus": 15,
\t"Uri": "/fails"
}

`,
  );
});

Deno.test("onError() hides what was not foreseen, and logs it under a number", async () => {
  const lines: Record<string, unknown>[] = [];
  const response = await routes({ log: (_level, _message, facts) => lines.push({ ...facts }) })
    .request("/breaks");
  assert.equal(response.status, 500);
  const error = await response.json();
  assert.equal(error.OrthancStatus, -1);
  assert.doesNotMatch(JSON.stringify(error), /hidden/);
  assert.equal(lines.length, 1);
  assert.ok(error.Details.includes(lines[0]!.id));
  assert.match(String(lines[0]!.stack), /hidden/);
});

Deno.test("notFound() answers as Orthanc to unknown routes", async () => {
  const response = await routes().request("/nope");
  assert.equal(response.status, 404);
  assert.deepEqual(await response.json(), {
    HttpError: "Not Found",
    HttpStatus: 404,
    Message: "Unknown resource",
    Method: "GET",
    OrthancError: "Unknown resource",
    OrthancStatus: 17,
    Uri: "/nope",
  });
});

Deno.test("createErrorHandlers() leaves bodies empty when errors are not to be described", async () => {
  for (const path of ["/fails", "/breaks", "/nope"]) {
    const response = await routes({ describe: false }).request(path);
    assert.ok(response.status >= 400);
    assert.equal(await response.text(), "");
    assert.equal(response.headers.get("content-length"), "0");
  }
});

Deno.test("empty() answers without a body", async () => {
  const response = await new Hono().get("/", (c) => empty(c, 405)).request("/");
  assert.equal(response.status, 405);
  assert.equal(response.headers.get("content-length"), "0");
  assert.equal(response.body, null);
});

function routes(options: Partial<Parameters<typeof createErrorHandlers>[0]> = {}): Hono {
  const handlers = createErrorHandlers({ log: () => {}, describe: true, ...options });
  const app = new Hono();
  app.all("/fails", () => {
    throw new DicomError("bad-file", "Cannot read file: it is empty");
  });
  app.all("/breaks", () => {
    throw new Error("hidden");
  });
  app.onError(handlers.onError);
  app.notFound(handlers.notFound);
  return app;
}
