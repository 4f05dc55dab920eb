import { systemClock } from "../../core/clock.ts";
import { createLogs, LOG_CATEGORIES } from "../../core/log.ts";
import { OUTPOST_VERSION } from "../../core/version.ts";
import type { Command, CommandContext } from "../command.ts";
import { readServerArguments, type ServerArguments } from "./configuration.ts";

/** What is in hand when the server is asked to stop may take this long. */
const GRACE_MS = 8000;

/** Why a running server ends. */
type Ending = "stop" | "restart";

/** The server itself. */
export const serve: Command = {
  usage: "[CONFIG…] [--OPTION VALUE…] [--verbose|--trace]",
  summary: "Run the server",

  async run(args, context) {
    while (await runOnce(await readServerArguments(args), context) === "restart");
    return 0;
  },
};

async function runOnce(args: ServerArguments, { start }: CommandContext): Promise<Ending> {
  const { config, warnings, verbosity, paths } = args;
  const ending = Promise.withResolvers<Ending>();
  const logs = createLogs(systemClock, (line) => console.error(line));
  for (const category of LOG_CATEGORIES) logs.setVerbosity(category, verbosity);
  for (const warning of warnings) console.error(`outpost: warning: ${warning}`);
  if (paths.length === 0) console.error("outpost: no configuration given, starting with defaults");

  const stop = () => ending.resolve("stop");
  const control = { restart: () => ending.resolve("restart"), shutdown: stop };
  const server = await start(config, { logs, control });
  Deno.addSignalListener("SIGTERM", stop);
  Deno.addSignalListener("SIGINT", stop);
  const place = server.url ? `listening at ${server.url}` : "listening nowhere";
  console.log(`Outpost ${OUTPOST_VERSION} is ${place} (data in ${config.storageDirectory})`);
  const why = await ending.promise;
  await server.stop(GRACE_MS);
  Deno.removeSignalListener("SIGTERM", stop);
  Deno.removeSignalListener("SIGINT", stop);
  return why;
}
