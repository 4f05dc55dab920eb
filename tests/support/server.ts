import { parseConfiguration } from "../../core/config/parse.ts";
import { createLogs } from "../../core/log.ts";
import { systemClock } from "../../core/clock.ts";
import { type RunningServer, start } from "../../main.ts";

/** The whole server on free ports of this machine, over a folder of its own. */
export interface TestServer extends RunningServer {
  readonly url: string;
  readonly dicomPort: number;
  readonly folder: string;
  /** Lines of its log. */
  readonly lines: readonly string[];
  /** Body of a GET that must succeed, read as JSON. */
  get<T = unknown>(path: string): Promise<T>;
}

/** Starts a server. @param options by Orthanc's names */
export async function startServer(
  options: Readonly<Record<string, unknown>> = {},
): Promise<TestServer> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const settings = { StorageDirectory: folder, HttpPort: 0, DicomPort: 0, ...options };
  const { config } = parseConfiguration(
    [{ name: "/test.json", text: JSON.stringify(settings) }],
    () => undefined,
  );
  const lines: string[] = [];
  const logs = createLogs(systemClock, (line) => lines.push(line));
  const server = stack.use(await start(config, { logs }));
  const running = stack.move();
  return {
    ...server,
    url: server.url!,
    dicomPort: server.dicomPort!,
    folder,
    lines,
    async get(path) {
      const response = await fetch(server.url + path);
      if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
      return await response.json();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
