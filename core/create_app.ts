import type { App, AppPorts } from "./app.ts";
import { recover } from "./archive/recover.ts";
import type { Config } from "./config.ts";
import { createAnswering } from "./create_app/answering.ts";
import { createReading, type Needs, type Reading } from "./create_app/reading.ts";
import { createAppRelay, createSending, savesJobs, type Sending } from "./create_app/sending.ts";
import { createStoring, type Storing } from "./create_app/storing.ts";
import { registerPrivateEntries } from "./dicom/dictionary.ts";
import { createHousekeeper, type Housekeeper } from "./housekeeper.ts";
import { createMetrics } from "./metrics.ts";
import { readOnlyApp } from "./read_only_app.ts";
import type { Relay } from "./relay/relay.ts";

/**
 * Puts the use cases together, finishes what the last run left open, and starts the watch over silence.
 *
 * @throws DicomError `configuration` for a main tag that does not exist
 */
export async function createApp(ports: AppPorts, config: Config): Promise<App> {
  registerPrivateEntries(config.dictionary);
  const needs = { ports, config };
  const reading = createReading(needs);
  const storing = createStoring({ ...needs, reading, relay: () => relay });
  const sending = await createSending({ ...needs, reading, storing });
  const relay = await createAppRelay({ ...needs, reading, storing, sending });
  const made: Made = { reading, storing, sending, relay };
  if (!config.readOnly) await goOn(needs, made);
  const housekeeper = config.readOnly ? undefined : await openHousekeeper(needs, made);
  const { index, files, clock, logs, control, disk } = ports;
  const app: App = {
    ...{ config, clock, logs, control, disk, index, files, relay, housekeeper },
    metrics: ports.metrics ?? createMetrics(),
    ...reading,
    ...storing,
    ...sending,
    ...createAnswering({ ...needs, reading, audit: sending.audit }),
    [Symbol.asyncDispose]: () => disposeInOrder(made, housekeeper),
  };
  if (savesJobs(config)) sending.jobs.restore(await index.savedJobs());
  return config.readOnly ? readOnlyApp(app) : app;
}

/** What the steps have made. */
interface Made {
  readonly reading: Reading;
  readonly storing: Storing;
  readonly sending: Sending;
  readonly relay: Relay;
}

/** Goes on where the last run ended. */
async function goOn({ ports }: Needs, { reading, storing, relay }: Made): Promise<void> {
  const { index, files, clock, logs } = ports;
  const { extract } = reading;
  await recover({ index, files, clock, log: logs.of("generic"), extract, plan: relay.plan });
  await storing.stability.start();
  await relay.start();
}

function openHousekeeper(
  { ports, config }: Needs,
  { reading: { mainTags }, storing }: Made,
): Promise<Housekeeper> {
  const { index, files, properties, clock, logs, inventory } = ports;
  const { modifier, renewFile, activity } = storing;
  return createHousekeeper({
    ...{ index, files, properties, clock, log: logs.of("generic"), inventory },
    ...{ modifier, renewFile, mainTags, isBusy: activity.isBusy },
  }, config);
}

/** Ends what works by itself, and what it works with after it. */
async function disposeInOrder(
  { reading, storing, sending, relay }: Made,
  housekeeper: Housekeeper | undefined,
): Promise<void> {
  const parts = [
    ...[housekeeper, relay, storing.compression, reading.workers, sending.jobs],
    ...[sending.client, sending.http, storing.stability, sending.audit],
  ];
  for (const part of parts) await part?.[Symbol.asyncDispose]();
}
