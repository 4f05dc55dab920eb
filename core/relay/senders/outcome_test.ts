import assert from "node:assert/strict";
import { DicomError } from "../../errors.ts";
import { failedByError, failedByHttp, failedByStatus, unprovenByError } from "./outcome.ts";

const NEVER = new AbortController().signal;
const NOW = Date.UTC(2026, 0, 1);

function httpKind(status: number, retryAfter?: string) {
  const headers = new Map(retryAfter === undefined ? [] : [["retry-after", retryAfter]]);
  return failedByHttp({ status, headers }, NOW);
}

for (
  const [kind, statuses] of Object.entries({
    transient: [302, 404, 408, 425, 429, 500, 502, 503, 504, 507],
    permanent: [400, 409, 413, 415, 422],
    unauthorized: [401, 403, 407],
  })
) {
  Deno.test(`failedByHttp() takes ${statuses.join(", ")} for ${kind}`, () => {
    for (const status of statuses) assert.equal(httpKind(status).kind, kind, `${status}`);
  });
}

for (
  const [written, wait] of Object.entries({
    "120": 120_000,
    "Thu, 01 Jan 2026 00:01:00 GMT": 60_000,
    "Wed, 31 Dec 2025 00:00:00 GMT": 0,
    "99999999": 86_400_000,
    "soon": undefined,
  })
) {
  Deno.test(`failedByHttp() understands Retry-After: ${written}`, () => {
    const failed = httpKind(503, written);
    assert.equal(failed.kind === "transient" && failed.retryAfterMs, wait);
  });
}

for (
  const [kind, statuses] of Object.entries({
    transient: [0xa700, 0xa7ff, 0x0110, 0x0213],
    permanent: [0xa800, 0xa900, 0xc000, 0xcfff, 0x0122, 0x0124],
  })
) {
  Deno.test(`failedByStatus() takes some DIMSE statuses for ${kind}`, () => {
    for (const status of statuses) {
      assert.equal(failedByStatus(status, "").kind, kind, status.toString(16));
    }
  });
}

const ERRORS = [
  [new DicomError("network", "gone"), "transient", true],
  [new DicomError("timeout", "silent"), "transient", true],
  [new DicomError("not-found", "unknown"), "transient", false],
  [new DicomError("storage-full", "full"), "transient", false],
  [new DicomError("configuration", "no key"), "unauthorized", undefined],
  [new DicomError("network", "no", { refusal: "caller" }), "unauthorized", undefined],
  [new DicomError("network", "no", { refusal: "service" }), "permanent", undefined],
  [new DicomError("network", "no", { dimseStatus: 0xa700 }), "transient", false],
  [new DicomError("network", "no", { dimseStatus: 0xc000 }), "permanent", undefined],
] as const;

Deno.test("failedByError() tells faults of the connection from refusals", () => {
  for (const [error, kind, connectionFault] of ERRORS) {
    const failed = failedByError(error, NEVER);
    assert.equal(failed.kind, kind, error.message);
    assert.equal(failed.kind === "transient" ? failed.connectionFault : undefined, connectionFault);
  }
});

Deno.test("failures of our own file, and unforeseen ones, are no outcomes", () => {
  for (const error of [new DicomError("corrupted-file", "x"), new TypeError("x")]) {
    assert.throws(() => failedByError(error, NEVER), error);
    assert.throws(() => unprovenByError(error, NEVER), error);
  }
  const aborted = AbortSignal.abort(new Error("enough"));
  assert.throws(() => failedByError(new DicomError("network", "x"), aborted), /enough/);
});

Deno.test("unprovenByError() gives up only where the remote said no for good", () => {
  const kindOf = (error: DicomError) => unprovenByError(error, NEVER).kind;
  assert.equal(kindOf(new DicomError("network", "x")), "pending");
  assert.equal(kindOf(new DicomError("network", "x", { dimseStatus: 0xa700 })), "pending");
  assert.equal(kindOf(new DicomError("network", "x", { dimseStatus: 0x0122 })), "unsupported");
  assert.equal(kindOf(new DicomError("network", "x", { refusal: "service" })), "unsupported");
});
