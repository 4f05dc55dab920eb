import assert from "node:assert/strict";
import { Hono } from "hono";
import { emptyJson, flag, json, jsonStream, text } from "./respond.ts";

const routes = new Hono()
  .get("/json", (c) => json(c, { "0010,0010": { Value: 'A<&>"' }, List: [1, null], Empty: [] }))
  .get("/empty", emptyJson)
  .get("/text", (c) => text(c, "20260101T000000"))
  .get("/flag", (c) => c.text(String(flag(c, "expand"))))
  .get("/few", (c) => jsonStream(c, counting(3)))
  .get("/none", (c) => jsonStream(c, counting(0)))
  .get("/many", (c) => jsonStream(c, counting(100_000)));

Deno.test("json() indents by three and tells its length", async () => {
  const response = await routes.request("/json");
  assert.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
  const body = await response.text();
  assert.match(body, /^\{\n {3}"0010,0010": \{\n {6}"Value": /);
  assert.equal(response.headers.get("content-length"), String(body.length));
});

/** As Orthanc 1.10.1 answered. */
const ACCEPTS: readonly (readonly [accept: string, type: "json" | "xml"])[] = [
  ["application/xml", "xml"],
  ["application/xml;q=0.5, application/json", "xml"],
  ["application/json, application/xml", "json"],
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"],
  ["text/xml", "json"],
  ["application/*", "json"],
  ["image/png", "json"],
];

for (const [accept, type] of ACCEPTS) {
  Deno.test(`json() answers ${type} to Accept: ${accept}`, async () => {
    for (const path of ["/json", "/few"]) {
      const response = await routes.request(path, { headers: { accept } });
      await response.body?.cancel();
      const expected = `application/${type}; charset=utf-8`;
      assert.equal(response.headers.get("content-type"), expected);
    }
  });
}

Deno.test("json() writes XML as Orthanc, but for names that XML forbids", async () => {
  const response = await routes.request("/json", { headers: { accept: "application/xml" } });
  assert.equal(
    await response.text(),
    `<?xml version="1.0" encoding="utf-8"?>
<root>
  <member name="0010,0010">
    <Value>A&lt;&amp;&gt;&quot;</Value>
  </member>
  <List>
    <item>1</item>
    <item>null</item>
  </List>
  <Empty></Empty>
</root>
`,
  );
});

Deno.test("emptyJson() and text() are Orthanc's", async () => {
  const empty = await routes.request("/empty");
  assert.equal(empty.headers.get("content-type"), "application/json");
  assert.equal(await empty.text(), "{}");
  const plain = await routes.request("/text");
  assert.equal(plain.headers.get("content-type"), "text/plain");
  assert.equal(await plain.text(), "20260101T000000");
});

const FLAGS: readonly (readonly [query: string, isSet: boolean])[] = [
  ["", false],
  ["?expand", true],
  ["?expand=", true],
  ["?expand=true", true],
  ["?expand=1", true],
  ["?expand=false", false],
  ["?expand=0", false],
];

for (const [query, isSet] of FLAGS) {
  Deno.test(`flag() is ${isSet} for ${query || "nothing"}`, async () => {
    assert.equal(await (await routes.request(`/flag${query}`)).text(), String(isSet));
  });
}

Deno.test("jsonStream() gives few elements at once and many in pieces", async () => {
  assert.deepEqual(await (await routes.request("/none")).json(), []);
  const few = await routes.request("/few");
  assert.ok(few.headers.has("content-length"));
  assert.deepEqual(await few.json(), [0, 1, 2]);
  const many = await routes.request("/many");
  assert.ok(!many.headers.has("content-length"));
  assert.deepEqual(await many.json(), Array.from({ length: 100_000 }, (_, index) => index));
});

Deno.test("jsonStream() fails as a request before the first piece, and as a stream after", async () => {
  const app = new Hono()
    .get("/soon", (c) => jsonStream(c, failing(1)))
    .get("/late", (c) => jsonStream(c, failing(100_000)))
    .onError((error, c) => c.text(error.message, 500));
  assert.equal(await (await app.request("/soon")).text(), "broken");
  const late = await app.request("/late");
  assert.equal(late.status, 200);
  await assert.rejects(late.text(), /broken/);
});

Deno.test("jsonStream() asks for no more than is taken, and closes what it reads", async () => {
  const seen = { count: 0, closed: false };
  async function* elements() {
    try {
      for (; seen.count < 1_000_000; seen.count++) yield await Promise.resolve(seen.count);
    } finally {
      seen.closed = true;
    }
  }
  const response = await new Hono().get("/", (c) => jsonStream(c, elements())).request("/");
  assert.ok(seen.count < 20_000, String(seen.count));
  await response.body!.cancel();
  assert.equal(seen.closed, true);
});

async function* counting(count: number) {
  for (let index = 0; index < count; index++) yield await Promise.resolve(index);
}

async function* failing(after: number) {
  yield* counting(after);
  throw new Error("broken");
}
