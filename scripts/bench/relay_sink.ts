/** A receiver of C-STORE that keeps nothing and counts: DCMTK's storescp, in processes of its own. */
export interface Sink extends AsyncDisposable {
  readonly port: number;
  /** Instances received so far. */
  readonly count: number;
  /** Resolves when so many have come. */
  reached(count: number): Promise<void>;
}

/** What storescp logs for each instance, in one piece; other pieces of lines of several processes may mix. */
const RECEIVED = /Received Store Request/g;
const STARTED_MS = 300;

/** Starts a sink; each association gets a process, so that a sender may use several. */
export async function startSink(port: number): Promise<Sink> {
  const process = new Deno.Command("storescp", {
    args: ["--fork", "--ignore", "--verbose", "--max-pdu", "131072", String(port)],
    env: { TCP_NODELAY: "1" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let count = 0;
  let wanted = { count: Infinity, done: () => {} };
  const reading = (async () => {
    let rest = "";
    for await (const chunk of process.stderr.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      count += lines.join("\n").match(RECEIVED)?.length ?? 0;
      if (count >= wanted.count) wanted.done();
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, STARTED_MS));
  return {
    port,
    get count() {
      return count;
    },
    reached: (target) =>
      new Promise((resolve) => {
        wanted = { count: target, done: resolve };
        if (count >= target) resolve();
      }),
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await process.status;
      await reading;
    },
  };
}
