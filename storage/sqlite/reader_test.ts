import assert from "node:assert/strict";
import type { Connection } from "./connection.ts";
import { createReader } from "./reader.ts";

/** A connection that answers with its name, when it is told to. */
function fake(name: string) {
  const waiting: (() => void)[] = [];
  let isDisposed = false;
  return {
    isHeld: false,
    call(): Promise<unknown> {
      if (!this.isHeld) return Promise.resolve(name);
      return new Promise((resolve) => waiting.push(() => resolve(name)));
    },
    release: () => waiting.splice(0).forEach((answer) => answer()),
    get isDisposed() {
      return isDisposed;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(void (isDisposed = true)),
  };
}

function makeReader() {
  const [writer, own] = [fake("writer"), fake("own")];
  let opened = 0;
  const open = () => Promise.resolve<Connection>(own).finally(() => opened++);
  return { writer, own, reader: createReader(writer, open), opened: () => opened };
}

Deno.test("createReader(): the writer answers while it is free", async () => {
  const { reader, opened, own } = makeReader();
  assert.equal(await reader.call("get", []), "writer");
  assert.equal(await reader.call("get", []), "writer");
  await reader[Symbol.asyncDispose]();
  assert.equal(opened(), 0);
  assert.ok(!own.isDisposed);
});

/** A read that takes long. */
async function readSlowly(writer: ReturnType<typeof fake>, reader: Connection): Promise<unknown> {
  writer.isHeld = true;
  const slow = reader.call("get", []);
  for (const started = performance.now(); performance.now() - started < 25;);
  writer.release();
  writer.isHeld = false;
  return await slow;
}

Deno.test("createReader(): after a slow answer a worker of its own answers, and stays", async () => {
  const { writer, own, reader, opened } = makeReader();
  assert.equal(await readSlowly(writer, reader), "writer");
  assert.equal(await reader.call("get", []), "own");
  assert.equal(await reader.call("get", []), "own");
  assert.equal(opened(), 1);
  await reader[Symbol.asyncDispose]();
  assert.ok(own.isDisposed);
});

Deno.test("createReader(): a worker that cannot be opened is tried again after the next slow answer", async () => {
  const [writer, own] = [fake("writer"), fake("own")];
  let fails = true;
  const reader = createReader(writer, () => {
    if (!fails) return Promise.resolve(own);
    fails = false;
    return Promise.reject(new Error("no memory"));
  });
  await readSlowly(writer, reader);
  assert.equal(await reader.call("get", []), "writer");
  await readSlowly(writer, reader);
  assert.equal(await reader.call("get", []), "own");
});
