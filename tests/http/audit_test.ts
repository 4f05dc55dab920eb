import assert from "node:assert/strict";
import type { AuditEntry, ChainHead } from "../../core/security/audit_chain.ts";
import { verifyChain } from "../../core/security/audit_chain.ts";
import { auditLines } from "../../storage/audit_folder.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { FILES, IDS } from "../support/filled.ts";

interface Page {
  readonly Done: boolean;
  readonly Enabled: boolean;
  readonly Entries: readonly AuditEntry[];
  readonly Head: { readonly Seq: number; readonly Hash: string };
}

const log = async (server: TestApp) => (await server.get<Page>("/audit?limit=1000")).Entries;

async function done(server: TestApp, method: string, path: string, body?: unknown) {
  const response = await server.send(method, path, body);
  await response.body?.cancel();
  return response.status;
}

Deno.test("the audit log says who stored, read, searched, changed and deleted what", async () => {
  await using server = await startApp();
  const { ID } = await server.upload(FILES[0]!);
  await done(server, "GET", `/patients/${IDS.p1}`);
  await done(server, "GET", `/instances/${ID}/metadata/RemoteIP`);
  await done(server, "POST", "/tools/find", { Level: "Patient", Query: { PatientID: "P1" } });
  await done(server, "PUT", `/patients/${IDS.p1}/labels/seen`, "");
  await done(server, "POST", "/tools/bulk-delete", { Resources: [IDS.p1] });
  const found = (await log(server)).map((
    { action, what, targets, outcome },
  ) => [action, what, targets, outcome]);
  assert.deepEqual(found, [
    ["store", "POST /instances", [ID], "200"],
    ["read", "GET /patients/:id", [IDS.p1], "200"],
    ["read", "GET /instances/:id/metadata/:name", [ID], "200"],
    ["search", "POST /tools/find", [], "200"],
    ["change", "PUT /patients/:id/labels/:label", [IDS.p1], "200"],
    ["delete", "POST /tools/bulk-delete", [IDS.p1], "200"],
  ]);
});

Deno.test("the audit log says what was sent where, and what was configured", async () => {
  await using server = await startApp();
  const { ID } = await server.upload(FILES[0]!);
  await done(server, "PUT", "/modalities/pacs", { AET: "P", Host: "127.0.0.1", Port: 1 });
  await done(server, "POST", "/modalities/pacs/store", { Resources: [ID], Asynchronous: true });
  const found = (await log(server)).slice(1).map(({ action, targets }) => [action, targets]);
  assert.deepEqual(found, [["configure", ["pacs"]], ["send", ["pacs", ID]]]);
});

Deno.test("the audit log holds no patient's data, whatever clients write where identifiers belong", async () => {
  await using server = await startApp();
  await server.upload(FILES[0]!);
  const name = "DOE^JOHN";
  await done(server, "GET", `/patients/${name}`);
  await done(server, "GET", "/patients/P1?requested-tags=PatientName");
  await done(server, "PUT", `/patients/${IDS.p1}/labels/DoeJohn`, "");
  await done(server, "PUT", `/patients/${IDS.p1}/metadata/1024`, name);
  await done(server, "POST", "/tools/find", { Level: "Patient", Query: { PatientName: name } });
  await done(server, "POST", "/tools/lookup", name);
  await done(server, "POST", "/tools/bulk-content", { Resources: ["P1", name] });
  const entries = await log(server);
  assert.ok(entries.length >= 8);
  assert.doesNotMatch(JSON.stringify(entries), /doe|john|P1/i);
});

Deno.test("the audit log says what was refused, to whom and from where", async () => {
  await using server = await startApp({
    config: {
      RemoteAccessAllowed: true,
      RegisteredUsers: { boss: "b", reader: { Password: "r", Role: "read" } },
    },
  });
  const as = async (name: string, password: string, method: string, path: string) => {
    const headers = { Authorization: `Basic ${btoa(`${name}:${password}`)}` };
    return await server.send(method, path, undefined, { headers, remoteAddress: "192.0.2.1" });
  };
  await as("boss", "wrong", "GET", `/patients/${IDS.p1}`);
  await server.send("GET", `/patients/${IDS.p1}`);
  await as("reader", "r", "DELETE", `/patients/${IDS.p1}`);
  const response = await as("boss", "b", "GET", "/audit");
  const { Entries } = await response.json() as Page;
  assert.deepEqual(
    Entries.map(({ who, from, action, outcome }) => [who, from, action, outcome]),
    [["", "192.0.2.1", "login", "401"], ["reader", "192.0.2.1", "delete", "403"]],
  );
  assert.equal((await as("reader", "r", "GET", "/audit")).status, 403);
});

Deno.test("whoever tries tokens fills no audit log", async () => {
  await using server = await startApp({
    config: { RemoteAccessAllowed: true, RegisteredUsers: { boss: "b" } },
  });
  for (let count = 0; count < 100; count++) {
    const headers = { Authorization: `Bearer outpost_${count}` };
    const { status } = await server.send("GET", "/system", undefined, { headers });
    assert.equal(status, 401);
  }
  const headers = { Authorization: `Basic ${btoa("boss:b")}` };
  const response = await server.send("GET", "/audit?limit=1000", undefined, { headers });
  const { Entries } = await response.json() as Page;
  assert.deepEqual(Entries.map(({ action }) => action), Array(10).fill("login"));
});

Deno.test("the audit log survives a restart, in one chain that can be checked", async () => {
  const folder = await Deno.makeTempDir();
  const heads: ChainHead[] = [];
  for (let round = 0; round < 2; round++) {
    await using server = await startApp({ folder });
    await server.upload(FILES[round]!);
    const { Head, Entries } = await server.get<Page>("/audit");
    assert.equal(Entries.length, round + 1);
    heads.push({ seq: Head.Seq, hash: Head.Hash });
  }
  const verdict = await verifyChain(auditLines(`${folder}/outpost.audit`, 1), heads);
  assert.deepEqual(verdict, { kind: "intact", first: 1, head: heads[1]! });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("AuditLogEnabled false writes nothing", async () => {
  await using server = await startApp({ config: { AuditLogEnabled: false } });
  await server.upload(FILES[0]!);
  const page = await server.get<Page>("/audit");
  assert.deepEqual(page, { Done: true, Enabled: false, Entries: [], Head: { Hash: "", Seq: 0 } });
  await assert.rejects(Deno.stat(`${server.folder}/outpost.audit`));
});

Deno.test("/audit refuses numbers that are none", async () => {
  await using server = await startApp();
  for (const query of ["since=-1", "since=x", "limit=1e9", "limit="]) {
    assert.equal(await done(server, "GET", `/audit?${query}`), 400);
  }
});
