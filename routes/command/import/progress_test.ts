import assert from "node:assert/strict";
import { createProgress, type ImportState } from "./progress.ts";

const STATE: ImportState = {
  files: 25,
  bytes: 50_000_000,
  sent: 40_000_000,
  total: { files: 100, bytes: 200_000_000 },
};

function record(isTerminal: boolean) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const progress = createProgress({
    write: (text) => written.push(text),
    isTerminal,
    now: () => clock.ms,
  });
  return { progress, written, clock };
}

Deno.test("createProgress() draws a bar over itself on a terminal, five times a second at most", () => {
  const { progress, written, clock } = record(true);
  clock.ms = 20_000;
  progress.update(STATE);
  clock.ms = 20_199;
  progress.update(STATE);
  clock.ms = 20_200;
  progress.update({ ...STATE, total: undefined });
  progress.end();
  assert.deepEqual(written, [
    "\r\x1b[2K[######------------------] 25/100 files  50.0/200.0 MB  2.0 MB/s  1:00 left",
    "\r\x1b[2K25 files  50.0 MB  2.0 MB/s",
    "\r\x1b[2K",
  ]);
});

Deno.test("createProgress() writes a line each ten seconds elsewhere", () => {
  const { progress, written, clock } = record(false);
  for (clock.ms = 0; clock.ms < 20_000; clock.ms += 1000) progress.update(STATE);
  progress.end();
  assert.deepEqual(written, ["25/100 files  50.0/200.0 MB  4.0 MB/s  0:30 left\n", ""]);
});

Deno.test("createProgress() takes the bar away for a line, and makes it harmless", () => {
  const { progress, written } = record(true);
  progress.line("failed: \x1b]0;a\x07\u202eb\nc");
  assert.deepEqual(written, ["\r\x1b[2Kfailed: ?]0;a??b?c\n"]);
});

Deno.test("createProgress() shows hours", () => {
  const { progress, written, clock } = record(true);
  clock.ms = 2_000_000;
  progress.update(STATE);
  assert.match(written.join(), /1:40:00 left/);
});
