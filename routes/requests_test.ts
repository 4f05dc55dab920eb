import assert from "node:assert/strict";
import { type Context, Hono } from "hono";
import { DicomError } from "../core/errors.ts";
import {
  chosenBlocks,
  dialectOf,
  ignoreLengthOf,
  pageOf,
  requestedTag,
  requestedTagsOf,
} from "./requests.ts";

/** What `read` makes of a request with this query. */
async function of<T>(query: string, read: (c: Context) => T): Promise<T> {
  const result = Promise.withResolvers<T>();
  const routes = new Hono().get("/studies", (c) => {
    try {
      result.resolve(read(c));
    } catch (error) {
      result.reject(error);
    }
    return c.body(null);
  });
  await routes.request(`/studies${query}`);
  return await result.promise;
}

const DIALECTS = [
  ["", "full"],
  ["?short", "short"],
  ["?simplify", "simplified"],
  ["?short&simplify", "simplified"],
  ["?full", "full"],
  ["?short=false", "full"],
  ["?short=true", "short"],
] as const;

for (const [query, dialect] of DIALECTS) {
  Deno.test(`dialectOf() is ${dialect} for "${query}"`, async () => {
    assert.equal(await of(query, (c) => dialectOf(c, "full")), dialect);
  });
}

Deno.test("dialectOf() takes ?full for full where that is not the fallback", async () => {
  assert.equal(await of("?full", (c) => dialectOf(c, "simplified")), "full");
  assert.equal(await of("", (c) => dialectOf(c, "simplified")), "simplified");
});

Deno.test("pageOf() is both or neither of since and limit", async () => {
  assert.deepEqual(await of("", pageOf), { since: 0, limit: 0 });
  assert.deepEqual(await of("?since=7&limit=0", pageOf), { since: 7, limit: 0 });
  await assert.rejects(of("?since=7", pageOf), failure("bad-request", /Missing "limit"/));
  await assert.rejects(
    of("?limit=7", pageOf),
    failure("bad-request", /Missing "since".*\/studies\//),
  );
});

for (const text of ["", "-1", "1.5", "a", "1e3", "0x10", " 1", "1".repeat(16)]) {
  Deno.test(`pageOf() takes "${text}" for no number`, async () => {
    await assert.rejects(of(`?since=0&limit=${text}`, pageOf), failure("bad-type", /limit/));
  });
}

Deno.test("requestedTagsOf() reads names and numbers, also under the old name", async () => {
  const tags = [0x00100010, 0x00280010, 0x00280011];
  const query = "?requested-tags=PatientName;0028-0010;;00280011";
  assert.deepEqual(await of(query, requestedTagsOf), tags);
  assert.deepEqual(await of(query.replace("-tags", "Tags"), requestedTagsOf), tags);
  assert.deepEqual(await of("", requestedTagsOf), []);
});

Deno.test("requestedTag() names what is no attribute", () => {
  assert.throws(() => requestedTag("Nope"), failure("bad-request", /"Nope"/));
});

Deno.test("ignoreLengthOf() reads a list", async () => {
  const tags = await of("?ignore-length=0010-4000,,Rows", ignoreLengthOf);
  assert.deepEqual([...tags], [0x00104000, 0x00280010]);
  await assert.rejects(of("?ignore-length=Nope", ignoreLengthOf), failure("unknown-tag", /Nope/));
});

Deno.test("chosenBlocks() are none unless chosen, and then the chosen ones", async () => {
  assert.equal(await of("", chosenBlocks), undefined);
  assert.deepEqual(await of("?response-content=", chosenBlocks), new Set());
  const chosen = await of("?response-content=Labels;Parent", chosenBlocks);
  assert.deepEqual(chosen, new Set(["Labels", "Parent"]));
});

function failure(code: string, message: RegExp) {
  return (error: unknown) =>
    error instanceof DicomError && error.code === code && message.test(error.message);
}
