import { type Context, Hono } from "hono";
import type { App } from "../core/app.ts";
import { orthancDate } from "../core/archive/resource.ts";
import type { Change, ChangesPage } from "../core/ports.ts";
import { pathOf } from "./levels.ts";
import { numberOr, pageArguments } from "./page_arguments.ts";
import { eventStream, flag, json, text } from "./respond.ts";

/** The log of changes: pages for those who poll, and a stream of server-sent events. */
export function changeRoutes(app: App): Hono {
  return new Hono()
    .get("/", async (c) => json(c, await pageJson(c, app)))
    .delete("/", async (c) => {
      await app.index.clearChanges();
      return text(c, "");
    })
    .get("/stream", async (c) => {
      const since = await streamStart(c, app);
      return eventStream(c, (signal) => events(app, since, signal));
    });
}

async function pageJson(c: Context, app: App) {
  const types = c.req.query("type")?.split(";").filter(Boolean) ?? [];
  const { since, limit } = pageArguments(c);
  const to = c.req.query("to");
  if (flag(c, "last")) {
    const newest = { since: 0, to: Number.MAX_SAFE_INTEGER, limit: 1, types: [] };
    return changesJson({ ...await app.index.changes(newest), done: true });
  }
  const page = await app.index.changes({
    since,
    to: to === undefined ? undefined : numberOr(to, Number.MAX_SAFE_INTEGER),
    limit,
    types,
  });
  return changesJson(limit === 0 ? { ...page, done: false } : page);
}

function changesJson({ changes, done, lastSeq }: ChangesPage) {
  const first = changes[0];
  return {
    Changes: changes.map(changeJson),
    Done: done,
    ...(first && { First: first.seq }),
    Last: changes.at(-1)?.seq ?? lastSeq,
  };
}

function changeJson({ seq, type, level, id, at }: Change) {
  return {
    ChangeType: type,
    Date: orthancDate(at),
    ID: id,
    Path: pathOf(level, id),
    ResourceType: level,
    Seq: seq,
  };
}

/** After the last event that the client has seen, or `?since=`, or from now on. */
async function streamStart(c: Context, app: App): Promise<number> {
  const seen = c.req.header("Last-Event-ID") ?? c.req.query("since");
  if (seen !== undefined) return numberOr(seen, 0);
  const { lastSeq } = await app.index.changes({ since: 0, to: undefined, limit: 0, types: [] });
  return lastSeq;
}

async function* events(app: App, since: number, signal: AbortSignal) {
  for await (const changes of app.changes.follow(since, signal)) {
    for (const change of changes) {
      yield { id: String(change.seq), event: change.type, data: changeJson(change) };
    }
  }
}
