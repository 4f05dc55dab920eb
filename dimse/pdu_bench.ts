import { decodeCommand, encodeCommand } from "./command.ts";
import { decodePdu, encodePdu, type PduOf } from "./pdu.ts";
import { readPduLength, readPdv } from "./pdv.ts";
import { EMPTY_USER_INFORMATION } from "./user_information.ts";

const request: PduOf<"associateRequest"> = {
  kind: "associateRequest",
  protocolVersion: 1,
  calledAeTitle: "CALLED",
  callingAeTitle: "CALLING",
  applicationContext: "1.2.840.10008.3.1.1.1",
  contexts: Array.from({ length: 128 }, (_, index) => ({
    id: 2 * index + 1,
    abstractSyntax: "1.2.840.10008.5.1.4.1.1.2",
    transferSyntaxes: ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"],
  })),
  user: { ...EMPTY_USER_INFORMATION, maximumLength: 16384 },
};
const encodedRequest = encodePdu(request);
const command = encodeCommand({
  affectedSopClassUid: "1.2.840.10008.5.1.4.1.1.2",
  commandField: 1,
  messageId: 7,
  priority: 0,
  commandDataSetType: 1,
  affectedSopInstanceUid: "1.2.826.0.1.3680043.8.498.1",
});
const values = [{ contextId: 1, control: 0, fragment: new Uint8Array(16_372) }];
const data = encodePdu({ kind: "data", values });

Deno.bench("A-ASSOCIATE-RQ of 128 contexts: encode", () => void encodePdu(request));
Deno.bench("A-ASSOCIATE-RQ of 128 contexts: decode", () => {
  decodePdu(1, encodedRequest.subarray(6));
});
Deno.bench("C-STORE-RQ: decode", () => void decodeCommand(command));
Deno.bench("P-DATA-TF of 16 kB: in place", () => {
  readPdv(data, 6, 6 + readPduLength(data, 0));
});
Deno.bench("P-DATA-TF of 16 kB: as an object", () => void decodePdu(4, data.subarray(6)));
