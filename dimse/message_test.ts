import assert from "node:assert/strict";
import fc from "fast-check";
import { CommandField, encodeCommand, HAS_DATA_SET, NO_DATA_SET } from "./command.ts";
import { MessageReader, writeMessage } from "./message.ts";
import { decodePdu, encodePdu } from "./pdu.ts";
import type { ReceivedPdu } from "./pdu_stream.ts";

const ECHO = { commandField: CommandField.cEchoRequest, messageId: 1 };
const STORE = encodeCommand({ commandField: 1, messageId: 2, commandDataSetType: HAS_DATA_SET });

interface Value {
  readonly contextId: number;
  readonly control: number;
  readonly fragment: Uint8Array;
}

Deno.test("writeMessage() sends command and start of the data set at once, then large pieces", async () => {
  const writes: number[] = [];
  const dataSet = Array.from({ length: 100 }, () => new Uint8Array(10_000));
  await writeMessage({ contextId: 1, command: ECHO, dataSet }, {
    maximumLength: 16_384,
    write: (pdus) => Promise.resolve(void writes.push(pdus.length)),
  });
  assert.equal(writes.length, 5);
  assert.ok(writes.slice(0, 4).every((length) => length > 200_000));
});

Deno.test("writeMessage() keeps to the longest PDU of the remote, with even fragments", async () => {
  const lengths = fc.integer({ min: 0, max: 140_000 });
  await fc.assert(fc.asyncProperty(lengths, lengths, async (maximumLength, size) => {
    const values = await written(maximumLength, size);
    const longest = maximumLength === 0 ? 131_072 : Math.max(128, maximumLength);
    for (const { fragment, control } of values) {
      assert.ok(fragment.length + 6 <= longest);
      assert.ok(fragment.length % 2 === 0 || (control & 0b10) !== 0);
    }
    const last = values.filter(({ control }) => (control & 0b10) !== 0);
    assert.deepEqual(last.map(({ control }) => control), [0b11, 0b10]);
    assert.equal(last[1], values.at(-1));
    const data = values.filter(({ control }) => (control & 0b01) === 0);
    assert.equal(data.reduce((sum, { fragment }) => sum + fragment.length, 0), size);
  }));
});

Deno.test("MessageReader reads several messages from one PDU", async () => {
  const echo = encodeCommand({ ...ECHO, commandDataSetType: NO_DATA_SET });
  const reader = readerOf([[
    { contextId: 1, control: 0b11, fragment: STORE },
    { contextId: 1, control: 0b00, fragment: Uint8Array.of(1, 2) },
    { contextId: 1, control: 0b10, fragment: Uint8Array.of(3, 4) },
    { contextId: 3, control: 0b01, fragment: echo.subarray(0, 10) },
    { contextId: 3, control: 0b11, fragment: echo.subarray(10) },
  ]]);
  const first = await reader.next();
  const chunks = await Array.fromAsync(first!.dataSet!, (chunk) => [...chunk]);
  assert.deepEqual(chunks, [[1, 2], [3, 4]]);
  assert.equal((await reader.next())?.contextId, 3);
  assert.equal(reader.isEmpty, true);
  assert.equal(await reader.next(), undefined);
});

const DISORDERS: Readonly<Record<string, readonly Value[]>> = {
  "a command within a data set": [
    { contextId: 1, control: 0b11, fragment: STORE },
    { contextId: 1, control: 0b11, fragment: STORE },
  ],
  "another context within a data set": [
    { contextId: 1, control: 0b11, fragment: STORE },
    { contextId: 3, control: 0b10, fragment: STORE },
  ],
  "an end within a data set": [{ contextId: 1, control: 0b11, fragment: STORE }],
  "an endless command": Array.from({ length: 40 }, () => ({
    contextId: 1,
    control: 0b01,
    fragment: new Uint8Array(2000),
  })),
};

for (const [name, values] of Object.entries(DISORDERS)) {
  Deno.test(`MessageReader refuses ${name}, and tells of it`, async () => {
    const facts: string[] = [];
    const reader = readerOf([values], facts);
    await assert.rejects(async () => {
      await reader.next();
      await reader.next();
    }, { code: "network" });
    assert.equal(facts.length, 1);
  });
}

/** Presentation data values of a message with a data set of `size` bytes, in pieces. */
async function written(maximumLength: number, size: number): Promise<readonly Value[]> {
  const pieces = [new Uint8Array(size >> 1), new Uint8Array(size - (size >> 1))];
  const values: Value[] = [];
  await writeMessage({ contextId: 1, command: ECHO, dataSet: pieces }, {
    maximumLength,
    write(pdus) {
      values.push(...valuesOf(pdus.slice()));
      return Promise.resolve();
    },
  });
  return values;
}

function valuesOf(pdus: Uint8Array): Value[] {
  const view = new DataView(pdus.buffer);
  const values: Value[] = [];
  for (let at = 0; at < pdus.length;) {
    const end = at + 6 + view.getUint32(at + 2);
    const pdu = decodePdu(pdus[at]!, pdus.subarray(at + 6, end));
    if (pdu.kind === "data") values.push(...pdu.values);
    at = end;
  }
  return values;
}

function readerOf(pdus: readonly (readonly Value[])[], facts: string[] = []): MessageReader {
  const left: ReceivedPdu[] = pdus.map((values) => {
    const bytes = encodePdu({ kind: "data", values: [...values] });
    return { type: 4, kind: "data", bytes, start: 6, end: bytes.length };
  });
  return new MessageReader({
    nextData: () => Promise.resolve(left.shift()),
    accepts: () => true,
    violated: (fact) => void facts.push(fact),
  });
}
