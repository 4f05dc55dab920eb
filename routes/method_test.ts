import assert from "node:assert/strict";
import { Hono } from "hono";
import { createMethodTable } from "./method.ts";

const routes = new Hono()
  .get("/", (c) => c.body(null))
  .get("/things", (c) => c.body(null))
  .post("/things", (c) => c.body(null))
  .get("/things/:id", (c) => c.body(null))
  .delete("/things/:id", (c) => c.body(null))
  .get("/things/:id/content/:path{.+}", (c) => c.body(null))
  .put("/a.b", (c) => c.body(null))
  .use(async (_, next) => await next());

const METHODS_OF = [
  ["/", ["GET"]],
  ["/things", ["GET", "POST"]],
  ["/things/1", ["DELETE", "GET"]],
  ["/things/1/content/a", ["GET"]],
  ["/things/1/content/a/b/c", ["GET"]],
  ["/things/1/content", []],
  ["/things/1/nope", []],
  ["/Things", []],
  ["/a.b", ["PUT"]],
  ["/aXb", []],
  ["/things/a|b", ["DELETE", "GET"]],
] as const;

for (const [path, methods] of METHODS_OF) {
  Deno.test(`createMethodTable() finds [${methods}] at ${path}`, () => {
    assert.deepEqual([...createMethodTable(routes)(path)].sort(), methods);
  });
}

Deno.test("createMethodTable() finds each method once, though two routes have it", () => {
  const twice = new Hono()
    .get("/things/:id", (c) => c.body(null))
    .get("/things/special", (c) => c.body(null));
  assert.deepEqual(createMethodTable(twice)("/things/special"), ["GET"]);
});
