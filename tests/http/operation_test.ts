import assert from "node:assert/strict";
import type { DiskWatch } from "../../core/disk.ts";
import { createRoutes } from "../../routes/app.ts";
import { startApp } from "../support/app.ts";
import { dicomFile } from "../support/dicom.ts";
import { startServer } from "../support/server.ts";

/** Values by name of the text format of Prometheus. */
function valuesOf(text: string): Map<string, number> {
  const lines = text.trimEnd().split("\n");
  return new Map(lines.map((line) => {
    const [, name, value] = /^([a-z_]+(?:\{.*\})?) (\S+) \d{13}$/.exec(line) ?? [];
    assert.ok(name !== undefined, `not in the format: ${line}`);
    return [name, Number(value)];
  }));
}

Deno.test("/tools/metrics-prometheus counts what happens, with Orthanc's names", async () => {
  await using server = await startServer();
  const upload = () =>
    fetch(`${server.url}/instances`, {
      method: "POST",
      body: dicomFile({ sopInstanceUid: "1.2.3.4.1" }),
    }).then((response) => response.text());
  await upload();
  await upload();
  const answer = await fetch(`${server.url}/tools/metrics-prometheus`);
  assert.equal(answer.headers.get("Content-Type"), "text/plain; version=0.0.4");
  const values = valuesOf(await answer.text());
  assert.equal(values.get("orthanc_count_instances"), 1);
  assert.equal(values.get("orthanc_count_patients"), 1);
  assert.equal(values.get("orthanc_jobs_running"), 0);
  assert.equal(values.get("orthanc_rest_api_active_requests"), 1);
  assert.ok(values.get("orthanc_storage_create_duration_ms")! > 0);
  assert.ok(values.get("orthanc_disk_size_mb")! > 0);
  assert.equal(values.get('outpost_instances_received_total{outcome="stored"}'), 1);
  assert.equal(values.get('outpost_instances_received_total{outcome="duplicate"}'), 1);
  assert.equal(values.get('outpost_http_requests_total{method="POST",status="2xx"}'), 2);
});

Deno.test("/tools/metrics switches counting off and on", async () => {
  await using server = await startApp();
  const text = async () => await (await server.send("GET", "/tools/metrics-prometheus")).text();
  assert.equal(await (await server.send("GET", "/tools/metrics")).text(), "1");
  assert.equal((await server.send("PUT", "/tools/metrics", "0")).status, 200);
  assert.equal(await (await server.send("GET", "/tools/metrics")).text(), "0");
  assert.equal(await text(), "");
  assert.equal((await server.send("PUT", "/tools/metrics", "perhaps")).status, 400);
  await server.send("PUT", "/tools/metrics", "true");
  assert.match(await text(), /orthanc_count_instances 0 /);
});

Deno.test("/health and /ready answer without a password, and tell nothing else", async () => {
  await using server = await startApp({
    config: { RegisteredUsers: { a: "b" }, AuthenticationEnabled: true },
  });
  assert.equal((await server.send("GET", "/system")).status, 401);
  for (const path of ["/health", "/ready"]) {
    const answer = await server.send("GET", path);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { status: "ok", problems: [] });
  }
});

const FINE_DISK: DiskWatch = {
  level: "fine",
  space: { free: 1, total: 2 },
  isWritable: true,
  follow: () => ({ [Symbol.dispose]() {} }),
  check: () => Promise.resolve(),
  admit: () => Promise.resolve(),
  [Symbol.dispose]() {},
};

for (
  const [what, fault, problem] of [
    ["is full", { level: "full" }, /the disk is full/],
    ["cannot be written", { isWritable: false }, /the disk cannot be written/],
  ] as const
) {
  Deno.test(`/ready fails where the disk ${what}, /health does not`, async () => {
    await using server = await startApp();
    const routes = createRoutes({ ...server.app, disk: { ...FINE_DISK, ...fault } });
    assert.equal((await routes.request("/health")).status, 200);
    const answer = await routes.request("/ready");
    assert.equal(answer.status, 503);
    assert.match(JSON.stringify(await answer.json()), problem);
  });
}

Deno.test("/tools/metrics-prometheus says whether the disk is full or read-only", async () => {
  await using server = await startApp();
  for (
    const [disk, full, writable] of [
      [FINE_DISK, 0, 1],
      [{ ...FINE_DISK, level: "full" }, 1, 1],
      [{ ...FINE_DISK, isWritable: false }, 0, 0],
    ] as const
  ) {
    const answer = await createRoutes({ ...server.app, disk }).request("/tools/metrics-prometheus");
    const values = valuesOf(await answer.text());
    assert.equal(values.get("outpost_disk_full"), full);
    assert.equal(values.get("outpost_disk_writable"), writable);
  }
});

Deno.test("/health fails where the index cannot be read", async () => {
  await using server = await startApp();
  const index = {
    ...server.app.index,
    oldestUnstable: () => Promise.reject(new Error("damaged")),
  };
  const answer = await createRoutes({ ...server.app, index }).request("/health");
  assert.equal(answer.status, 503);
  assert.deepEqual(await answer.json(), {
    status: "failing",
    problems: ["the index cannot be read"],
  });
});

Deno.test("each request is logged with the identifier that its answer bears, without arguments", async () => {
  await using server = await startApp();
  await server.send("PUT", "/tools/log-level", "verbose");
  const path = "/patients?expand&requested-tags=PatientName";
  const answer = await server.send("GET", path, undefined, { headers: { "X-Request-Id": "a\tb" } });
  const requestId = answer.headers.get("X-Request-Id");
  assert.match(requestId!, /^[0-9a-f-]{36}$/);
  const { time: _time, ms: _ms, ...entry } = JSON.parse(server.lines.at(-1)!);
  assert.deepEqual(entry, {
    requestId,
    method: "GET",
    path: "/patients",
    status: 200,
    client: "127.0.0.1",
    user: "",
    level: "info",
    category: "http",
    message: "Request",
  });
  const kept = await server.send("GET", "/system", undefined, {
    headers: { "X-Request-Id": "proxy-1" },
  });
  assert.equal(kept.headers.get("X-Request-Id"), "proxy-1");
});

Deno.test("requests are logged with their arguments where DeidentifyLogs is false", async () => {
  await using server = await startApp({ config: { DeidentifyLogs: false } });
  await server.send("PUT", "/tools/log-level", "verbose");
  await server.send("GET", "/patients?limit=1&since=0");
  assert.equal(JSON.parse(server.lines.at(-1)!).path, "/patients?limit=1&since=0");
});

Deno.test("the end of an association is logged with its number", async () => {
  await using server = await startServer();
  await fetch(`${server.url}/tools/log-level`, { method: "PUT", body: "verbose" });
  const echo = { AET: "ANY", Host: "127.0.0.1", Port: server.dicomPort };
  const body = JSON.stringify(echo);
  const answer = await fetch(`${server.url}/tools/dicom-echo`, { method: "POST", body });
  assert.equal(await answer.text(), "{}");
  await server.stop(1000);
  const line = server.lines.find((line) => line.includes("Association ended"));
  const { association, callingAet, commands } = JSON.parse(line!);
  assert.deepEqual([association, callingAet, commands], [1, "ORTHANC", { "C-ECHO": 1 }]);
});
