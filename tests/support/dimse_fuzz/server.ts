import { freePort } from "../peer.ts";
import { startServerProcess } from "../server_process.ts";

/** A server that is fuzzed. */
export interface FuzzedServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly dicomPort: number;
}

/** How long the server may take to close what is over. */
const CLOSING_MS = 120_000;

/** A server in a process of its own that takes whatever is sent. */
export async function startFuzzed(
  options: Readonly<Record<string, unknown>> = {},
): Promise<FuzzedServer> {
  const folder = await Deno.makeTempDir();
  const dicomPort = freePort();
  const config = {
    StorageDirectory: `${folder}/storage`,
    HttpPort: 0,
    DicomPort: dicomPort,
    DicomScpTimeout: 5,
    DicomAlwaysAllowFind: true,
    DicomAlwaysAllowMove: true,
    DicomAlwaysAllowGet: true,
    DicomModalities: { fuzz: { AET: "CALLING", Host: "127.0.0.1", Port: 1, AllowNAction: false } },
    UnknownSopClassAccepted: true,
    SyncStorageArea: false,
    ...options,
  };
  await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
  const server = await startServerProcess(folder);
  server.process.stdout.cancel().catch(() => {}); // what it logs is not looked at
  return {
    url: server.url,
    pid: server.process.pid,
    dicomPort,
    async [Symbol.asyncDispose]() {
      server.process.kill("SIGTERM");
      await server.process.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Waits until no association is open, and no more than so many files. @returns how many are */
export async function settled({ url, pid }: FuzzedServer, most = Infinity): Promise<number> {
  let open = { associations: -1, files: -1 };
  for (const until = Date.now() + CLOSING_MS; Date.now() < until;) {
    open = { associations: await countOpen(url), files: countFiles(pid) };
    if (open.associations === 0 && open.files <= most) return open.files;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${JSON.stringify(open)} are open, with ${most} files before`);
}

async function countOpen(url: string): Promise<number> {
  const response = await fetch(`${url}/associations?limit=1000`);
  const associations: { readonly State: string }[] = await response.json();
  return associations.filter(({ State }) => State === "Open").length;
}

/** Open files and sockets of a process. */
function countFiles(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** Resident memory of a process, in megabytes. */
export async function memoryOf({ pid }: FuzzedServer): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}
