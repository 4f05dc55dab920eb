import { type Context, Hono } from "hono";
import type { App } from "../../core/app.ts";
import { DicomError } from "../../core/errors.ts";
import type { DutyCount } from "../../core/ports/duties.ts";
import { readJson } from "../body.ts";
import { empty } from "../errors.ts";
import { emptyJson, json } from "../respond.ts";
import { setVersion, wantedVersion } from "./version.ts";

const TEST_LIMIT_MS = 30_000;
const MS_PER_SECOND = 1000;

/** `/relay/destinations`: where instances are sent, how each is, and what it is still owed. */
export function destinationRoutes(app: App): Hono {
  const { relay, clock } = app;
  const { settings, engine, duties } = relay;

  const setPaused = async (c: Context, reason: string | undefined) => {
    const name = c.req.param("name")!;
    if (!(await relay.destinationNames()).includes(name)) return empty(c, 404);
    await settings.setPauses((now) => {
      const { [name]: _, ...others } = now.destinations;
      return {
        ...now,
        destinations: reason === undefined ? others : { ...others, [name]: reason },
      };
    });
    engine.lane(name).wake();
    relay.events.emit("destination.state", {
      destination: name,
      state: reason === undefined ? "resumed" : "paused",
    });
    return emptyJson(c);
  };

  return new Hono()
    .get("/", async (c) => json(c, await destinationsJson(app)))
    .get("/:name", async (c) => {
      const name = c.req.param("name");
      const version = settings.destinations().get(name)?.version;
      if (version !== undefined) setVersion(c, version);
      const found = (await destinationsJson(app)).find((each) => each.name === name);
      return found ? json(c, found) : empty(c, 404);
    })
    .put("/:name", async (c) => {
      const written = Object(await readJson(c));
      if ("Folder" in written) {
        const fact = "a folder is named in the configuration file only";
        throw new DicomError("forbidden", `Cannot set destination: ${fact}`);
      }
      const version = await settings.putDestination(c.req.param("name"), written, wantedVersion(c));
      await relay.reload();
      setVersion(c, version);
      return json(c, { version });
    })
    .delete("/:name", async (c) => {
      const existed = await settings.removeDestination(c.req.param("name"), wantedVersion(c));
      if (!existed) return empty(c, 404);
      await relay.reload();
      return emptyJson(c);
    })
    .post("/:name/pause", (c) => setPaused(c, "paused by hand"))
    .post("/:name/resume", (c) => setPaused(c, undefined))
    .post("/:name/test", async (c) => {
      const startedAt = performance.now();
      const limit = AbortSignal.timeout(TEST_LIMIT_MS);
      await engine.lane(c.req.param("name")).probe(AbortSignal.any([c.req.raw.signal, limit]));
      return json(c, { ms: Math.round(performance.now() - startedAt) });
    })
    .post("/:name/requeue-dead", async (c) => {
      const which = { destination: c.req.param("name"), state: "dead" } as const;
      engine.wake(await duties.actOnDuties(which, { kind: "retry" }, clock.now()));
      return emptyJson(c);
    });
}

/** All destinations, with how they are and what they are owed. */
export async function destinationsJson({ relay, clock }: App) {
  const counts = await relay.duties.dutyCounts();
  const oldest = new Map(
    (await relay.duties.oldestReady()).map(({ destination, at }) => [destination, at]),
  );
  return (await relay.destinationNames()).map((name) => {
    const written = relay.settings.destinations().get(name);
    const status = relay.engine.lane(name).status();
    const own = counts.filter(({ destination }) => destination === name);
    const backlog = sum(own.filter(({ state }) => OPEN.has(state)));
    const at = oldest.get(name);
    return {
      name,
      configuration: written?.written ?? null,
      version: written?.version ?? 0,
      target: relay.destination(name)?.target ?? null,
      ...status,
      duties: Object.fromEntries(own.map(({ state, count }) => [state, count])),
      backlog,
      oldestReadySeconds: at === undefined ? null : (clock.now() - at) / MS_PER_SECOND,
      etaSeconds: etaOf(backlog.bytes, status.rate.bytes),
    };
  });
}

/** States of duties that are still to be carried out. */
const OPEN: ReadonlySet<string> = new Set(["waiting", "ready", "sending", "retry", "sent"]);

function sum(counts: readonly DutyCount[]) {
  return {
    instances: counts.reduce((total, { count }) => total + count, 0),
    bytes: counts.reduce((total, { bytes }) => total + bytes, 0),
  };
}

/** Null while it cannot be told. */
function etaOf(bytes: number, bytesPerSecond: number): number | null {
  if (bytes === 0) return 0;
  return bytesPerSecond > 0 ? Math.round(bytes / bytesPerSecond) : null;
}
