import { limitsOf } from "../app_options.ts";
import { createCommitment } from "../commitment.ts";
import { createDestinations } from "../destinations.ts";
import { createJobs } from "../jobs/engine.ts";
import { createJobKeeper } from "../jobs/persistence.ts";
import { JOB_TYPES } from "../jobs/types.ts";
import { createModalities } from "../modalities.ts";
import { createHttpClient } from "../net/http_client.ts";
import { createPeers } from "../peers.ts";
import { recycles } from "../archive/recycling.ts";
import { createChange } from "../relay/change.ts";
import { createPeerStoreStraight } from "../relay/http/straight.ts";
import { createPreview } from "../relay/preview.ts";
import { createRelay } from "../relay/relay.ts";
import { createQueries } from "../remote/queries.ts";
import { createSendStraight } from "../remote/send_straight.ts";
import { auditedDestinations } from "../security/audited_destinations.ts";
import { NO_AUDIT, openAudit } from "../security/audit.ts";
import type { Needs, Reading } from "./reading.ts";
import type { Storing } from "./storing.ts";

interface SendingNeeds extends Needs {
  readonly reading: Reading;
  readonly storing: Storing;
}

/** What talks to other servers, and does work for which nobody waits. */
export type Sending = Awaited<ReturnType<typeof createSending>>;

/** The third step. */
export async function createSending(needs: SendingNeeds) {
  const { ports: { files, clock, logs }, config, reading: { extract } } = needs;
  const remotes = await createRemotes(needs);
  const { client, http } = remotes;
  const { audit: store } = needs.ports;
  return {
    ...remotes,
    jobs: createJobEngine(needs, remotes),
    audit: store ? await openAudit({ store, clock, log: logs.of("generic") }) : NO_AUDIT,
    peerStoreStraight: createPeerStoreStraight({ files, http }),
    queries: createQueries(client, config.queryRetrieveSize),
    sendStraight: createSendStraight({ files, client, extract }),
  };
}

/** Who else there is, and what reaches them. */
async function createRemotes({ ports, config, reading, storing }: SendingNeeds) {
  const { index, files, properties, clock } = ports;
  const { transcoder, reader } = reading;
  const client = ports.createClient({ config, clock, receive: storing.receive, transcoder });
  return {
    client,
    http: await createHttpClient({
      clock,
      proxy: config.httpProxy,
      verify: config.httpsVerifyPeers,
      authoritiesFile: config.httpsCACertificates,
    }),
    peers: await createPeers(config, properties),
    modalities: await createModalities(config, properties),
    commitment: createCommitment({
      ...{ index, files, reader, client },
      maximumReports: config.storageCommitmentReportsSize,
    }),
  };
}

/** Whether jobs outlive the process. */
export function savesJobs({ saveJobs, readOnly }: Needs["config"]): boolean {
  return saveJobs && !readOnly;
}

function createJobEngine(
  { ports: { index, files, clock, logs }, config, reading, storing }: SendingNeeds,
  { client, http, peers, commitment }: Awaited<ReturnType<typeof createRemotes>>,
) {
  const { archives, archiveShelf, transcoder } = reading;
  const { modifier } = storing;
  return createJobs({
    ...(savesJobs(config) && { keeper: createJobKeeper(index, logs.of("jobs")) }),
    types: JOB_TYPES,
    ports: {
      ...{ client, index, files, commitment, archives, archiveShelf, http, peers },
      ...{ transcoder, modifier },
    },
    ...{ clock, log: logs.of("jobs") },
    concurrency: config.concurrentJobs || navigator.hardwareConcurrency,
    historySize: config.jobsHistorySize,
  });
}

/** The fourth step: the relay, of all that has been made. */
export async function createAppRelay(
  { ports, config, reading, storing, sending }: SendingNeeds & { readonly sending: Sending },
) {
  const { index, properties, files, clock, logs, disk } = ports;
  const { extract, readerOptions } = reading;
  const { modifier, modifierPorts, changes, intake } = storing;
  const { client, http, commitment, modalities, peers, audit } = sending;
  const destinations = ports.destinations ?? createDestinations({
    ...{ config, clock, client, http, commitment, modalities, peers },
    openExportFolder: (path) => ports.openExportFolder(path, clock),
  });
  const quality = config.dicomLossyTranscodingQuality;
  return await createRelay({
    config: config.relay,
    duties: index,
    ...{ index, properties, files, clock, extract, disk, ...readerOptions },
    destinations: auditedDestinations(destinations, audit),
    log: logs.of("generic"),
    random: Math.random,
    change: createChange({ modifier, extract, quality }),
    preview: createPreview({ modifier: modifierPorts, extract, ...readerOptions, quality }),
    deleted: changes.notify,
    metrics: intake.metrics,
    recycles: recycles(limitsOf(config)),
  });
}
