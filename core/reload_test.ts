import assert from "node:assert/strict";
import { parseConfiguration } from "./config/parse.ts";
import { applyConfiguration, applyDefaultEncoding } from "./reload.ts";

function configOf(options: Readonly<Record<string, unknown>>) {
  const source = { name: "/test.json", text: JSON.stringify(options) };
  return parseConfiguration([source], () => undefined).config;
}

Deno.test("applyConfiguration() takes over what a running server can, and names the rest", () => {
  const config = configOf({ Name: "old", HttpPort: 8042 });
  const next = configOf({ Name: "new", HttpPort: 8043, DicomModalities: { a: ["A", "h", 104] } });
  const { applied, waiting } = applyConfiguration(config, next);
  assert.deepEqual([...applied].sort(), ["DicomModalities", "Name"]);
  assert.deepEqual(waiting, ["HttpPort"]);
  assert.equal(config.name, "new");
  assert.equal(config.httpPort, 8042);
  assert.equal(config.dicomModalities["a"]?.aet, "A");
});

Deno.test("applyConfiguration() does nothing where nothing has changed", () => {
  const config = configOf({ RegisteredUsers: { a: "b" } });
  const outcome = applyConfiguration(config, configOf({ RegisteredUsers: { a: "b" } }));
  assert.deepEqual(outcome, { applied: [], waiting: [] });
});

Deno.test("applyConfiguration() takes over nothing that leaves the server open", () => {
  const config = configOf({ Name: "old", RemoteAccessAllowed: true, RegisteredUsers: { a: "b" } });
  const next = configOf({ Name: "new", RemoteAccessAllowed: false, RegisteredUsers: {} });
  assert.throws(() => applyConfiguration(config, next), { code: "configuration" });
  assert.equal(config.name, "old");
  assert.deepEqual({ ...config.registeredUsers }, { a: { password: "b", role: "admin" } });
});

Deno.test("applyDefaultEncoding() knows Orthanc's names, which the configuration takes back", () => {
  const config = configOf({});
  assert.equal(applyDefaultEncoding(config, "utf8"), "Utf8");
  assert.equal(config.defaultEncoding, "Utf8");
  assert.throws(() => applyDefaultEncoding(config, "utf-9"), { code: "out-of-range" });
  assert.equal(config.defaultEncoding, "Utf8");
  assert.deepEqual(applyConfiguration(config, configOf({})).applied, ["DefaultEncoding"]);
  assert.equal(config.defaultEncoding, "Latin1");
});
