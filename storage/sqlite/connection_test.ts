import assert from "node:assert/strict";
import { DicomError } from "../../core/errors.ts";
import { connect, type Connection } from "./connection.ts";
import type { MethodName } from "./methods.ts";

/** A worker that answers as `worker.ts` does, from a few words of script. */
function script(onCalls: string): URL {
  const source = `self.onmessage = () => {
    self.onmessage = ({ data: calls }) => { ${onCalls} };
    self.postMessage([{ id: 0 }]);
  };`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

/** Answers each call with the number of calls that came together, and closing with nothing. */
const COUNTING = `self.postMessage(calls.length === 0
  ? [{ id: 0 }] : calls.map(({ id }) => ({ id, value: calls.length })));`;

const database = (error: unknown) => error instanceof DicomError && error.code === "database";
const OPENING = { path: "", access: "read-write" } as const;

/** Calls one after the other, without waiting for answers. */
async function callInTurn(connection: Connection, name: MethodName, times: number) {
  const calls: Promise<unknown>[] = [];
  for (let time = 0; time < times; time++) {
    calls.push(connection.call(name, []));
    await Promise.resolve();
  }
  return await Promise.all(calls);
}

Deno.test("connect(): calls of the same moment go together", async () => {
  await using connection = await connect(script(COUNTING), OPENING);
  const calls = [1, 2].map(() => connection.call("store", []));
  assert.deepEqual(await Promise.all(calls), [2, 2]);
});

Deno.test("connect(): calls that come while others run go together", async () => {
  await using connection = await connect(script(COUNTING), OPENING);
  assert.deepEqual(await callInTurn(connection, "store", 4), [1, 3, 3, 3]);
});

Deno.test("connect(): a reader does not gather", async () => {
  await using connection = await connect(script(COUNTING), { path: "", access: "read-only" });
  assert.deepEqual(await callInTurn(connection, "get", 3), [1, 1, 1]);
});

Deno.test("connect(): what may be later goes along with the next call, or by itself", async () => {
  await using connection = await connect(script(COUNTING), OPENING);
  const later = connection.call("markFlushed", [1]);
  assert.equal(await connection.call("store", []), 2);
  assert.equal(await later, 2);
  assert.equal(await connection.call("markFlushed", [1]), 1);
});

Deno.test("connect(): a dying worker rejects its callers, and all later ones", async () => {
  await using connection = await connect(script("throw new Error('gone')"), OPENING);
  const calls = [1, 2, 3].map(() => connection.call("store", []));
  for (const call of await Promise.allSettled(calls)) {
    assert.ok(call.status === "rejected" && database(call.reason));
  }
  await assert.rejects(connection.call("store", []), database);
});

Deno.test("connect(): a failure comes with its code", async () => {
  const failing = `self.postMessage(calls.length === 0 ? [{ id: 0 }]
    : calls.map(({ id }) => ({ id, failure: { code: "storage-full", message: "full" } })));`;
  await using connection = await connect(script(failing), OPENING);
  await assert.rejects(connection.call("store", []), { code: "storage-full", message: "full" });
});

Deno.test("connect(): disposal answers what was called before and refuses the rest", async () => {
  const connection = await connect(script(COUNTING), OPENING);
  const calls = [1, 2, 3].map(() => connection.call("store", []));
  const later = connection.call("markFlushed", [1]);
  const closing = connection[Symbol.asyncDispose]();
  await assert.rejects(connection.call("store", []), database);
  await closing;
  assert.deepEqual(await Promise.all([...calls, later]), [4, 4, 4, 4]);
  await connection[Symbol.asyncDispose]();
});

Deno.test("connect(): a worker that dies while closing holds nobody up", async () => {
  const dying = "if (calls.length === 0) throw new Error('gone'); self.postMessage([]);";
  const connection = await connect(script(dying), OPENING);
  await connection[Symbol.asyncDispose]();
  await assert.rejects(connection.call("store", []), database);
});

Deno.test("connect(): a script that cannot be loaded is a failure", async () => {
  const broken = new URL("data:text/javascript,syntax error");
  await assert.rejects(connect(broken, OPENING), database);
});
