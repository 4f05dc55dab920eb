import { createHash } from "node:crypto";
import type { ServerControl } from "./core/app.ts";
import { createApp } from "./core/create_app.ts";
import { systemClock } from "./core/clock.ts";
import { warnOfLostIndex } from "./core/care.ts";
import type { Config } from "./core/config.ts";
import { createTranscoder } from "./core/archive/transcoding.ts";
import { defaultCharacterSets } from "./core/dicom/charset.ts";
import { DicomError } from "./core/errors.ts";
import { guardFiles, watchDisk } from "./core/disk.ts";
import { createLogs, type Logs } from "./core/log.ts";
import { createMetrics, meterFiles, meterIndex } from "./core/metrics.ts";
import { createPool, poolOptions } from "./core/pool.ts";
import type { DicomClient } from "./core/ports/dicom_client.ts";
import { applyConfiguration, type Reload } from "./core/reload.ts";
import { createServerClient } from "./dimse/server_client.ts";
import { listenDicom } from "./dimse/scp.ts";
import { createRoutes } from "./routes/app.ts";
import { type CommandContext, runCommand } from "./routes/command.ts";
import { listen } from "./routes/listener.ts";
import { listenOptions } from "./routes/listen_options.ts";
import { auditLines, openAuditFolder } from "./storage/audit_folder.ts";
import { openBackup } from "./storage/backup.ts";
import { openExportFolder } from "./storage/export_folder.ts";
import { openSource } from "./storage/file_source.ts";
import { syncDirectory } from "./storage/directory_sync.ts";
import { openFolder } from "./storage/folder.ts";
import { createGroupFlush } from "./storage/group_flush.ts";
import { createInventory } from "./storage/inventory.ts";
import { openDisk, tryWrite } from "./storage/disk.ts";
import { openScratchFolder } from "./storage/scratch_folder.ts";
import { openWorklistFolder } from "./storage/worklist_folder.ts";
import { lockFolder } from "./storage/lock.ts";
import { openWorkerIndex } from "./storage/sqlite/worker_index.ts";
import { createWorkerWriter } from "./storage/writing/worker_writer.ts";

