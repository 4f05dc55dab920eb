import { connectable } from "./dcmtk.ts";
import { freePort } from "./peer.ts";

/** The commands that tell whether these programs are installed. */
export const DCMTK = [["storescp", "--version"], ["dcmqrscp", "--version"]] as const;

/** Starts a program that listens on a port, and waits until it does. */
export async function listening(
  command: (port: number, folder: string) => readonly string[],
  port = freePort(),
): Promise<AsyncDisposable & { port: number; folder: string }> {
  const folder = await Deno.makeTempDir();
  const [program, ...args] = command(port, folder);
  const process = new Deno.Command(program!, {
    args,
    cwd: folder,
    env: { TCP_NODELAY: "1" },
    stdout: "null",
    stderr: "null",
  }).spawn();
  await connectable(port);
  return {
    port,
    folder,
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** A storescp in a folder of its own, of which nothing is read. */
export function storescp(...options: string[]) {
  return listening((port) => ["storescp", ...options, `${port}`]);
}

/** An archive of DCMTK that C-MOVE can send from, to the AE title `TARGET`. */
export async function dcmqrscp(targetPort: number) {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/db`);
  const config = `
NetworkTCPPort = 0
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
target = (TARGET, 127.0.0.1, ${targetPort})
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
ARCHIVE ${folder}/db RW (200, 1024mb) ANY
AETable END
`;
  await Deno.writeTextFile(`${folder}/dcmqrscp.cfg`, config);
  const peer = await listening((port) => ["dcmqrscp", "-c", `${folder}/dcmqrscp.cfg`, `${port}`]);
  return {
    port: peer.port,
    async [Symbol.asyncDispose]() {
      await peer[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
