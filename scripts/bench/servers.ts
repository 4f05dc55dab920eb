/** Starts the servers that are compared, each on a free port with a folder of its own. */

/** A server under test. */
export interface BenchServer extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  readonly dicomPort: number;
  readonly pid: number;
  /** From the start of the process to its first answer. */
  readonly startMs: number;
}

/** The port of DICOM, after that of HTTP. */
const DICOM_OFFSET = 100;

/** Options beside those that every measurement needs. */
export type Settings = Readonly<Record<string, unknown>>;

/** Outpost as it is in this working copy. */
export function startOutpost(
  port: number,
  folder: string,
  settings: Settings = {},
): Promise<BenchServer> {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const permissions = [
    "--allow-net",
    "--allow-read",
    "--allow-write",
    "--allow-env",
    "--allow-sys",
  ];
  const args = ["run", ...permissions, main];
  return startServer("Outpost", { port, folder, settings, program: Deno.execPath(), args });
}

/** Debian's Orthanc, writing as durably as it can. */
export function startOrthanc(
  port: number,
  folder: string,
  settings: Settings = {},
): Promise<BenchServer> {
  return startServer("Orthanc", { port, folder, settings, program: "Orthanc", args: [] });
}

/** The same with DCMTK's default: what is sent waits until more comes, or for an acknowledgement. */
export function startOrthancAsInstalled(
  port: number,
  folder: string,
  settings: Settings = {},
): Promise<BenchServer> {
  const program = { program: "Orthanc", args: [], hasNagle: true };
  return startServer("Orthanc", { port, folder, settings, ...program });
}

interface Start {
  readonly port: number;
  readonly folder: string;
  readonly settings: Settings;
  readonly program: string;
  readonly args: readonly string[];
  /** Whether DCMTK gathers small packets (Nagle's algorithm). */
  readonly hasNagle?: boolean;
}

async function startServer(
  name: string,
  { port, folder, settings, program, args, hasNagle = false }: Start,
): Promise<BenchServer> {
  await Deno.mkdir(folder, { recursive: true });
  const configuration = {
    StorageDirectory: folder,
    IndexDirectory: folder,
    HttpPort: port,
    DicomPort: port + DICOM_OFFSET,
    DicomAlwaysAllowStore: true,
    SyncStorageArea: true,
    ...settings,
  };
  const file = `${folder}/configuration.json`;
  await Deno.writeTextFile(file, JSON.stringify(configuration));
  const started = performance.now();
  const command = new Deno.Command(program, {
    args: [...args, file],
    env: hasNagle ? {} : { TCP_NODELAY: "1" }, // else DCMTK waits for more before it answers
    stdout: "null",
    stderr: "null",
  });
  const process = command.spawn();
  await answering(`http://127.0.0.1:${port}/system`);
  return {
    name,
    port,
    dicomPort: port + DICOM_OFFSET,
    pid: process.pid,
    startMs: performance.now() - started,
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await process.status;
    },
  };
}

async function answering(url: string): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    try {
      const response = await fetch(url);
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      // not up yet
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`No answer from ${url}`);
}

/** Resident memory of a process, in megabytes; `VmHWM` is its peak. */
export async function memoryOf(pid: number, field: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)![1]) / 1024);
}
