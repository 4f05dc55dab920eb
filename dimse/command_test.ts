import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeCommand, encodeCommand, type KnownCommand } from "./command.ts";

const number = fc.integer({ min: 0, max: 0xffff });
const uid = fc.constantFrom("1.2.840.10008.1.1", "1.2.840.10008.3.1.2.1", "1.2.3.4");
const aet = fc.string({ unit: fc.constantFrom("A", "b", "_", "é"), minLength: 1, maxLength: 16 });
const tags = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 4 });

const anyCommand: fc.Arbitrary<KnownCommand> = fc.record({
  commandField: number,
  affectedSopClassUid: uid,
  requestedSopClassUid: uid,
  messageId: number,
  messageIdBeingRespondedTo: number,
  moveDestination: aet,
  priority: number,
  commandDataSetType: number,
  status: number,
  offendingElement: tags,
  errorComment: fc.string({ unit: fc.constantFrom("a", "Z", ":"), maxLength: 64 }),
  errorId: number,
  affectedSopInstanceUid: uid,
  requestedSopInstanceUid: uid,
  eventTypeId: number,
  attributeIdentifierList: tags,
  actionTypeId: number,
  numberOfRemainingSubOperations: number,
  numberOfCompletedSubOperations: number,
  numberOfFailedSubOperations: number,
  numberOfWarningSubOperations: number,
  moveOriginatorApplicationEntityTitle: aet,
  moveOriginatorMessageId: number,
}, { requiredKeys: ["commandField"], noNullPrototype: true });

const hex = (bytes: Uint8Array) => bytes.toHex();

Deno.test("decodeCommand() returns what encodeCommand() was given", () => {
  fc.assert(fc.property(anyCommand, (command) => {
    assert.deepEqual(decodeCommand(encodeCommand(command)), command);
  }));
});

Deno.test("decodeCommand() throws DicomError `network` and nothing else on any bytes", () => {
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(anyCommand, fc.nat(), fc.nat(255)).map(([command, at, byte]) => {
      const bytes = encodeCommand(command).slice();
      bytes[at % bytes.length] = byte;
      return bytes;
    }),
  );
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      try {
        decodeCommand(bytes);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "network");
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("encodeCommand() writes a C-ECHO-RQ as DCMTK does", () => {
  const bytes = encodeCommand({
    affectedSopClassUid: "1.2.840.10008.1.1",
    commandField: 0x0030,
    messageId: 1,
    commandDataSetType: 0x0101,
  });
  assert.equal(
    hex(bytes),
    "00000000" + "04000000" + "38000000" +
      "00000200" + "12000000" + "312e322e3834302e31303030382e312e3100" +
      "00000001" + "02000000" + "3000" +
      "00001001" + "02000000" + "0100" +
      "00000008" + "02000000" + "0101",
  );
});

Deno.test("encodeCommand() cuts a long error comment and pads text by its VR", () => {
  const bytes = encodeCommand({
    commandField: 1,
    moveDestination: "ABC",
    errorComment: "x".repeat(99),
  });
  assert.match(hex(bytes), /0000000604000000414243200000/);
  assert.equal(decodeCommand(bytes).errorComment, "x".repeat(64));
});

Deno.test("decodeCommand() refuses other groups, missing fields, wrong lengths, long sets", () => {
  const refused = (...parts: string[]) =>
    assert.throws(() => decodeCommand(Uint8Array.fromHex(parts.join(""))), {
      name: "DicomError",
      code: "network",
    });
  const field = "00000001" + "02000000" + "3000";
  refused(field, "08000001", "02000000", "3000");
  refused("00001001", "02000000", "0100");
  refused("00000001", "01000000", "30");
  refused("00000001", "00000000");
  refused(field, "00001001", "ffffffff");
  refused(field, "00");
  assert.throws(() => decodeCommand(new Uint8Array(65_537)), { code: "network" });
});

Deno.test("decodeCommand() skips what it does not know, and takes the first of repeated elements", () => {
  const bytes = Uint8Array.fromHex(
    "00000000" + "04000000" + "ffffffff" +
      "00000001" + "02000000" + "3000" +
      "00001051" + "02000000" + "4142" +
      "00000001" + "02000000" + "0100",
  );
  assert.deepEqual(decodeCommand(bytes), { commandField: 0x0030 });
});
