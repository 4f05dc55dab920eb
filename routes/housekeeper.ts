import { Hono } from "hono";
import type { App } from "../core/app.ts";
import { orthancDate } from "../core/archive/resource.ts";
import type { HousekeeperStatus } from "../core/housekeeper.ts";
import { json } from "./respond.ts";

/** How housekeeping is getting on, where Orthanc's plugin tells it; none where nothing may be changed. */
export function housekeeperRoutes({ housekeeper, config }: App): Hono {
  if (!housekeeper) return new Hono();
  return new Hono().get("/status", (c) =>
    json(c, {
      ...renewalJson(housekeeper.status),
      State: housekeeper.status.state,
      Scrub: scrubJson(housekeeper.status, config.housekeeper.scrubDays),
      Tidy: tidyJson(housekeeper.status),
    }));
}

type Renewal = NonNullable<HousekeeperStatus["renewal"]>;

/** As Orthanc's, but that studies are counted in place of changes. */
function renewalJson({ renewal }: HousekeeperStatus) {
  const isRunning = renewal !== undefined && renewal.current !== null;
  return {
    Version: 1,
    LastProcessedChange: isRunning ? renewal.done : -1,
    LastChangeToProcess: isRunning ? Math.max(renewal.done, renewal.total) : -1,
    LastTimeStarted: dateOf(renewal?.startedAt ?? null),
    CurrentlyProcessingConfiguration: isRunning ? storingJson(renewal.current) : null,
    LastProcessedConfiguration: storingJson(renewal?.last ?? null),
    FailedInstancesCount: renewal?.failed ?? 0,
  };
}

function storingJson(storing: Renewal["last"]) {
  return {
    IngestTranscoding: storing?.transcoding ?? "",
    MainDicomTagsSignature: storing?.mainTags ?? {},
    OutpostVersion: storing?.version ?? "",
    StorageCompressionEnabled: storing?.compressed ?? false,
  };
}

function scrubJson({ scrub }: HousekeeperStatus, days: number) {
  return scrub && {
    Days: days,
    Started: dateOf(scrub.startedAt),
    Checked: scrub.checked,
    Completed: dateOf(scrub.completedAt),
    Damaged: scrub.damaged.map(({ uuid, kind, level, id }) => ({
      FileUuid: uuid,
      ID: id,
      Kind: kind,
      Type: level,
    })),
  };
}

function tidyJson({ tidy }: HousekeeperStatus) {
  return tidy && {
    Completed: dateOf(tidy.completedAt),
    Orphans: tidy.orphans,
    Removed: tidy.removed,
  };
}

function dateOf(at: number | null): string | null {
  return at === null ? null : orthancDate(at);
}