/** A server that runs; disposal stops it at once. */
export interface RunningServer extends AsyncDisposable {
  /** Where it answers, as `http://127.0.0.1:8042`; undefined without HTTP. */
  readonly url: string | undefined;
  /** Where it answers DICOM; undefined without. */
  readonly dicomPort: number | undefined;
  /**
   * Takes over what can be changed while it runs.
   *
   * @throws DicomError `configuration`; then all stays as it was
   */
  reload(next: Config): Reload;
  /** Accepts nothing more and lets what is in hand end, at most for `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** What a server needs beside its configuration. */
export interface StartOptions {
  readonly logs?: Logs;
  readonly control?: ServerControl;
}

const NO_CONTROL: ServerControl = { restart() {}, shutdown() {} };

/**
 * Starts the whole server.
 *
 * @throws DicomError if the configuration cannot be served, the index cannot be opened or a port not be had
 */
export async function start(initial: Config, options: StartOptions = {}): Promise<RunningServer> {
  const { control = NO_CONTROL } = options;
  const config = { ...initial };
  const clock = systemClock;
  const logs = options.logs ?? createLogs(clock, (line) => console.error(line));
  await using stack = new AsyncDisposableStack();
  const archive = stack.use(await openArchive(config));
  const { index, files, inventory } = archive;
  const metrics = createMetrics();
  metrics.enabled = config.metricsEnabled;
  const disk = stack.use(
    watchDisk({
      disk: openDisk(config.storageDirectory),
      ...{ clock, log: logs.of("generic") },
      tryWrite: () => tryWrite(config.storageDirectory),
    }),
  );
  const scratch = stack.use(await openScratchFolder(scratchPath(config)));
  const audit = config.auditLogEnabled && !config.readOnly
    ? stack.use(await openAuditFolder(auditFolder(config)))
    : undefined;
  const app = stack.use(
    await createApp(
      {
        ...(audit && { audit }),
        index: meterIndex(index, metrics),
        properties: index,
        files: meterFiles(guardFiles(files, disk), metrics),
        metrics,
        disk,
        inventory,
        scratch,
        clock,
        logs,
        control,
        createClient: createServerClient,
        openWorklists: openWorklistFolder,
        openExportFolder,
      },
      config,
    ),
  );
  await warnOfLostIndex(archive, logs.of("generic"));
  let routes = createRoutes(app);
  const http = config.httpServerEnabled
    ? stack.use(
      await listen({
        ...await listenOptions(config),
        handler: (request, env) => routes.fetch(request, env),
        log: logs.of("http"),
      }),
    )
    : undefined;
  const dicom = config.dicomServerEnabled ? stack.use(await listenDicom(app)) : undefined;
  const running = stack.move(); // an error above closes what was opened
  return {
    dicomPort: dicom?.port,
    url: http && urlOf(config, http.addresses[0]!),
    reload(next) {
      const outcome = applyConfiguration(config, next);
      app.modalities.reload();
      routes = createRoutes(app);
      return outcome;
    },
    async stop(graceMs) {
      await Promise.all([http?.close(graceMs), dicom?.close(graceMs)]);
      await running.disposeAsync();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Opens index and files, for one process at a time. @throws DicomError `configuration` if another has them */
async function openArchive(config: Config) {
  await using stack = new AsyncDisposableStack();
  const { storageDirectory: root, indexDirectory } = config;
  for (const folder of new Set([indexDirectory, root])) stack.use(await lockFolder(folder));
  const isBuffered = config.relay.Ack === "buffered";
  const index = stack.use(await openWorkerIndex(indexPath(config), { flushed: !isBuffered }));
  const later = isBuffered ? stack.use(groupFlush(config)) : undefined;
  const sync = config.syncStorageArea;
  const writer = createWorkerWriter({ clock: systemClock, root });
  const files = stack.use(
    await openFolder({ root, journal: index, sync, writer, ...(later && { later }) }),
  );
  const open = stack.move();
  return {
    index,
    files,
    inventory: createInventory(root),
    clock: systemClock,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

const groupFlush = (config: Config) =>
  createGroupFlush({ syncDirectory, indexLog: `${indexPath(config)}-wal` });

const indexPath = ({ indexDirectory }: Config) => `${indexDirectory}/outpost.sqlite`;

const auditPath = (indexDirectory: string) => `${indexDirectory}/outpost.audit`;

const auditFolder = ({ indexDirectory, auditLogSizeMB }: Config) => ({
  path: auditPath(indexDirectory),
  keptBytes: auditLogSizeMB * BYTES_PER_MB,
});

const beginBackup: CommandContext["openBackup"] = (config, options) =>
  openBackup({
    index: indexPath(config),
    files: config.storageDirectory,
    audit: auditPath(config.indexDirectory),
    ...options,
  });

/** A folder of this server's own, which no other empties. */
function scratchPath({ temporaryDirectory, indexDirectory }: Config): string {
  if (temporaryDirectory === undefined) return `${indexDirectory}/outpost.scratch`;
  const own = createHash("sha256").update(Deno.realPathSync(indexDirectory)).digest("hex");
  return `${temporaryDirectory}/outpost-${own.slice(0, 16)}`;
}

function urlOf({ sslEnabled }: Config, { hostname, port }: { hostname: string; port: number }) {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `${sslEnabled ? "https" : "http"}://${host}:${port}`;
}

/** The DICOM client of commands, which send and ask but take nothing in. */
function openClient(config: Config): DicomClient {
  const workers = createPool(poolOptions(systemClock, navigator.hardwareConcurrency));
  const defaultSets = defaultCharacterSets(config.defaultEncoding);
  const maximumInflated = config.maximumFileSizeInArchiveMB * BYTES_PER_MB;
  const client = createServerClient({
    config,
    clock: systemClock,
    receive: () => Promise.reject(new DicomError("not-implemented", "Cannot store: no server")),
    transcoder: createTranscoder({ workers, defaultSets, maximumInflated }),
  });
  return {
    ...client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await workers[Symbol.asyncDispose]();
    },
  };
}

const BYTES_PER_MB = 1048576;
const openFile = async (path: string) => openSource(await Deno.open(path));

/** @throws DicomError `configuration` if there is none, which a server would make */
const openIdleArchive: CommandContext["openArchive"] = async (config) => {
  const folder = config.storageDirectory;
  const isThere = await Deno.stat(folder).then(({ isDirectory }) => isDirectory, () => false);
  if (isThere) return await openArchive(config);
  throw new DicomError("configuration", `Cannot open archive: there is no folder ${folder}`);
};

const COMMAND_CONTEXT: CommandContext = {
  ...{ start, openClient, openFile },
  openArchive: openIdleArchive,
  openBackup: beginBackup,
  readAuditLog: ({ indexDirectory }) => auditLines(auditPath(indexDirectory), 1),
};

if (import.meta.main) Deno.exit(await runCommand(Deno.args, COMMAND_CONTEXT));
