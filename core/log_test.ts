import assert from "node:assert/strict";
import { createTestClock } from "../tests/support/clock.ts";
import { createLogs, LOG_FORMATS, type Verbosity } from "./log.ts";

Deno.test("createLogs() writes one JSON object a line, with time and category", () => {
  const lines: string[] = [];
  const logs = createLogs(createTestClock(Date.UTC(2026, 1, 3, 4, 5, 6, 7)), (line) => {
    lines.push(line);
  });
  logs.of("http")("warning", "line\nbreak", { sopInstanceUid: "1.2" });
  assert.deepEqual(lines.map((line) => JSON.parse(line)), [{
    time: "2026-02-03T04:05:06.007Z",
    level: "warning",
    category: "http",
    message: "line\nbreak",
    sopInstanceUid: "1.2",
  }]);
  assert.equal(lines[0]!.includes("\n"), false);
});

Deno.test("createLogs() writes what the verbosity of the category lets through", () => {
  const written: Record<Verbosity, string> = {
    default: "error warning",
    verbose: "error warning info",
    trace: "error warning info trace",
  };
  for (const [verbosity, expected] of Object.entries(written)) {
    const levels: string[] = [];
    const logs = createLogs(createTestClock(), (line) => levels.push(JSON.parse(line).level));
    const log = logs.of("dicom"); // obeys what is set later
    logs.setVerbosity("dicom", verbosity as Verbosity);
    for (const level of ["error", "warning", "info", "trace"] as const) {
      log(level, "");
      logs.of("http")(level === "info" || level === "trace" ? level : "trace", "");
    }
    assert.equal(levels.join(" "), expected);
    assert.equal(logs.verbosity("http"), "default");
  }
});

Deno.test("LOG_FORMATS write one line each, for people and for the journal", () => {
  const entry = {
    time: "2026-02-03T04:05:06.007Z",
    level: "warning",
    category: "http",
    message: "bad\n\x1b[31m",
    path: "/a\nb",
  } as const;
  assert.equal(
    LOG_FORMATS.text(entry),
    '2026-02-03T04:05:06.007Z WARNING http: bad  [31m path="/a\\nb"',
  );
  assert.equal(LOG_FORMATS.journal(entry), `<4>${JSON.stringify(entry)}`);
});
