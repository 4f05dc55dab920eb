import assert from "node:assert/strict";
import fc from "fast-check";
import { DicomError } from "../errors.ts";
import { flagsToOverrides } from "./flags.ts";
import { parseConfiguration } from "./parse.ts";

type Variables = Readonly<Record<string, string>>;

function parse(written: unknown, variables: Variables = {}) {
  return parseTexts([typeof written === "string" ? written : JSON.stringify(written)], variables);
}

function parseTexts(texts: readonly string[], variables: Variables = {}) {
  const sources = texts.map((text, index) => ({ name: `/etc/outpost/${index}.json`, text }));
  return parseConfiguration(sources, (name) => variables[name]);
}

/** The lines of the failure. */
function problemsOf(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof DicomError && error.code === "configuration", String(error));
    return error.message.split("\n  ").slice(1);
  }
  assert.fail("nothing was wrong");
}

Deno.test("parseConfiguration() has a default for everything", () => {
  const { config, warnings } = parseConfiguration([], () => undefined);
  assert.equal(config.httpPort, 8042);
  assert.equal(config.remoteAccessAllowed, false);
  assert.equal(config.authenticationEnabled, false);
  assert.equal(config.storageDirectory, "OrthancStorage");
  assert.deepEqual(warnings, []);
});

Deno.test("parseConfiguration() reads what built options say", () => {
  const { config, warnings } = parse({
    Name: "Box",
    HttpPort: 0,
    OverwriteInstances: true,
    Dictionary: { "2001,5f": ["SQ", "StackSequence", 1, 1, "Creator"], "00141020": ["DA", "Date"] },
    ExtraMainDicomTags: { Study: ["0008,0060", "Modality"] },
    UserMetadata: { mine: 1024 },
    AllowedHosts: ["pacs.local"],
  });
  assert.equal(config.name, "Box");
  assert.equal(config.httpPort, 0);
  assert.equal(config.overwriteInstances, "Always");
  assert.deepEqual(config.dictionary, [
    { tag: 0x2001005f, vr: "SQ", name: "StackSequence", privateCreator: "Creator" },
    { tag: 0x00141020, vr: "DA", name: "Date", privateCreator: "" },
  ]);
  assert.deepEqual(config.extraMainDicomTags.Study, ["0008,0060", "Modality"]);
  assert.equal(config.userMetadata["mine"], 1024);
  assert.equal(config.userMetadata["toString"], undefined);
  assert.deepEqual(warnings, []);
});

Deno.test("parseConfiguration() merges files in any division", () => {
  const values = {
    Name: "x",
    HttpPort: 1,
    StableAge: 2,
    KeepAlive: false,
    DicomAet: "A",
    DicomPort: 3,
  };
  const whole = parse(values).config;
  const divisions = fc.array(fc.nat({ max: 3 }), { minLength: 6, maxLength: 6 });
  fc.assert(fc.property(divisions, (places) => {
    const parts: Record<string, unknown>[] = [{}, {}, {}, {}];
    Object.entries(values).forEach(([key, value], index) => parts[places[index]!]![key] = value);
    assert.deepEqual(parseTexts(parts.map((part) => JSON.stringify(part))).config, whole);
  }));
});

Deno.test("parseConfiguration() refuses an option that is set twice and names both places", () => {
  const twice = problemsOf(() => parseTexts(['{"HttpPort": 1}', '{\n"HttpPort": 1}']));
  assert.deepEqual(twice, [
    "/etc/outpost/1.json:2:1 HttpPort: already set at /etc/outpost/0.json:1:2",
  ]);
  const within = problemsOf(() => parse('{"HttpPort": 1, "HttpPort": 2}'));
  assert.deepEqual(within, [
    "/etc/outpost/0.json:1:17 HttpPort: already set at /etc/outpost/0.json:1:2",
  ]);
  assert.match(problemsOf(() => parse({ Peers: {}, OrthancPeers: {} }))[0]!, /already set/);
});

Deno.test("parseConfiguration() takes Peers for OrthancPeers", () => {
  const { config } = parse({ Peers: { sample: ["http://localhost:8043"] } });
  assert.equal(config.orthancPeers["sample"]?.url, "http://localhost:8043/");
});

Deno.test("parseConfiguration() prefers flag to variable to file to default", () => {
  const sources = [{ name: "/a.json", text: '{"HttpPort": 1, "StableAge": 1, "Name": "file"}' }];
  const variables: Variables = { OUTPOST_HTTP_PORT: "2", OUTPOST_STABLE_AGE: "2" };
  const flags = flagsToOverrides({ "http-port": ["3"] });
  const { config } = parseConfiguration(sources, (name) => variables[name], flags);
  assert.deepEqual([config.httpPort, config.stableAge, config.name], [3, 2, "file"]);
});

