import type { Hono } from "hono";
import assert from "node:assert/strict";
import type { App, AppPorts, ServerControl } from "../../core/app.ts";
import { createApp } from "../../core/create_app.ts";
import { parseConfiguration } from "../../core/config/parse.ts";
import { type DiskWatch, guardFiles } from "../../core/disk.ts";
import { createLogs } from "../../core/log.ts";
import type { Destinations } from "../../core/ports/destinations.ts";
import { createServerClient } from "../../dimse/server_client.ts";
import { createRoutes } from "../../routes/app.ts";
import { openAuditFolder } from "../../storage/audit_folder.ts";
import { openExportFolder } from "../../storage/export_folder.ts";
import { openFolder } from "../../storage/folder.ts";
import { openScratchFolder } from "../../storage/scratch_folder.ts";
import { openWorklistFolder } from "../../storage/worklist_folder.ts";
import { createTestClock, type TestClock } from "./clock.ts";
import { openLocalIndex } from "./index.ts";
import { watchFiles } from "./quiet.ts";

/** A server without sockets, over a folder of its own. */
export interface TestApp extends AsyncDisposable {
  readonly app: App;
  readonly routes: Hono;
  readonly clock: TestClock;
  /** What it keeps, for a successor. */
  readonly folder: string;
  /** Lines of its log. */
  readonly lines: readonly string[];
  /** Whether it does something but wait for its clock, or for receivers that do not answer. */
  isBusy(): boolean;
  /** What was asked of the process, in order. */
  readonly asked: readonly ("restart" | "shutdown")[];
  /** Answers one request; a body that is no text and no bytes goes as JSON. */
  send(method: string, path: string, body?: unknown, more?: SendOptions): Promise<Response>;
  /** Body of a GET that must succeed, read as JSON. */
  get<T = unknown>(path: string): Promise<T>;
  /** Body of a POST that must succeed, read as JSON. */
  post<T = unknown>(path: string, body: unknown): Promise<T>;
  /** Stores a file and gives the answer. */
  upload(bytes: Uint8Array): Promise<UploadAnswer>;
}

/** What a request has beside method, path and body. */
export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Address of the client; this machine's by default. */
  readonly remoteAddress?: string;
}

/** Orthanc's answer to an upload. */
export interface UploadAnswer {
  readonly ID: string;
  readonly ParentPatient: string;
  readonly ParentStudy: string;
  readonly ParentSeries: string;
  readonly Path: string;
  readonly Status: string;
}

/** How to start it. */
export interface TestAppOptions {
  /** Options by Orthanc's names. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** A folder to go on with, which is then left in place; otherwise a new one, removed at the end. */
  readonly folder?: string;
  readonly clock?: TestClock;
  /** In place of a client that connects to remotes. */
  readonly createClient?: AppPorts["createClient"];
  /** In place of what the configuration names. */
  readonly destinations?: Destinations & { readonly hanging?: number };
  readonly disk?: DiskWatch;
}

/** Starts a server of which every test may have one: its index runs in this process and nothing is flushed. */
export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  await using stack = new AsyncDisposableStack();
  const folder = options.folder ?? await Deno.makeTempDir();
  if (options.folder === undefined) stack.defer(() => Deno.remove(folder, { recursive: true }));
  const clock = options.clock ?? createTestClock();
  const lines: string[] = [];
  const asked: ("restart" | "shutdown")[] = [];
  const control: ServerControl = {
    restart: () => void asked.push("restart"),
    shutdown: () => void asked.push("shutdown"),
  };
  const settings = { StorageDirectory: folder, ...options.config };
  const { config } = parseConfiguration(
    [{ name: "/test.json", text: JSON.stringify(settings) }],
    () => undefined,
  );
  const index = stack.use(openLocalIndex(`${folder}/outpost.sqlite`));
  const { files, pending } = watchFiles(
    stack.use(await openFolder({ root: folder, journal: index, sync: false, small: 0 })),
  );
  const scratch = stack.use(await openScratchFolder(`${folder}/outpost.scratch`));
  const audit = config.auditLogEnabled && !config.readOnly
    ? stack.use(
      await openAuditFolder({
        path: `${folder}/outpost.audit`,
        keptBytes: config.auditLogSizeMB * 1048576,
      }),
    )
    : undefined;
  const logs = createLogs(clock, (line) => lines.push(line));
  const app = stack.use(
    await createApp(
      {
        ...(audit && { audit }),
        index,
        properties: index,
        files: options.disk ? guardFiles(files, options.disk) : files,
        scratch,
        clock,
        logs,
        control,
        createClient: options.createClient ?? createServerClient,
        openWorklists: openWorklistFolder,
        openExportFolder,
        ...(options.destinations && { destinations: options.destinations }),
        ...(options.disk && { disk: options.disk }),
      },
      config,
    ),
  );
  const routes = createRoutes(app);
  const running = stack.move();
  return {
    app,
    routes,
    clock,
    folder,
    lines,
    isBusy() {
      const lanes = [...app.relay.engine.lanes.values()];
      const sending = lanes.reduce((sum, lane) => sum + lane.status().sending, 0);
      return pending() > 0 || sending > (options.destinations?.hanging ?? 0);
    },
    asked,
    ...requests(routes),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Files of instances below the folder of a server, whole or in part. */
export async function countFiles(folder: string): Promise<number> {
  let count = 0;
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name.startsWith("outpost.")) continue;
    if (entry.isDirectory) count += await countFiles(`${folder}/${entry.name}`);
    else count++;
  }
  return count;
}

function requests(routes: Hono): Pick<TestApp, "send" | "get" | "post" | "upload"> {
  const send: TestApp["send"] = async (method, path, body, more = {}) => {
    const { headers = {}, signal, remoteAddress = "127.0.0.1" } = more;
    const init = {
      method,
      headers,
      ...(signal && { signal }),
      ...(body !== undefined && { body: bodyInit(body) }),
    };
    const request = new Request(`http://localhost:8042${path}`, init);
    return await routes.fetch(request, { remoteAddress });
  };
  const read = async (response: Response) => {
    const body = await response.text();
    assert.equal(response.status, 200, body);
    return JSON.parse(body);
  };
  return {
    send,
    get: async (path) => read(await send("GET", path)),
    post: async (path, body) => read(await send("POST", path, body)),
    upload: async (bytes) => read(await send("POST", "/instances", bytes)),
  };
}

function bodyInit(body: unknown): BodyInit {
  const isReady = typeof body === "string" || body instanceof Uint8Array ||
    body instanceof FormData || body instanceof ReadableStream;
  return isReady ? body as BodyInit : JSON.stringify(body); // one of the types just named
}
