import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { createTestClock } from "../support/clock.ts";
import { dicomFile } from "../support/dicom.ts";
import { instanceFile } from "../support/instances.ts";
import { quiet } from "../support/quiet.ts";
import { testDestinations } from "../support/relay.ts";
import { waitFor } from "../support/wait.ts";

const RULE = { id: "all", do: [{ send: { to: "pacs" } }] };

/** A server with a destination `pacs` of the test's own. */
async function start(relay: Record<string, unknown> = { Rules: [RULE] }) {
  const clock = createTestClock();
  const sinks = testDestinations(["pacs", "other"], clock.now);
  const server = await startApp({ clock, destinations: sinks, config: { Relay: relay } });
  return {
    server,
    sink: sinks.sink("pacs"),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const file = (n = 1) => dicomFile({ sopInstanceUid: `1.2.${n}` });

Deno.test("/relay/rules: versions, If-Match, and a list that is replaced whole or not at all", async () => {
  await using relay = await start();
  const { server } = relay;
  const first = await server.send("GET", "/relay/rules/all");
  assert.equal(first.headers.get("ETag"), '"1"');
  const put = (body: unknown, headers: Record<string, string> = {}) =>
    server.send("PUT", "/relay/rules/all", body, { headers });

  assert.equal((await put({ ...RULE, enabled: false }, { "If-Match": '"7"' })).status, 409);
  assert.equal((await put({ ...RULE, enabled: false }, { "If-Match": '"1"' })).status, 200);
  assert.equal((await put(RULE, { "If-None-Match": "*" })).status, 409);
  assert.equal((await put({ ...RULE, colour: "red" })).status, 400);
  assert.equal((await put({ ...RULE, match: { Modality: { like: "CT" } } })).status, 400);
  const [rule] = await server.get<Record<string, unknown>[]>("/relay/rules");
  assert.deepEqual([rule?.version, rule?.enabled], [2, false]);

  const twice = await server.send("PUT", "/relay/rules", [RULE, RULE]);
  assert.equal(twice.status, 400);
  assert.equal((await server.send("PUT", "/relay/rules", [{ ...RULE, id: "new" }])).status, 200);
  assert.equal((await server.send("GET", "/relay/rules/all")).status, 404);
  assert.equal((await server.send("DELETE", "/relay/rules/new")).status, 200);
  assert.equal((await server.send("DELETE", "/relay/rules/new")).status, 404);
});

Deno.test("/relay/rules shows no secret", async () => {
  const secret = { deidentify: { secret: "study7" } };
  await using relay = await start({ Rules: [{ ...RULE, do: [secret, ...RULE.do] }] });
  const text = await (await relay.server.send("GET", "/relay/rules")).text();
  assert.doesNotMatch(text, /study7/);
  assert.match(text, /\*{8}/);
});

Deno.test("with InDatabase, changes outlive the process", async () => {
  const folder = await Deno.makeTempDir();
  const config = { Relay: { InDatabase: true, Rules: [RULE] } };
  const destinations = testDestinations(["pacs"]);
  try {
    {
      await using server = await startApp({ folder, config, destinations });
      await server.send("PUT", "/relay/rules/two", { ...RULE, id: "two" });
      await server.send("PUT", "/relay/destinations/pacs", { Modality: "pacs", Concurrency: 3 });
      await server.send("POST", "/relay/pause");
    }
    await using server = await startApp({ folder, config, destinations });
    const rules = await server.get<{ id: string }[]>("/relay/rules");
    assert.deepEqual(rules.map(({ id }) => id), ["all", "two"]);
    const pacs = await server.get<{ configuration: unknown; version: number; state: string }>(
      "/relay/destinations/pacs",
    );
    assert.deepEqual(pacs.configuration, { Modality: "pacs", Concurrency: 3 });
    assert.deepEqual([pacs.version, pacs.state], [1, "paused"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("/relay/duties: what is owed, every try, and what can be done about it", async () => {
  await using relay = await start();
  const { server, sink } = relay;
  sink.script = () => ({ kind: "permanent", status: "0xc000", reason: 'said "no", twice' });
  const { ParentStudy } = await server.upload(file());
  for (let minute = 0; minute < 4; minute++) {
    await quiet(server);
    await server.clock.advance(20_000);
  }
  await quiet(server);
  const [duty] = await server.get<{ id: number; state: string }[]>("/relay/duties?state=dead");
  assert.equal(duty?.state, "dead");
  const one = await server.get<{ attempts: { status: string }[] }>(`/relay/duties/${duty?.id}`);
  assert.deepEqual(one.attempts.map(({ status }) => status), ["0xc000", "0xc000", "0xc000"]);
  const csv = await (await server.send("GET", "/relay/duties?format=csv")).text();
  assert.match(
    csv,
    /^id,state,destination.*\r\n\d+,dead,pacs,all,1,normal,ack,.*"said ""no"", twice"\r\n$/,
  );

  const delivery = () =>
    server.get<{ destination: string; total: number; delivered: number; dead: number }[]>(
      `/studies/${ParentStudy}/delivery`,
    );
  assert.deepEqual((await delivery()).map(({ delivered, dead }) => [delivered, dead]), [[0, 1]]);
  sink.script = () => ({ kind: "accepted", status: "0x0000" });
  await server.post("/relay/requeue-dead", {});
  await quiet(server);
  assert.deepEqual((await delivery()).map(({ delivered, dead }) => [delivered, dead]), [[1, 0]]);
  const cancel = await server.send("POST", `/relay/duties/${duty?.id}/cancel`);
  assert.equal(cancel.status, 400, "what is done cannot be undone");
  assert.equal((await server.send("GET", "/relay/duties?state=lost")).status, 400);
  assert.equal((await server.send("POST", "/relay/duties/999/retry")).status, 404);
  assert.equal((await server.send("GET", "/studies/unknown/delivery")).status, 404);
});

Deno.test("/relay/duties is read page by page", async () => {
  await using relay = await start();
  const { server } = relay;
  for (let n = 1; n <= 5; n++) await server.upload(file(n));
  await quiet(server);
  const seen: number[] = [];
  for (let before = ""; seen.length < 5;) {
    const page = await server.get<{ id: number }[]>(`/relay/duties?limit=2${before}`);
    seen.push(...page.map(({ id }) => id));
    before = `&before=${seen.at(-1)}`;
  }
  assert.deepEqual(seen, [5, 4, 3, 2, 1]);
});

Deno.test("pauses hold everything, a destination or a rule, until they end", async () => {
  await using relay = await start();
  const { server, sink } = relay;
  for (const [n, place] of ["/relay", "/relay/destinations/pacs", "/relay/rules/all"].entries()) {
    await server.post(`${place}/pause`, {});
    await server.upload(file(n));
    await quiet(server);
    assert.equal(sink.accepted.length, n, place);
    await server.post(`${place}/resume`, {});
    await quiet(server);
    assert.equal(sink.accepted.length, n + 1, place);
  }
});

Deno.test("/relay/destinations: test, limits, and no folders by REST", async () => {
  await using relay = await start();
  const { server, sink } = relay;
  assert.equal(
    typeof (await server.post<{ ms: number }>("/relay/destinations/pacs/test", {})).ms,
    "number",
  );
  sink.isUp = false;
  assert.notEqual((await server.send("POST", "/relay/destinations/pacs/test")).status, 200);
  const put = (body: unknown) => server.send("PUT", "/relay/destinations/x", body);
  assert.equal((await put({ Folder: "/etc" })).status, 403);
  assert.equal((await put({ Modality: "pacs", Peer: "pacs" })).status, 400);
  assert.equal((await put({ Modality: "pacs", Windows: ["sometimes"] })).status, 400);
  assert.equal((await put({ Modality: "pacs", Windows: ["Mon-Fri 19:00-06:00 UTC"] })).status, 200);
  assert.equal((await server.send("DELETE", "/relay/destinations/x")).status, 200);
});

Deno.test("/relay/test says what matches, and stores nothing", async () => {
  const match = { all: [{ "source.protocol": "http" }, { Modality: "XX" }] };
  await using relay = await start({
    Rules: [{ ...RULE, match }, { ...RULE, id: "rest", fallback: true }],
  });
  const { server } = relay;
  const verdict = await server.post<{ rules: unknown[]; plan: { duties: unknown[] } }>(
    "/relay/test",
    file(),
  );
  assert.deepEqual(verdict.rules, [
    {
      rule: "all",
      version: 1,
      matched: false,
      explanation: {
        condition: "all",
        result: false,
        parts: [
          { condition: 'source.protocol "http"', result: true },
          { condition: 'Modality "XX"', result: false },
        ],
      },
    },
    {
      rule: "rest",
      version: 1,
      matched: true,
      explanation: { condition: "all", result: true, parts: [] },
    },
  ]);
  assert.equal(verdict.plan.duties.length, 1);
  assert.deepEqual(await server.get("/instances"), []);
});

Deno.test("/relay/replay sends what is stored, once", async () => {
  await using relay = await start({ Rules: [{ ...RULE, trigger: "manual" }] });
  const { server, sink } = relay;
  const { ParentStudy } = await server.upload(file(1));
  await server.upload(file(2));
  await quiet(server);
  assert.equal(sink.accepted.length, 0);
  const replay = () => server.post("/relay/replay", { ruleId: "all", Resources: [ParentStudy] });
  assert.deepEqual(await replay(), { instances: 2, duties: 2 });
  await quiet(server);
  assert.equal(sink.accepted.length, 2);
  assert.deepEqual(await replay(), { instances: 2, duties: 0 });
});

Deno.test("Ack: buffered is shown wherever somebody looks", async () => {
  await using plain = await start();
  const of = async ({ server }: typeof plain) =>
    await server.get<Record<string, unknown>>("/relay/summary");
  const durable = await of(plain);
  assert.deepEqual([durable.ack, durable.lossWindowMs, durable.warning], ["durable", 0, null]);
  await using relay = await start({ Rules: [RULE], Ack: "buffered" });
  const buffered = await of(relay);
  assert.deepEqual([buffered.ack, buffered.lossWindowMs], ["buffered", 250]);
  assert.match(String(buffered.warning), /power cut/);
  assert.ok(relay.server.lines.some((line) => line.includes("power cut")));
});

Deno.test("/relay/replay takes a query as /tools/find does", async () => {
  await using relay = await start({ Rules: [{ ...RULE, trigger: "manual" }] });
  const { server, sink } = relay;
  const dates = ["20260101", "20260115", "20260201"];
  for (const [n, studyDate] of dates.entries()) {
    const more = { StudyInstanceUID: `1.3.${n}`, SeriesInstanceUID: `1.4.${n}` };
    await server.upload(
      instanceFile({ ...more, SOPInstanceUID: `1.5.${n}`, StudyDate: studyDate }),
    );
  }
  const query = { Level: "Study", Query: { StudyDate: "20260101-20260131" } };
  const replay = (body: unknown) => server.send("POST", "/relay/replay", body);
  const answer = await replay({ ruleId: "all", query });
  assert.deepEqual(await answer.json(), { instances: 2, duties: 2 });
  await waitFor(() => sink.accepted.length === 2);
  assert.deepEqual(sink.accepted.map(({ uid }) => uid).sort(), ["1.5.0", "1.5.1"]);
  for (const body of [{}, { query, Resources: ["x"] }, { query: { Level: "Room", Query: {} } }]) {
    assert.equal((await replay({ ruleId: "all", ...body })).status, 400, JSON.stringify(body));
  }
  assert.equal((await replay({ ruleId: "none", query })).status, 404);
});

Deno.test("/relay/test shows what each sending changes, attribute by attribute", async () => {
  const actions = [
    { send: { to: "pacs" } },
    { modify: { set: { InstitutionName: "North" }, remove: ["StudyDate"] } },
    { send: { to: "other", confirm: "verify" } },
    { transcode: "1.2.3" },
    { send: { to: "pacs" } },
  ];
  await using relay = await start({ Rules: [{ id: "all", do: actions }] });
  const { server } = relay;
  const { destinations } = await server.post<{ destinations: unknown[] }>(
    "/relay/test",
    instanceFile({ SOPInstanceUID: "1.5.1", StudyDate: "20260101" }),
  );
  const change = (tag: string, name: string, before: string | null, after: string | null) => ({
    ...{ tag, name, before, after },
  });
  const base = { rule: "all", confirm: "ack", priority: "normal", changes: [] };
  const [plain, changed, impossible] = destinations as { problem?: string }[];
  assert.deepEqual(plain, { ...base, destination: "pacs" });
  assert.deepEqual(changed, {
    ...base,
    destination: "other",
    confirm: "verify",
    changes: [
      change("0008,0020", "StudyDate", "20260101", null),
      change("0008,0080", "InstitutionName", null, "North"),
    ],
  });
  assert.match(impossible?.problem ?? "", /1\.2\.3/);
  assert.deepEqual(await server.get("/instances"), []);
});

Deno.test("/relay/events goes on where a client left off", async () => {
  await using relay = await start();
  const { server } = relay;
  const read = async (headers: Record<string, string>, wanted: number) => {
    const stop = new AbortController();
    const response = await server.send("GET", "/relay/events", undefined, {
      headers,
      signal: stop.signal,
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (text.split("\nevent: ").length <= wanted) text += (await reader.read()).value;
    await reader.cancel();
    return [...text.matchAll(/id: (\d+)\nevent: (\S+)/g)].map(([, id, event]) => ({ id, event }));
  };
  await server.upload(file());
  await quiet(server);
  const all = await read({ "Last-Event-ID": "0" }, 2);
  assert.deepEqual(all.map(({ event }) => event), ["instance.received", "duty.state"]);
  const rest = await read({ "Last-Event-ID": all[0]!.id! }, 1);
  assert.deepEqual(rest, all.slice(1));
});

Deno.test("the metrics tell what the relay does", async () => {
  await using relay = await start();
  const { server } = relay;
  await server.upload(file());
  await quiet(server);
  const text = await (await server.send("GET", "/tools/metrics-prometheus")).text();
  assert.match(text, /^relay_duties\{destination="pacs",state="confirmed"\} 1 /m);
  assert.match(text, /^relay_tries_total\{destination="pacs",class="accepted"\} 1 /m);
  assert.match(text, /^relay_send_seconds_count\{destination="pacs"\} 1 /m);
});
