import { type Context, Hono } from "hono";
import type { App } from "../core/app.ts";

/** An index that takes longer is not well. */
const PATIENCE_MS = 2000;

/** How the server is, for whoever watches it: without a password, since it tells nothing but that. */
export function healthRoutes(app: App): Hono {
  return new Hono()
    .get("/health", async (c) => answer(c, await problemsOf(app, [indexProblem])))
    .get("/ready", async (c) => answer(c, await problemsOf(app, [indexProblem, diskProblem])));
}

/** Why something does not work; undefined if it does. */
type Check = (app: App) => Promise<string | undefined> | string | undefined;

async function problemsOf(app: App, checks: readonly Check[]): Promise<string[]> {
  const found = await Promise.all(checks.map((check) => check(app)));
  return found.filter((problem) => problem !== undefined);
}

function answer(c: Context, problems: readonly string[]): Response {
  const status = problems.length === 0 ? "ok" : "failing";
  return c.json({ status, problems }, problems.length === 0 ? 200 : 503, {
    "Cache-Control": "no-store",
  });
}

async function indexProblem({ index }: App): Promise<string | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(resolve, PATIENCE_MS, "the index does not answer");
  const asked = index.oldestUnstable().then(() => undefined, () => "the index cannot be read");
  const problem = await Promise.race([late, asked]);
  clearTimeout(timer);
  return problem;
}

async function diskProblem({ disk }: App): Promise<string | undefined> {
  await disk?.check();
  if (disk?.isWritable === false) return "the disk cannot be written";
  return disk?.level === "full" ? "the disk is full: nothing more is stored" : undefined;
}