Deno.test("parseConfiguration() reads a flag as JSON, or else as text", () => {
  const values = {
    Name: ["123"],
    "keep-alive": ["false"],
    "default-encoding": ["Utf8"],
    "http-bind-addresses": ['["127.0.0.1"]'],
  };
  const { config } = parseConfiguration([], () => undefined, flagsToOverrides(values));
  assert.equal(config.name, "123");
  assert.equal(config.keepAlive, false);
  assert.equal(config.defaultEncoding, "Utf8");
  assert.deepEqual(config.httpBindAddresses, ["127.0.0.1"]);
});

Deno.test("parseConfiguration() names flag and variable when their values are wrong", () => {
  const variables: Variables = { OUTPOST_HTTP_PORT: "many" };
  const flags = flagsToOverrides({ "stable-age": ["-1"] });
  const problems = problemsOf(() => parseConfiguration([], (name) => variables[name], flags));
  assert.deepEqual(problems, [
    'OUTPOST_HTTP_PORT HttpPort: expected whole number, 0 to 65535; given "many"',
    '--stable-age StableAge: expected seconds, 1 to 2147483; given "-1"',
  ]);
});

Deno.test("parseConfiguration() replaces variables, also where a number is meant", () => {
  const text = '{"HttpPort": "${PORT}", "DicomPort": ${DICOM:-11112}, "Name": "${PORT}", ' +
    '"DicomModalities": {"a": ["${AET}", "h", "${PORT}"]}}';
  const { config } = parse(text, { PORT: "8043", AET: "A" });
  assert.deepEqual([config.httpPort, config.dicomPort, config.name], [8043, 11112, "8043"]);
  assert.deepEqual(config.dicomModalities["a"]?.port, 8043);
});

Deno.test("parseConfiguration() names a variable that is not set", () => {
  const problems = problemsOf(() => parse({ Name: "${NOPE}" }));
  assert.deepEqual(problems, [
    "/etc/outpost/0.json:1:2 Name: the environment variable NOPE is not set",
  ]);
});

Deno.test("parseConfiguration() takes no text for a number that a file quotes", () => {
  assert.equal(problemsOf(() => parse({ HttpPort: "8042" })).length, 1);
});

Deno.test("parseConfiguration() lets paths start at the folder of their file", () => {
  const { config } = parseConfiguration([
    { name: "/etc/a/x.json", text: '{"SslCertificate": "c.pem"}' },
    {
      name: "/etc/b/y.json",
      text: '{"StorageDirectory": "data", "SslTrustedClientCertificates": "/t.pem"}',
    },
  ], () => undefined);
  assert.equal(config.sslCertificate, "/etc/a/c.pem");
  assert.equal(config.storageDirectory, "/etc/b/data");
  assert.equal(config.indexDirectory, "/etc/b/data");
  assert.equal(config.sslTrustedClientCertificates, "/t.pem");
  assert.equal(parse({}).config.storageDirectory, "/etc/outpost/OrthancStorage");
});

Deno.test("parseConfiguration() leaves paths of the command line as they are", () => {
  const flags = flagsToOverrides({ StorageDirectory: "data" });
  const sources = [{ name: "/etc/a.json", text: "{}" }];
  assert.equal(parseConfiguration(sources, () => undefined, flags).config.storageDirectory, "data");
});

Deno.test("parseConfiguration() reports all problems at once", () => {
  const text =
    '{"HtpPort": 1,\n"httpport": 1,\n"StableAge": true,\n"DicomModalities": {"a": {"AET": "A", "Host": "h"}},' +
    '\n"Colour": 1, "ExtraMainDicomTags": {"Studdy": []}}';
  const problems = problemsOf(() => parseTexts([text, "{", '{"Name": 1}']));
  assert.deepEqual(problems.map((line) => line.replaceAll("/etc/outpost/", "")), [
    '0.json:1:2 "HtpPort": no such option, did you mean "HttpPort"?',
    '0.json:2:1 "httpport": no such option, did you mean "HttpPort"?',
    '0.json:5:1 "Colour": no such option',
    '1.json: Cannot read JSON: 1:2: expected a key in "double quotes"',
    "2.json:1:2 Name: expected text; given 1",
    '0.json:5:14 ExtraMainDicomTags: no such key as "Studdy"; given {"Studdy":[]}',
    '0.json:4:1 DicomModalities.a.Port: expected number, received undefined; given {"AET":"A","Host":"h"}',
    "0.json:3:1 StableAge: expected seconds, 1 to 2147483; given true",
  ]);
});

