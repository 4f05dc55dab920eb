import assert from "node:assert/strict";
import { peerTest } from "../tests/support/peer.ts";

const SCRIPTS = new URL(".", import.meta.url).pathname;

/** An executable of which the script needs no more: its version, and a configuration it accepts. */
const executable = (version: string) =>
  `#!/bin/sh
case $1 in
  --version) echo "outpost ${version}" ;;
  check) grep -q broken "$2"/*.json && exit 1; echo good ;;
esac
`;

/** A systemctl that remembers what it was told; nothing starts that holds the word "broken". */
const SYSTEMCTL = `#!/bin/sh
echo "$*" >>"$ROOT/calls"
if [ "$1" = restart ]; then
  grep -q migrates "$ROOT/usr/local/bin/outpost" && echo new >"$ROOT/var/lib/outpost/outpost.sqlite"
  ! grep -q crashes "$ROOT/usr/local/bin/outpost"
fi
`;

/** A machine below a folder. */
async function machine() {
  const root = await Deno.makeTempDir();
  const write = async (path: string, text: string) => {
    await Deno.writeTextFile(`${root}/${path}`, text);
    await Deno.chmod(`${root}/${path}`, 0o755);
    return `${root}/${path}`;
  };
  const systemctl = await write("systemctl", SYSTEMCTL);
  return {
    root,
    write,
    read: (path: string) => Deno.readTextFile(`${root}/${path}`),
    async install(...args: string[]) {
      const command = new Deno.Command("sh", {
        args: [`${SCRIPTS}install.sh`, "--root", root, ...args],
        env: { OUTPOST_SYSTEMCTL: systemctl, ROOT: root },
      });
      const { success, stdout, stderr } = await command.output();
      const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
      return { success, text };
    },
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

Deno.test("install.sh installs, and again changes nothing", async () => {
  await using box = await machine();
  const first = await box.write("first", executable("1"));
  assert.deepEqual(await box.install(first), {
    success: true,
    text: "good\noutpost 1 is installed\n",
  });
  assert.equal(await box.read("usr/local/bin/outpost"), executable("1"));
  assert.match(await box.read("etc/systemd/system/outpost.service"), /ExecStart=/);
  assert.match(await box.read("etc/outpost/outpost.json"), /StorageDirectory/);
  assert.match(await box.read("calls"), /enable outpost.service\nrestart outpost.service\n$/);

  await Deno.writeTextFile(`${box.root}/etc/outpost/outpost.json`, "{}");
  assert.match((await box.install(first)).text, /installed already/);
  assert.equal(await box.read("etc/outpost/outpost.json"), "{}");
  assert.equal((await box.read("calls")).match(/^restart/gm)?.length, 1);
});

Deno.test("install.sh upgrades, and goes back when told to", async () => {
  await using box = await machine();
  await box.install(await box.write("first", executable("1")));
  await box.install(await box.write("second", executable("2")));
  assert.equal(await box.read("usr/local/bin/outpost"), executable("2"));
  assert.match((await box.install("rollback")).text, /outpost 1 runs again/);
  assert.equal(await box.read("usr/local/bin/outpost"), executable("1"));
  await box.install("rollback");
  assert.equal(await box.read("usr/local/bin/outpost"), executable("2"));
});

Deno.test("install.sh goes back, index included, when the new version does not start", async () => {
  await using box = await machine();
  await box.install(await box.write("first", executable("1")));
  await Deno.writeTextFile(`${box.root}/var/lib/outpost/outpost.sqlite`, "old");
  const { success, text } = await box.install(
    await box.write("second", `${executable("2")}# migrates, crashes\n`),
  );
  assert.equal(success, false);
  assert.match(text, /outpost 2 does not start .* the previous one runs again/);
  assert.equal(await box.read("usr/local/bin/outpost"), executable("1"));
  assert.equal(await box.read("var/lib/outpost/outpost.sqlite"), "old");
});

Deno.test("install.sh changes nothing where configuration or executable are wrong", async () => {
  await using box = await machine();
  await box.install(await box.write("first", executable("1")));
  const second = await box.write("second", executable("2"));
  await Deno.writeTextFile(`${box.root}/SHA256SUMS`, `${"0".repeat(64)}  second\n`);
  assert.match((await box.install(second)).text, /damaged/);
  await Deno.remove(`${box.root}/SHA256SUMS`);
  await Deno.writeTextFile(`${box.root}/etc/outpost/outpost.json`, "broken");
  assert.match((await box.install(second)).text, /does not accept the configuration/);
  assert.equal(await box.read("usr/local/bin/outpost"), executable("1"));
  assert.equal((await box.read("calls")).match(/^stop/gm), null);
});

Deno.test("install.sh uninstalls; images go only with --purge", async () => {
  await using box = await machine();
  await box.install(await box.write("first", executable("1")));
  await Deno.writeTextFile(`${box.root}/var/lib/outpost/image`, "image");
  await box.install("uninstall");
  await assert.rejects(box.read("usr/local/bin/outpost"));
  await assert.rejects(box.read("etc/systemd/system/outpost.service"));
  assert.equal(await box.read("var/lib/outpost/image"), "image");
  await box.install("uninstall", "--purge");
  await assert.rejects(box.read("var/lib/outpost/image"));
});

peerTest({
  name: "the scripts are right for any POSIX shell",
  needs: [["shellcheck", "--version"]],
  async fn() {
    const scripts = ["install.sh", "start", "test", "deno"].map((name) => SCRIPTS + name);
    const { success, stdout } = await new Deno.Command("shellcheck", {
      args: ["--severity=warning", ...scripts],
    }).output();
    assert.ok(success, new TextDecoder().decode(stdout));
  },
});

peerTest({
  name: "the service is as well protected as systemd calls OK",
  needs: [["systemd-analyze", "--version"]],
  async fn() {
    const args = ["security", "--offline=true", `${SCRIPTS}outpost.service`];
    const { stdout } = await new Deno.Command("systemd-analyze", { args }).output();
    const exposure = Number(
      /exposure level .*: ([\d.]+)/.exec(new TextDecoder().decode(stdout))?.[1],
    );
    assert.ok(exposure <= 2, `exposure ${exposure}`);
  },
});
