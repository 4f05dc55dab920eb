import { type Context, Hono } from "hono";
import * as z from "zod";
import type { App } from "../../core/app.ts";
import { DicomError } from "../../core/errors.ts";
import { readJson } from "../body.ts";
import { empty } from "../errors.ts";
import { emptyJson, json } from "../respond.ts";
import { setVersion, wantedVersion } from "./version.ts";

const RuleList = z.array(z.unknown());

/** `/relay/rules`: what is sent where. Several are replaced at a time, or none. */
export function ruleRoutes({ relay }: App): Hono {
  const { settings } = relay;
  const shown = () => {
    const paused = new Set(settings.pauses().rules);
    return settings.writtenRules().map(({ written, version, parsed }) => ({
      ...masked(written),
      version,
      paused: paused.has(parsed.id),
    }));
  };
  const setPaused = async (c: Context, isPaused: boolean) => {
    const id = c.req.param("id")!;
    if (!settings.rules().some(({ rule }) => rule.id === id)) return empty(c, 404);
    await settings.setPauses((now) => ({
      ...now,
      rules: [...now.rules.filter((each) => each !== id), ...(isPaused ? [id] : [])],
    }));
    relay.engine.wakeAll();
    return emptyJson(c);
  };

  return new Hono()
    .get("/", (c) => json(c, shown()))
    .put("/", async (c) => {
      const list = RuleList.safeParse(await readJson(c));
      if (!list.success) throw new DicomError("bad-request", "Cannot set rules: it is no list");
      await settings.putRules(list.data);
      return json(c, shown());
    })
    .get("/:id", (c) => {
      const rule = settings.writtenRules().find(({ parsed }) => parsed.id === c.req.param("id"));
      if (!rule) return empty(c, 404);
      setVersion(c, rule.version);
      return json(c, { ...masked(rule.written), version: rule.version });
    })
    .put("/:id", async (c) => {
      const { version: _, paused: __, ...written } = Object(await readJson(c));
      const version = await settings.putRule(c.req.param("id"), written, wantedVersion(c));
      setVersion(c, version);
      return json(c, { version });
    })
    .delete("/:id", async (c) => {
      const existed = await settings.removeRule(c.req.param("id"), wantedVersion(c));
      return existed ? emptyJson(c) : empty(c, 404);
    })
    .post("/:id/pause", (c) => setPaused(c, true))
    .post("/:id/resume", (c) => setPaused(c, false));
}

/** A rule without the secrets of its actions. */
function masked(written: unknown): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(written, (key, value) => key === "secret" ? "********" : value),
  );
}
