import assert from "node:assert/strict";
import { encodeDataSet } from "../../core/dicom/encode.ts";
import { SOP_CLASS } from "../../core/dicom/sop_class.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../../core/dicom/transfer_syntax.ts";
import { startFilled } from "../../tests/support/filled.ts";
import { CommandField } from "../command.ts";
import type { Request, ServiceContext } from "../service.ts";
import { Status } from "../status.ts";
import { cFind } from "./c_find.ts";

/** A query of the Study Root model. */
function request(level: string): Request {
  const bytes = encodeDataSet([{ tag: 0x00080052, vr: "CS", value: level }], {
    encoding: EXPLICIT_LITTLE_ENDIAN,
  });
  return {
    contextId: 1,
    command: { commandField: CommandField.cFindRequest, messageId: 1 },
    dataSet: (async function* () {
      yield await bytes;
    })(),
    context: {
      id: 1,
      abstractSyntaxUid: SOP_CLASS.studyRootFind,
      transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN.uid,
      requestorRoles: { scu: true, scp: false },
    },
    caller: { aet: "SCU", ip: "127.0.0.1" },
    calledAet: "ORTHANC",
  };
}

Deno.test("C-FIND ends with status Cancel when its signal aborts", async () => {
  await using server = await startFilled();
  const cancel = new AbortController();
  const context: ServiceContext = {
    app: server.app,
    signal: cancel.signal,
    contexts: new Map(),
    invoke: () => Promise.reject(new Error("nothing is invoked")),
  };
  const statuses: number[] = [];
  for await (const { status } of cFind.handle(request("IMAGE"), context)) {
    statuses.push(status);
    if (statuses.length === 2) cancel.abort();
  }
  assert.deepEqual(statuses, [Status.pending, Status.pending, Status.cancel]);
});

Deno.test("C-FIND fails with the statuses of PS3.4 Table C.4-1", async () => {
  await using server = await startFilled();
  const context: ServiceContext = {
    app: server.app,
    signal: new AbortController().signal,
    contexts: new Map(),
    invoke: () => Promise.reject(new Error("nothing is invoked")),
  };
  for (const [level, status] of [["", 0xa900], ["ROOM", 0xc000]] as const) {
    try {
      await Array.fromAsync(cFind.handle(request(level), context));
      assert.fail(level);
    } catch (error) {
      assert.equal(cFind.failureStatus!(error), status);
    }
  }
});
