import assert from "node:assert/strict";
import { connectServiceManager } from "./systemd.ts";

Deno.test("connectServiceManager() tells systemd what happens, with signs of life", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/notify`;
    const manager = Deno.listenDatagram({ transport: "unixpacket", path });
    using _closed = { [Symbol.dispose]: () => manager.close() };
    const next = async () => new TextDecoder().decode((await manager.receive())[0]);
    const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "30000" };
    using service = connectServiceManager((name) => env[name as keyof typeof env], folder);
    assert.equal(await next(), "WATCHDOG=1");
    service.ready();
    service.status("two\nlines");
    service.stopping();
    const states = new Set<string>();
    while (states.size < 4) states.add(await next());
    assert.deepEqual(states, new Set(["READY=1", "STATUS=two lines", "STOPPING=1", "WATCHDOG=1"]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("connectServiceManager() does nothing without systemd", () => {
  using service = connectServiceManager(() => undefined, "/nowhere");
  service.ready();
  service.stopping();
});
