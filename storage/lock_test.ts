import assert from "node:assert/strict";
import { lockFolder } from "./lock.ts";

/** Locks the folder of its argument, says so, and waits to be ended. */
const HOLDER = `
  const { lockFolder } = await import(Deno.args[0]);
  const lock = await lockFolder(Deno.args[1]);
  console.log("locked");
  await Deno.stdin.read(new Uint8Array(1));
`;

Deno.test("lockFolder() refuses a folder that another process uses, until that one is gone", async () => {
  const folder = await Deno.makeTempDir();
  const script = `${folder}/holder.ts`;
  await Deno.writeTextFile(script, HOLDER);
  const holder = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", script, import.meta.resolve("./lock.ts"), `${folder}/data`],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  try {
    const reader = holder.stdout.getReader();
    await reader.read(); // "locked"
    await assert.rejects(lockFolder(`${folder}/data`), { code: "configuration" });
    holder.kill("SIGKILL");
    await holder.status;
    await reader.cancel();
    using _lock = await lockFolder(`${folder}/data`);
  } finally {
    await holder.stdin.close().catch(() => {});
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("lockFolder() refuses a second server in the same process", async () => {
  const folder = await Deno.makeTempDir();
  {
    using _lock = await lockFolder(folder);
    await assert.rejects(lockFolder(folder), { code: "configuration" });
  }
  using _again = await lockFolder(folder);
  await Deno.remove(folder, { recursive: true });
});
