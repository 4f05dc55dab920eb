import assert from "node:assert/strict";
import { hashToken } from "../../core/security/tokens.ts";
import { dicomFile } from "../support/dicom.ts";
import { freePort } from "../support/peer.ts";
import { startServer } from "../support/server.ts";

/** What `outpost` with these arguments says, and how it ends. */
async function outpost(...args: string[]) {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", main, ...args],
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("outpost send stores files, and reports each that it cannot send", async () => {
  await using server = await startServer();
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${folder}/1`, dicomFile({ sopInstanceUid: "1.2.3.4.1" }));
    await Deno.writeFile(`${folder}/2`, dicomFile({ sopInstanceUid: "1.2.3.4.2" }));
    await Deno.writeTextFile(`${folder}/notes.txt`, "no DICOM");
    await Deno.writeFile(`${folder}/cut`, dicomFile({ sopInstanceUid: "1.2.3" }).subarray(0, 300));
    const { code, stdout, stderr } = await outpost(
      "send",
      folder,
      `${folder}/none`,
      `ANY@127.0.0.1:${server.dicomPort}`,
    );
    assert.equal(stdout, "2 sent, 2 failed, 1 skipped\n");
    assert.match(stderr, /^failed: .*\/cut: .*\n/m);
    assert.match(stderr, /^failed: .*\/none: cannot be read\n/m);
    assert.equal(code, 1);
    assert.equal((await server.get<string[]>("/instances")).length, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("outpost echo says whether a remote is there", async () => {
  await using server = await startServer();
  const there = await outpost("echo", `ANY@127.0.0.1:${server.dicomPort}`, "--aet", "ME");
  assert.match(there.stdout, /^ANY@127\.0\.0\.1:\d+ answered in \d+ ms\n$/);
  assert.deepEqual([there.code, there.stderr], [0, ""]);
  const callers = await server.get<{ RemoteAet?: string }[]>("/associations");
  assert.match(JSON.stringify(callers), /"ME"/);

  const absent = await outpost("echo", `ANY@127.0.0.1:${freePort()}`);
  assert.equal(absent.code, 1);
  assert.equal(absent.stdout, "");
  assert.match(absent.stderr, /^outpost: .*Connection refused/);
});

const WRONG_USAGE = [
  ["echo"],
  ["echo", "no-destination"],
  ["echo", "A@127.0.0.1:65536"],
  ["echo", "A@127.0.0.1:104", "--timeout", "soon"],
  ["echo", "ATitleOfMoreThan16@127.0.0.1:104"],
  ["send", "A@127.0.0.1:104"],
  ["--no-such-option"],
];

Deno.test("outpost ends with 2 where the command line is wrong, and says why", async () => {
  for (const args of WRONG_USAGE) {
    const { code, stdout, stderr } = await outpost(...args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, /^outpost: .+\n/, args.join(" "));
  }
});

Deno.test("outpost --help and --version go to standard output", async () => {
  const help = await outpost("--help");
  assert.equal(help.code, 0);
  for (const command of ["check", "import", "send", "echo", "hash-password"]) {
    assert.match(help.stdout, new RegExp(`^  outpost ${command}\\b`, "m"));
  }
  assert.match((await outpost("send", "--help")).stdout, /^usage: outpost send FILE/);
  assert.match((await outpost("--version")).stdout, /^outpost \d+\.\d+\.\d+ \(commit .+, Deno /);
});

Deno.test("outpost hash-password --token prints a token and what the configuration takes", async () => {
  const { code, stdout } = await outpost("hash-password", "--token");
  assert.equal(code, 0);
  const [, token = "", hash] = /^token: (\S+)\nhash: {2}(\S+)\n$/.exec(stdout) ?? [];
  assert.equal(hashToken(token), hash);
});
