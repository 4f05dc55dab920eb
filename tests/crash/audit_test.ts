import assert from "node:assert/strict";
import type { AuditEntry } from "../../core/security/audit_chain.ts";
import { auditLines } from "../../storage/audit_folder.ts";
import { instanceFile } from "../support/instances.ts";
import { startServerProcess } from "../support/server_process.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

async function audit(...args: readonly string[]) {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", MAIN, "audit", ...args],
    stdout: "piped",
    stderr: "null",
  });
  const { code, stdout } = await command.output();
  return { code, text: new TextDecoder().decode(stdout) };
}

Deno.test("the audit log is whole after kill -9, and outpost audit verify shows who touched it", async (t) => {
  const folder = await Deno.makeTempDir();
  const config = `${folder}/config.json`;
  const log = `${folder}/data/outpost.audit`;
  const settings = { StorageDirectory: `${folder}/data`, HttpPort: 0, DicomServerEnabled: false };
  await Deno.writeTextFile(config, JSON.stringify(settings));
  const anchors: string[] = [];
  try {
    for (let round = 0; round < 2; round++) {
      const { url, process } = await startServerProcess(folder);
      for (let number = 0; number < 20; number++) {
        const body = instanceFile({ SOPInstanceUID: `1.1.${round}.${number}` });
        await (await fetch(`${url}/instances`, { method: "POST", body })).body?.cancel();
      }
      const { Head } = await (await fetch(`${url}/audit`)).json();
      anchors.push(`${Head.Seq}:${Head.Hash}`);
      if (round === 1) {
        const { code, text } = await audit("verify", config);
        assert.equal(code, 0, text);
        assert.match(text, /^intact: lines 1 to 40, end 40:/, "beside the server");
      }
      process.kill("SIGKILL");
      await process.status;
    }

    await t.step("it is intact, and holds what was written down", async () => {
      const { code, text } = await audit(
        "verify",
        config,
        ...anchors.flatMap((one) => ["--anchor", one]),
      );
      assert.equal(code, 0, text);
      assert.match(text, /^intact: lines 1 to 40, end 40:[0-9a-f]{64}\n$/);
    });

    await t.step("a changed line is found", async () => {
      const lines = await Array.fromAsync(auditLines(log, 1));
      const [file] = await Array.fromAsync(Deno.readDir(log), ({ name }) => `${log}/${name}`);
      const { targets } = JSON.parse(lines[6]!) as AuditEntry;
      const text = await Deno.readTextFile(file!);
      await Deno.writeTextFile(file!, text.replace(targets[0]!, "0".repeat(44)));
      assert.deepEqual(await audit("verify", config), {
        code: 1,
        text: "broken at line 8: the line before it was changed\n",
      });
      await Deno.writeTextFile(file!, lines.slice(0, 30).join("\n") + "\n");
      assert.deepEqual(await audit("verify", config, "--anchor", anchors[1]!), {
        code: 1,
        text: "broken at line 40: it is missing at the end\n",
      });
    });

    await t.step("wrong usage is code 2", async () => {
      assert.equal((await audit("show", config)).code, 2);
      assert.equal((await audit("verify", config, "--anchor", "40")).code, 2);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
