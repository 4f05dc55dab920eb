import assert from "node:assert/strict";
import fc from "fast-check";
import { socketPair } from "../tests/support/socket_pair.ts";
import { encodePdu } from "./pdu.ts";
import { PduStream } from "./pdu_stream.ts";

const MAXIMUM = 131_072;

Deno.test("PduStream gives the PDUs that were sent, whatever the size of reads", async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 70_000 }), { maxLength: 8 });
  const piece = fc.integer({ min: 1000, max: 600_000 });
  await fc.assert(
    fc.asyncProperty(sizes, piece, async (lengths, piece) => {
      const [remote, here] = socketPair({ piece, capacity: 2_000_000 });
      const pdus = lengths.map(dataPdu);
      for (const pdu of pdus) await remote.writeAll(pdu);
      await remote.closeWrite();
      const stream = new PduStream(here, MAXIMUM);
      for (const pdu of pdus) assert.deepEqual(await taken(stream), pdu.subarray(6));
      assert.equal(await taken(stream), undefined);
      assert.equal(stream.buffered, 0);
    }),
    { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 20) },
  );
});

const REFUSED = {
  "an unknown type": [0x08, 0, 0, 0, 0, 0],
  "data beyond the limit": [0x04, 0, 0, 2, 0, 1],
  "a request of more than 1 MB": [0x01, 0, 0, 0x10, 0, 1],
  "a release with a long body": [0x05, 0, 0, 0, 1, 1],
} as const;

for (const [name, header] of Object.entries(REFUSED)) {
  Deno.test(`PduStream refuses ${name} by its header`, async () => {
    const [remote, here] = socketPair();
    await remote.writeAll(Uint8Array.from(header));
    const stream = new PduStream(here, MAXIMUM);
    await stream.fill();
    assert.throws(() => stream.take(), { code: "network" });
    assert.equal(stream.isUnknown, header[0] === 0x08);
  });
}

Deno.test("PduStream reads a request of 1 MB as it comes", async () => {
  const [remote, here] = socketPair({ piece: 100_000, capacity: 2_000_000 });
  const body = new Uint8Array(0x100000).fill(7);
  await remote.writeAll(Uint8Array.of(0x01, 0, 0, 0x10, 0, 0));
  await remote.writeAll(body);
  assert.deepEqual(await taken(new PduStream(here, MAXIMUM)), body);
});

/** Body of the next PDU; undefined at the end. */
async function taken(stream: PduStream): Promise<Uint8Array | undefined> {
  for (;;) {
    const pdu = stream.take();
    if (pdu) return pdu.bytes.slice(pdu.start, pdu.end);
    stream.rest();
    if (!await stream.fill()) return undefined;
  }
}

function dataPdu(size: number): Uint8Array {
  const fragment = Uint8Array.from({ length: size }, (_, index) => index * 31 + size);
  return encodePdu({ kind: "data", values: [{ contextId: 1, control: 0, fragment }] });
}
