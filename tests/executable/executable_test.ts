import assert from "node:assert/strict";
import { peerTest } from "../support/peer.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const SCENARIO = new URL("./scenario.ts", import.meta.url).pathname;
const RELAY = new URL("./relay_scenario.ts", import.meta.url).pathname;
/** A network of its own, in which there is nothing but this machine. */
const WITHOUT_NETWORK = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
/** In bytes. */
const MAXIMUM_SIZE = 130_000_000;
const ARM64 = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"];

async function succeed([program, ...args]: readonly string[]): Promise<string> {
  const command = new Deno.Command(program!, { args, cwd: ROOT, stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  assert.ok(success, `${program} ${args[0]} fails: ${text}`);
  return text;
}

const NEEDS = [
  ["unshare", "-rn", "ip", "link", "set", "lo", "up"],
  ["npm", "--version"],
  [ARM64[0]!, "--version"],
  ["test", "-e", "/usr/aarch64-linux-gnu/lib/libgcc_s.so.1"],
];

peerTest({
  name: "the executables store, receive, preview and end, with nothing else at hand",
  needs: NEEDS,
  async fn(t) {
    const folder = await Deno.makeTempDir({ prefix: "outpost-test-" });
    const [x64, arm64] = [`${folder}/outpost-linux-x86_64`, `${folder}/outpost-linux-aarch64`];
    const runScenario = async (script: string, server: readonly string[]) => {
      const empty = await Deno.makeTempDir({ dir: folder });
      const scenario = [Deno.execPath(), "run", "--quiet", "-A", script, empty, x64];
      await succeed([...WITHOUT_NETWORK, ...scenario, ...server]);
    };
    try {
      await t.step("they are made, of the size and with the digest that is said", async () => {
        await succeed([Deno.execPath(), "run", "-A", "scripts/build.ts", "--output", folder]);
        await succeed(["sh", "-c", `cd ${folder} && sha256sum --check SHA256SUMS`]);
        for (const file of [x64, arm64]) assert.ok((await Deno.stat(file)).size < MAXIMUM_SIZE);
      });
      await t.step("x64", () => runScenario(SCENARIO, [x64]));
      await t.step("arm64, emulated", () => runScenario(SCENARIO, [...ARM64, arm64]));
      await t.step("x64 with earlier data, which it relays", () => runScenario(RELAY, [x64]));
      await t.step("install.sh puts it in place, and finds it there", async () => {
        const root = await Deno.makeTempDir({ dir: folder });
        const install = ["sh", "scripts/install.sh", "--root", root, x64];
        assert.match(await succeed(install), /^outpost [\d.]+ .*is installed$/m);
        assert.match(await succeed(install), /is installed already$/m);
        const version = await succeed([`${root}/usr/local/bin/outpost`, "--version"]);
        assert.equal(version, await succeed([x64, "--version"]));
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
