import assert from "node:assert/strict";

/** Longest wait for something that must happen, also on a machine that is very slow. */
const LIMIT_MS = 120_000;
const STEP_MS = 5;

/** Resolves once `holds` does. @throws AssertionError if it never does */
export async function waitFor(
  holds: () => boolean | Promise<boolean>,
  what = "what was awaited",
): Promise<void> {
  const until = performance.now() + LIMIT_MS;
  while (!await holds()) {
    assert.ok(performance.now() < until, `${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}
