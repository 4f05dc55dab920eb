import { systemClock } from "../../core/clock.ts";
import { createLogs, LOG_CATEGORIES, type Logs } from "../../core/log.ts";
import { connectServiceManager, type ServiceManager } from "../../core/net/systemd.ts";
import { OUTPOST_VERSION } from "../../core/version.ts";
import type { Command, CommandContext, StoppableServer } from "../command.ts";
import { readServerArguments, type ServerArguments } from "./configuration.ts";

/** What is in hand when the server is asked to stop may take this long. */
const GRACE_MS = 8000;

/** What a start needed is garbage so long after it. */
const SETTLED_MS = 2000;

/** Why a running server ends. */
type Ending = "stop" | "restart";

/** The server itself. */
export const serve: Command = {
  usage: "[CONFIG…] [--OPTION VALUE…] [--verbose|--trace] [--log-format json|text|journal]",
  summary: "Run the server",

  async run(args, context) {
    const env = (name: string) => Deno.env.get(name);
    using manager = connectServiceManager(env, env("RUNTIME_DIRECTORY") ?? env("TMPDIR") ?? "/tmp");
    const once = async () => runOnce(await readServerArguments(args), { args, context, manager });
    while (await once() === "restart");
    return 0;
  },
};

/** What stays the same when the server restarts. */
interface Surroundings {
  readonly args: readonly string[];
  readonly context: CommandContext;
  readonly manager: ServiceManager;
}

async function runOnce(given: ServerArguments, surroundings: Surroundings): Promise<Ending> {
  const { config, warnings, paths } = given;
  const { context, manager } = surroundings;
  const ending = Promise.withResolvers<Ending>();
  const logs = logsOf(given);
  for (const warning of warnings) console.error(`outpost: warning: ${warning}`);
  if (paths.length === 0) console.error("outpost: no configuration given, starting with defaults");

  const stop = () => ending.resolve("stop");
  const control = { restart: () => ending.resolve("restart"), shutdown: stop };
  const server = await context.start(config, { logs, control });
  using _signals = onSignals({
    SIGTERM: stop,
    SIGINT: stop,
    SIGHUP: () => void reload(server, logs, surroundings.args),
  });
  const place = server.url ? `listening at ${server.url}` : "listening nowhere";
  console.log(`Outpost ${OUTPOST_VERSION} is ${place} (data in ${config.storageDirectory})`);
  manager.ready();
  manager.status(place);
  const tidying = setTimeout(releaseMemoryOfStart, SETTLED_MS);
  const why = await ending.promise;
  clearTimeout(tidying);
  if (why === "stop") manager.stopping();
  await server.stop(GRACE_MS);
  return why;
}

/** Gives the garbage of the start back to the system, where the runtime lets us (`--expose-gc`). */
function releaseMemoryOfStart(): void {
  const { gc } = globalThis as { gc?: (options: object) => void };
  gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}

function logsOf({ verbosity, logFormat }: ServerArguments): Logs {
  const logs = createLogs(systemClock, (line) => console.error(line), logFormat);
  for (const category of LOG_CATEGORIES) logs.setVerbosity(category, verbosity);
  return logs;
}

/** Reads the configuration again; a wrong one changes nothing. */
async function reload(
  server: StoppableServer,
  logs: Logs,
  args: readonly string[],
): Promise<void> {
  const log = logs.of("generic");
  try {
    const { config, warnings } = await readServerArguments(args);
    const { applied, waiting } = server.reload(config);
    for (const warning of warnings) log("warning", "Configuration", { warning });
    log("warning", "Configuration read again", { applied, needRestart: waiting });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log("error", "Configuration not read again: it stays as it was", { reason });
  }
}

function onSignals(handlers: Readonly<Partial<Record<Deno.Signal, () => void>>>): Disposable {
  const entries = Object.entries(handlers) as [Deno.Signal, () => void][]; // the keys are signals
  for (const [signal, handler] of entries) Deno.addSignalListener(signal, handler);
  return {
    [Symbol.dispose]() {
      for (const [signal, handler] of entries) Deno.removeSignalListener(signal, handler);
    },
  };
}
