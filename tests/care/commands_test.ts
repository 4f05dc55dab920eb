import assert from "node:assert/strict";
import { instanceFile } from "../support/instances.ts";
import { startServerProcess } from "../support/server_process.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** Runs `outpost` with these arguments. */
async function outpost(...args: readonly string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, ...args],
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await command.output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

Deno.test("backup, fsck and rebuild as commands, beside a server and without", async (t) => {
  const folder = await Deno.makeTempDir();
  const config = `${folder}/config.json`;
  const settings = { StorageDirectory: `${folder}/data`, HttpPort: 0, DicomServerEnabled: false };
  await Deno.writeTextFile(config, JSON.stringify(settings));
  const server = await startServerProcess(folder);
  try {
    for (const number of [1, 2, 3]) {
      const body = instanceFile({ SOPInstanceUID: `1.1.1.${number}` });
      const response = await fetch(`${server.url}/instances`, { method: "POST", body });
      await response.body?.cancel();
      assert.equal(response.status, 200);
    }

    await t.step("a backup of a running server", async () => {
      const { code, text } = await outpost("backup", `${folder}/backup`, config);
      assert.equal(code, 0, text);
      assert.match(text, /^Backed up to .*backup: \d linked/);
      await Deno.writeTextFile(
        `${folder}/backup.json`,
        JSON.stringify({ ...settings, StorageDirectory: `${folder}/backup` }),
      );
      const checked = await outpost("fsck", `${folder}/backup.json`);
      assert.equal(checked.code, 0, checked.text);
      assert.match(checked.text, /^3 rows and \d files checked: 0 faults, 0 remain$/m);
    });

    await t.step("the audit log of the backup, which the command checks", async () => {
      await (await fetch(`${server.url}/audit`)).body?.cancel(); // which has its lines written
      await outpost("backup", `${folder}/backup`, config);
      const { code, text } = await outpost("audit", "verify", "--backup", `${folder}/backup`);
      assert.equal(code, 0, text);
      assert.match(text, /^intact: lines 1 to 3, /);
    });

    await t.step("fsck and rebuild refuse an archive in use", async () => {
      for (const command of ["fsck", "rebuild"]) {
        const { code, text } = await outpost(command, config);
        assert.equal(code, 1);
        assert.match(text, /another server is running/);
      }
    });

    server.process.kill("SIGTERM");
    assert.equal((await server.process.status).code, 0);

    await t.step("rebuild after the loss of the index", async () => {
      for await (const { name } of Deno.readDir(`${folder}/data`)) {
        if (name.startsWith("outpost.sqlite")) await Deno.remove(`${folder}/data/${name}`);
      }
      const lost = await outpost("fsck", config);
      assert.equal(lost.code, 1);
      assert.match(lost.text, /^0 rows and 3 files checked: 3 faults, 3 remain$/m);
      const rebuilt = await outpost("rebuild", config);
      assert.equal(rebuilt.code, 0, rebuilt.text);
      assert.match(rebuilt.text, /^3 files indexed in/m);
      assert.equal((await outpost("fsck", config)).code, 0);
    });

    await t.step("nothing is made where there is nothing", async () => {
      const none = `${folder}/none.json`;
      await Deno.writeTextFile(none, JSON.stringify({ StorageDirectory: `${folder}/none` }));
      for (const args of [["fsck", none], ["rebuild", none], ["backup", `${folder}/b2`, none]]) {
        assert.equal((await outpost(...args)).code, 1);
      }
      assert.equal((await outpost("backup")).code, 2);
      await assert.rejects(Deno.stat(`${folder}/none`));
    });
  } finally {
    try {
      server.process.kill("SIGKILL");
    } catch {
      // it has ended
    }
    await server.process.status;
    await Deno.remove(folder, { recursive: true });
  }
});
