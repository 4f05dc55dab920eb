import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import { ROW_ONLY } from "../core/archive/query.ts";
import { LEVELS } from "../core/archive/resource.ts";
import { DicomError } from "../core/errors.ts";
import type { ResourceRef } from "../core/ports.ts";
import { DELETION } from "../core/ports/duties.ts";
import { ACK_WARNING, LOSS_WINDOW_MS } from "../core/relay/ack.ts";
import { replay } from "../core/relay/replay.ts";
import { noteTargets } from "./access/audit_requests.ts";
import { bodyOf } from "./body.ts";
import { empty } from "./errors.ts";
import { Find, requestOf } from "./find.ts";
import { destinationRoutes, destinationsJson } from "./relay/destinations.ts";
import { dutyRoutes } from "./relay/duties.ts";
import { ruleRoutes } from "./relay/rules.ts";
import { emptyJson, eventStream, json } from "./respond.ts";
import { names, readObject } from "./schemas.ts";

/** Body of /relay/replay: resources, or a query as for /tools/find. */
export const Replay = z.strictObject({
  ruleId: z.string(),
  Resources: names.min(1).max(10_000).optional(),
  query: Find.optional(),
}).refine(
  ({ Resources, query }) => (Resources === undefined) !== (query === undefined),
  "expected Resources or query",
);

/** Store and forward: rules, destinations, and what is owed to them. */
export function relayRoutes(app: App): Hono {
  const { relay } = app;
  const setPaused = async (c: Context, all: boolean) => {
    await relay.settings.setPauses((now) => ({ ...now, all }));
    relay.engine.wakeAll();
    relay.events.emit("destination.state", { state: all ? "paused" : "resumed" });
    return emptyJson(c);
  };

  return new Hono()
    .route("/rules", ruleRoutes(app))
    .route("/destinations", destinationRoutes(app))
    .route("/duties", dutyRoutes(app))
    .get("/summary", async (c) => json(c, await summaryJson(app)))
    .post("/pause", (c) => setPaused(c, true))
    .post("/resume", (c) => setPaused(c, false))
    .post("/requeue-dead", async (c) => {
      const now = app.clock.now();
      relay.engine.wake(await relay.duties.actOnDuties({ state: "dead" }, { kind: "retry" }, now));
      return emptyJson(c);
    })
    .post("/test", async (c) => json(c, await relay.test(bodyOf(c))))
    .post("/replay", async (c) => {
      const { ruleId, ...which } = await readObject(c, Replay);
      const refs = await refsOf(app, which);
      noteTargets(c, refs.map(({ id }) => id));
      return json(c, await replay({ ...app, now: app.clock.now }, refs, ruleId));
    })
    .get("/events", (c) => {
      const seen = c.req.header("Last-Event-ID") ?? c.req.query("since");
      const since = /^\d{1,16}$/.test(seen ?? "") ? Number(seen) : relay.events.last;
      return eventStream(c, (signal) => events(app, since, signal));
    });
}

/** `/studies/{id}/delivery`: how far a study has come, by destination. */
export function deliveryRoutes({ relay }: App): Hono {
  return new Hono().get("/:id/delivery", async (c) => {
    const counts = (await relay.duties.deliveryOf(c.req.param("id")))
      .filter(({ destination }) => destination !== DELETION);
    if (counts.length === 0) return empty(c, 404);
    const destinations = [...new Set(counts.map(({ destination }) => destination))];
    return json(
      c,
      destinations.map((destination) => {
        const own = counts.filter((each) => each.destination === destination);
        const of = (...states: readonly string[]) =>
          own.filter(({ state }) => states.includes(state))
            .reduce((total, { count }) => total + count, 0);
        const left = own.filter(({ state }) => !DELIVERED.has(state))
          .reduce((total, { bytes }) => total + bytes, 0);
        const { rate } = relay.engine.lane(destination).status();
        return {
          destination,
          total: own.reduce((total, { count }) => total + count, 0),
          delivered: of(...DELIVERED),
          confirmed: of("confirmed"),
          dead: of("dead"),
          states: Object.fromEntries(own.map(({ state, count }) => [state, count])),
          etaSeconds: left === 0 ? 0 : rate.bytes > 0 ? Math.round(left / rate.bytes) : null,
        };
      }),
    );
  });
}

/** States of what the destination has accepted. */
const DELIVERED: ReadonlySet<string> = new Set(["sent", "unproven", "confirmed"]);

async function summaryJson(app: App) {
  const { relay } = app;
  const { all, rules } = relay.settings.pauses();
  const destinations = await destinationsJson(app);
  const counts = await relay.duties.dutyCounts();
  const totals = new Map<string, number>();
  for (const { destination, state, count } of counts) {
    if (destination !== DELETION) totals.set(state, (totals.get(state) ?? 0) + count);
  }
  const { Ack } = app.config.relay;
  return {
    ack: Ack,
    lossWindowMs: LOSS_WINDOW_MS[Ack],
    warning: ACK_WARNING[Ack],
    paused: all,
    pausedRules: rules,
    duties: Object.fromEntries(totals),
    deletionsWaiting:
      counts.find(({ destination, state }) => destination === DELETION && state === "waiting")
        ?.count ?? 0,
    destinations: destinations.map((
      { name, state, reason, backlog, oldestReadySeconds, rate },
    ) => ({
      name,
      state,
      reason,
      backlog,
      oldestReadySeconds,
      rate,
    })),
  };
}

/** @throws DicomError `unknown-resource`, or as the search */
async function refsOf(
  app: App,
  { Resources = [], query }: Omit<z.output<typeof Replay>, "ruleId">,
): Promise<ResourceRef[]> {
  if (!query) return await Promise.all(Resources.map((id) => locate(app, id)));
  const ids = await app.search.findIds(requestOf(query));
  return ids.map((id) => ({ level: query.Level, id }));
}

/** @throws DicomError `unknown-resource` */
async function locate({ index }: App, id: string): Promise<ResourceRef> {
  for (const level of LEVELS) {
    if (await index.get({ level, id }, ROW_ONLY)) return { level, id };
  }
  throw new DicomError("unknown-resource", `Cannot replay ${id}: there is no such resource`);
}

async function* events({ relay }: App, since: number, signal: AbortSignal) {
  for await (const some of relay.events.follow(since, signal)) {
    for (const { id, type, at, data } of some) {
      yield { id: String(id), event: type, data: { at, ...data } };
    }
  }
}