Deno.test("parseConfiguration() shows no password", () => {
  const written = {
    RegisteredUsers: { alice: ["topsecret"], bob: { Password: "topsecret" } },
    OrthancPeers: {
      a: ["ftp://h", "u", "topsecret"],
      b: { Url: "http://h", Password: 1, X: "topsecret" },
    },
    HttpProxy: ["u:topsecret@h:1"],
    Password: "topsecret",
    Pkcs11: { Pin: "topsecret" },
  };
  const problems = problemsOf(() => parse(written, { OUTPOST_ORTHANC_PEERS: '["topsecret"]' }));
  assert.ok(problems.length >= 5);
  assert.ok(!problems.join().includes("topsecret"), problems.join("\n"));
});

Deno.test("parseConfiguration() caps the number of problems and options", () => {
  const many = (count: number) =>
    JSON.stringify(
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`Unknown${index}`, 1])),
    );
  assert.equal(problemsOf(() => parse(many(100))).length, 51);
  assert.match(problemsOf(() => parse(many(1001)))[0]!, /more than 1000/);
});

Deno.test("parseConfiguration() refuses a text above 16 MB", () => {
  assert.match(problemsOf(() => parse(" ".repeat(16 * 1024 * 1024 + 1)))[0]!, /more than/);
});

Deno.test("parseConfiguration() warns of what is not served", () => {
  const { warnings } = parse({ MallocArenaMax: 5, LoadPrivateDictionary: false });
  assert.deepEqual(warnings, [
    "LoadPrivateDictionary: set, but not served yet",
    "MallocArenaMax: set, but without a meaning here",
  ]);
});

for (
  const [name, dangerous, harmless] of [
    ["ExecuteLuaEnabled", true, false],
    ["RestApiWriteToFileSystemEnabled", true, false],
    ["Plugins", ["x.so"], []],
    ["SslCiphersAccepted", ["AES128-GCM-SHA256"], []],
    ["DicomTlsCiphersAccepted", ["AES128-GCM-SHA256"], []],
  ] as const
) {
  Deno.test(`parseConfiguration() refuses a dangerous ${name} only`, () => {
    assert.match(problemsOf(() => parse({ [name]: dangerous }))[0]!, /refused, because/);
    assert.deepEqual(parse({ [name]: harmless }).warnings, []);
  });
}

const remote = { RemoteAccessAllowed: true };
const alice = { RegisteredUsers: { alice: "secret" } };

for (
  const [what, written, line] of [
    ["remote access without users", remote, /nobody may log in: .*outpost hash-password/],
    [
      "the password that everyone knows",
      { RegisteredUsers: { orthanc: "orthanc" } },
      /everyone knows/,
    ],
    ["HTTPS without certificate", { SslEnabled: true, SslCertificate: "" }, /needs a certificate/],
    ["client certificates without HTTPS", { SslVerifyPeers: true }, /SslEnabled/],
    ["client certificates without authorities", {
      SslEnabled: true,
      SslVerifyPeers: true,
      SslTrustedClientCertificates: "",
    }, /authorities/],
    ["one port for two servers", { HttpPort: 4242 }, /same port/],
  ] as const
) {
  Deno.test(`parseConfiguration() refuses ${what}`, () => {
    const problems = problemsOf(() => parse(written));
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, line);
  });
}

Deno.test("parseConfiguration() turns authentication on with remote access", () => {
  assert.equal(parse({ ...remote, ...alice }).config.authenticationEnabled, true);
  assert.match(parse({ ...remote, ...alice }).warnings.join(), /cross the network in clear/);
  assert.deepEqual(parse({ ...remote, ...alice, SslEnabled: true }).warnings, []);
  assert.equal(parse(alice).config.authenticationEnabled, false);
});

Deno.test("parseConfiguration() warns loudly of remote access without authentication", () => {
  const { config, warnings } = parse({ ...remote, AuthenticationEnabled: false });
  assert.equal(config.authenticationEnabled, false);
  assert.match(warnings.join(), /ANYONE/);
});

Deno.test("parseConfiguration() warns of authentication without users", () => {
  assert.match(parse({ AuthenticationEnabled: true }).warnings.join(), /no user/);
});

Deno.test("parseConfiguration() allows any free port for both servers", () => {
  assert.equal(parse({ HttpPort: 0, DicomPort: 0 }).config.dicomPort, 0);
});
