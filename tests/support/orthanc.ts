import { freePort } from "./peer.ts";

/** A running Orthanc with an archive of its own. */
export interface Orthanc extends AsyncDisposable {
  /** Where it answers, without `/` at the end. */
  readonly url: string;
  /** Sends a request; the body, if any, goes as it is. @param accept media type */
  request(
    method: string,
    path: string,
    body?: Uint8Array<ArrayBuffer>,
    accept?: string,
  ): Promise<Response>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
}

/** The command that tells whether Orthanc is installed. */
export const ORTHANC_CHECK = ["Orthanc", "--version"] as const;

const STARTING_MS = 30_000;
const ANSWER_MS = 30_000;

/** Starts Orthanc on free ports of this machine, without private dictionary and plugins. */
export async function startOrthanc(
  options: Readonly<Record<string, unknown>> = {},
): Promise<Orthanc> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const port = options.HttpPort ?? freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = {
    StorageDirectory: `${folder}/storage`,
    IndexDirectory: `${folder}/storage`,
    HttpPort: port,
    DicomPort: freePort(),
    AuthenticationEnabled: false,
    LoadPrivateDictionary: false,
    Plugins: [],
    ...options,
  };
  await Deno.writeTextFile(`${folder}/orthanc.json`, JSON.stringify(config));
  const process = stack.use(run(`${folder}/orthanc.json`));
  const request: Orthanc["request"] = (method, path, body, accept) =>
    fetch(url + path, {
      method,
      ...(body && { body }),
      ...(accept && { headers: { Accept: accept } }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  await answering(request, process.status);
  const running = stack.move();
  return { url, request, kill: process.kill, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

interface Process extends AsyncDisposable {
  readonly status: Promise<Deno.CommandStatus>;
  kill(): Promise<void>;
}

function run(config: string): Process {
  const command = new Deno.Command("Orthanc", { args: [config], stdout: "null", stderr: "null" });
  const process = command.spawn();
  let isKilled = false;
  return {
    status: process.status,
    async kill() {
      isKilled = true;
      process.kill("SIGKILL");
      await process.status;
    },
    async [Symbol.asyncDispose]() {
      if (!isKilled) process.kill("SIGTERM");
      await process.status;
    },
  };
}

/** Waits until the server answers; it gives no other sign. */
async function answering(request: Orthanc["request"], ended: Promise<unknown>): Promise<void> {
  const over = ended.then(() => true);
  for (const until = Date.now() + STARTING_MS; Date.now() < until;) {
    try {
      const response = await request("GET", "/system");
      await response.body?.cancel();
      return;
    } catch {
      const pause = new Promise<false>((resolve) => setTimeout(() => resolve(false), 100));
      if (await Promise.race([over, pause])) throw new Error("Cannot start Orthanc: it ended");
      await pause;
    }
  }
  throw new Error(`Cannot start Orthanc: no answer in ${STARTING_MS} ms`);
}
