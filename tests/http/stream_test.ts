import assert from "node:assert/strict";
import { startApp, type TestApp } from "../support/app.ts";
import { instanceFile } from "../support/instances.ts";

/** An event, as it came over the wire. */
interface Event {
  readonly id: number;
  readonly event: string;
  readonly data: { readonly Seq: number; readonly ChangeType: string };
}

/** Reads events of one stream; disposal is the client that goes away. */
class Events implements AsyncDisposable {
  readonly #chunks: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";

  constructor(response: Response) {
    this.#chunks = response.body!.getReader();
  }

  /** The next `count` events; comments between them are passed over. */
  async take(count: number): Promise<Event[]> {
    const events: Event[] = [];
    while (events.length < count) {
      const frame = await this.#frame();
      if (!frame.startsWith(":")) events.push(parse(frame));
    }
    return events;
  }

  async #frame(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end >= 0) {
        const frame = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return frame;
      }
      const { value, done } = await this.#chunks.read();
      if (done) assert.fail(`the stream ended after "${this.#text}"`);
      this.#text += new TextDecoder().decode(value);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.cancel();
  }
}

function parse(frame: string): Event {
  const fields = Object.fromEntries(
    frame.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)),
  );
  return { id: Number(fields.id), event: fields.event, data: JSON.parse(fields.data) };
}

async function follow(server: TestApp, query = "", headers: Record<string, string> = {}) {
  const response = await server.send("GET", `/changes/stream${query}`, undefined, { headers });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  return new Events(response);
}

const upload = (server: TestApp, number: number) =>
  server.upload(instanceFile({ SOPInstanceUID: `1.${number}` }));

Deno.test("/changes/stream begins with what happens next", async () => {
  await using server = await startApp();
  await upload(server, 1);
  await using events = await follow(server);
  const first = events.take(1);
  await upload(server, 2);
  const [event] = await first;
  assert.deepEqual([event!.id, event!.event], [5, "NewInstance"]);
});

/** Where the client says that it is, and the first event that it gets of six. */
const STARTS:
  readonly (readonly [query: string, headers: Record<string, string>, first: number])[] = [
    ["?since=0", {}, 1],
    ["?since=4", {}, 5],
    ["?since=x", {}, 1],
    ["", { "Last-Event-ID": "5" }, 6],
    ["?since=1", { "Last-Event-ID": "4" }, 5],
  ];

for (const [query, headers, first] of STARTS) {
  Deno.test(`/changes/stream${query} with ${JSON.stringify(headers)} goes on at ${first}`, async () => {
    await using server = await startApp();
    for (const number of [1, 2, 3]) await upload(server, number);
    await using events = await follow(server, query, headers);
    const seen = await events.take(7 - first);
    const page = await server.get<{ Changes: unknown[] }>(`/changes?since=${first - 1}`);
    assert.deepEqual(seen.map(({ data }) => data), page.Changes);
    for (const { id, event, data } of seen) {
      assert.deepEqual([id, event], [data.Seq, data.ChangeType]);
    }
  });
}

Deno.test("/changes/stream gives what was there, what comes meanwhile, and nothing twice", async () => {
  await using server = await startApp();
  for (let number = 0; number < 120; number++) await upload(server, number);
  await using events = await follow(server, "?since=0");
  const taken = events.take(143);
  for (let number = 120; number < 140; number++) await upload(server, number);
  const seqs = (await taken).map(({ id }) => id);
  assert.deepEqual(seqs, Array.from({ length: 143 }, (_, index) => index + 1));
});

Deno.test("/changes/stream tells what has become stable", async () => {
  await using server = await startApp();
  await upload(server, 1);
  await using events = await follow(server);
  const taken = events.take(3);
  await server.clock.advance(60_000);
  const types = (await taken).map(({ event }) => event);
  assert.deepEqual(types, ["StableSeries", "StableStudy", "StablePatient"]);
});

Deno.test("/changes/stream ends for clients that go away, and for them alone", async () => {
  await using server = await startApp();
  const gone = await Promise.all(Array.from({ length: 20 }, () => follow(server)));
  await using stays = await follow(server);
  for (const events of gone) await events[Symbol.asyncDispose]();
  await upload(server, 1);
  assert.equal((await stays.take(4)).length, 4);
});
