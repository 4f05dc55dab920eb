/** What a gate does with connections; what it does changes for those that are open, too. */
export type GateMode =
  /** Passes everything on. */
  | "pass"
  /** Accepts, takes nothing and never answers. */
  | "hole"
  /** Takes a byte a second. */
  | "slow"
  /** Resets the connection in the middle of what is sent. */
  | "reset";

/** A port before another, with faults of its own. */
export interface Gate extends AsyncDisposable {
  readonly port: number;
  mode: GateMode;
  /** Connections so far. */
  readonly connections: number;
}

const BEFORE_RESET = 2000;
const SLOW_MS = 1000;
const LOOK_MS = 50;

/** Starts a gate before a port of this machine. */
export function startGate(target: number): Gate {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  let connections = 0;
  const gate: Gate = {
    mode: "pass",
    port: listener.addr.port,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      gate.mode = "reset";
      listener.close();
      await accepting;
      for (const each of open) each.close();
      await Promise.all(passing);
    },
  };

  async function pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    for (let passed = 0;;) {
      if (gate.mode === "hole") {
        await sleep(LOOK_MS);
        continue;
      }
      if (gate.mode === "reset" && passed >= BEFORE_RESET) return; // closed with bytes that nobody read
      if (gate.mode === "slow") await sleep(SLOW_MS);
      const most = { pass: buffer.length, hole: 0, slow: 1, reset: BEFORE_RESET }[gate.mode];
      const size = await from.read(buffer.subarray(0, most));
      if (size === null) return;
      passed += size;
      for (let at = 0; at < size;) at += await to.write(buffer.subarray(at, size));
    }
  }

  async function pass(conn: Deno.TcpConn): Promise<void> {
    using near = conn;
    using far = await Deno.connect({ hostname: "127.0.0.1", port: target });
    const pair = [near, far];
    pair.forEach((each) => {
      each.setNoDelay(true);
      open.add(each);
    });
    await Promise.race([pump(near, far), pump(far, near)].map((way) => way.catch(() => {})));
    pair.forEach((each) => open.delete(each));
  }

  const passing: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const conn of listener) {
      connections++;
      passing.push(pass(conn).catch(() => {})); // one side has gone
    }
  })();

  return gate;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
