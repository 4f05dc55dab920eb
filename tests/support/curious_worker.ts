/// <reference lib="deno.worker" />

/** Stands in for `core/image/worker.ts`: tries what a worker must not, and says whether it could. */
const ATTEMPTS: Readonly<Record<string, () => unknown>> = {
  read: () => Deno.readTextFileSync(new URL(import.meta.url)),
  write: () => Deno.writeTextFileSync("/tmp/curious", ""),
  net: () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  env: () => Deno.env.get("HOME"),
  run: () => new Deno.Command("true").outputSync(),
};

self.onmessage = () => {
  self.onmessage = ({ data }: MessageEvent<{ readonly input: { readonly to: string } }>) => {
    if (data.input.to === "die") throw new Error("as asked");
    const entries = Object.keys(ATTEMPTS).map((name) => [name, outcome(ATTEMPTS[name]!)]);
    self.postMessage({ output: Object.fromEntries(entries) });
  };
};

function outcome(attempt: () => unknown): string {
  try {
    attempt();
    return "done";
  } catch (error) {
    return error instanceof Deno.errors.NotCapable ? "refused" : String(error);
  }
}
