import assert from "node:assert/strict";
import { systemClock } from "../core/clock.ts";
import { defaultCharacterSets } from "../core/dicom/charset.ts";
import type { NewDataSet } from "../core/dicom/new_data_set.ts";
import { createTestClock } from "../tests/support/clock.ts";
import { type Behaviour, respond, startPeer } from "../tests/support/scripted_scp.ts";
import { CommandField } from "./command.ts";
import { createDicomClient, type DicomClientOptions } from "./scu.ts";

const CT = "1.2.840.10008.5.1.4.1.1.2";
function client(options: Partial<DicomClientOptions> = {}) {
  return createDicomClient({
    clock: systemClock,
    maximumLength: 16_384,
    closeDelayMs: 5_000,
    preferredTransferSyntax: "1.2.840.10008.1.2.1",
    characterSet: "ISO_IR 100",
    defaultSets: defaultCharacterSets("Latin1"),
    receive: () => Promise.resolve({ status: 0 }),
    transcode: () => undefined,
    ...options,
  });
}

const signal = () => AbortSignal.timeout(20_000);
const PLAIN = { alsoFind: false };
const IDENTIFIER: NewDataSet = [{ tag: 0x00080052, vr: "CS", value: "STUDY" }];
const FIND = { model: "study-root", identifier: IDENTIFIER } as const;

Deno.test("an association is kept for the next request, and released after its time", async () => {
  const clock = createTestClock();
  await using peer = startPeer();
  await using scu = client({ clock, closeDelayMs: 5_000 });
  await scu.echo(peer.remote, PLAIN, signal());
  await clock.advance(4_000);
  await scu.echo(peer.remote, PLAIN, signal());
  assert.equal(peer.associations.length, 1);
  await clock.advance(4_999);
  const [first] = peer.associations;
  assert(!first?.signal.aborted, "still kept");
  await clock.advance(1);
  await first?.closed;
  assert.equal(first?.ending?.kind, "released");
  await scu.echo(peer.remote, PLAIN, signal());
  assert.equal(peer.associations.length, 2);
});

Deno.test("a kept association that lacks what is needed ends before the next is opened", async () => {
  await using peer = startPeer();
  await using scu = client();
  await scu.echo(peer.remote, PLAIN, signal());
  assert.deepEqual(await Array.fromAsync(scu.find(peer.remote, FIND, signal())), []);
  assert.equal(peer.associations.length, 2);
  assert.equal(peer.associations[0]?.ending?.kind, "released");
  await scu.echo({ ...peer.remote, callingAet: "OTHER" }, PLAIN, signal());
  assert.equal(peer.associations[2]?.request.callingAeTitle, "OTHER");
});

Deno.test("a kept association that the remote has ended is replaced", async () => {
  await using peer = startPeer();
  await using scu = client();
  for (const count of [1, 2, 3]) {
    await scu.echo(peer.remote, PLAIN, signal());
    assert.equal(peer.associations.length, count);
    peer.associations[count - 1]?.abort("restart");
    await peer.associations[count - 1]?.closed;
  }
});

Deno.test("without a delay nothing is kept; disposal releases what is", async () => {
  await using peer = startPeer();
  {
    await using hasty = client({ closeDelayMs: 0 });
    await hasty.echo(peer.remote, PLAIN, signal());
    await peer.associations[0]?.closed;
    await using scu = client();
    await scu.echo(peer.remote, PLAIN, signal());
  }
  const endings = peer.associations.map(({ ending }) => ending?.kind);
  assert.deepEqual(endings, ["released", "released"]);
});

Deno.test("a failure status comes with its number and a printable comment, and the association stays", async () => {
  await using peer = startPeer(async (message, association) => {
    await respond(association, message, 0x0124);
    return true;
  });
  await using scu = client();
  for (const _ of [1, 2]) {
    await assert.rejects(scu.echo(peer.remote, PLAIN, signal()), {
      code: "network",
      dimseStatus: 0x0124,
      message: 'C-ECHO SCU to AET "PEER" has failed with DIMSE status 0x0124 (not?today)',
    });
  }
  assert.equal(peer.associations.length, 1);
});

Deno.test("a rejected association says why", async () => {
  await using peer = startPeer();
  await using scu = client();
  const other = { ...peer.remote, calledAet: "NOBODY" };
  await assert.rejects(scu.echo(other, PLAIN, signal()), {
    code: "network",
    message: /connecting to AET "NOBODY".*called AE title not recognized/,
  });
});

Deno.test("a remote that answers something else is left", async () => {
  const wrong: Behaviour[] = [
    async (message, association) => {
      await respond(
        association,
        { ...message, command: { ...message.command, messageId: 999 } },
        0,
      );
      return true;
    },
    async ({ contextId }, association) => {
      const command = { commandField: CommandField.cEchoRequest, messageId: 1 };
      await association.send({ contextId, command });
      return true;
    },
    (_, association) => {
      association.abort("no");
      return Promise.resolve(true);
    },
  ];
  for (const behaviour of wrong) {
    await using peer = startPeer(behaviour);
    await using scu = client();
    await assert.rejects(scu.echo(peer.remote, PLAIN, signal()), { code: "network" });
    await assert.rejects(Array.fromAsync(scu.find(peer.remote, FIND, signal())), {
      code: "network",
    });
    assert.equal(peer.associations.length, 2);
  }
});

Deno.test("a caller that gives up ends the request", async () => {
  const asked = Promise.withResolvers<void>();
  await using peer = startPeer(() => {
    asked.resolve();
    return Promise.resolve(true); // and says nothing
  });
  await using scu = client();
  const controller = new AbortController();
  const echo = scu.echo(peer.remote, PLAIN, controller.signal);
  await asked.promise;
  controller.abort(new Error("given up"));
  await assert.rejects(echo, /given up/);
  await assert.rejects(scu.echo(peer.remote, PLAIN, controller.signal), /given up/);
  assert.equal(peer.associations.length, 1);
});

Deno.test("a remote that does not heed C-CANCEL is left after a while", async () => {
  const clock = createTestClock();
  const cancelled = Promise.withResolvers<void>();
  await using peer = startPeer((message) => {
    if (message.command.commandField === CommandField.cCancelRequest) cancelled.resolve();
    return Promise.resolve(true);
  });
  await using scu = client({ clock });
  const controller = new AbortController();
  const found = Array.fromAsync(
    scu.find({ ...peer.remote, timeoutMs: 0 }, FIND, controller.signal),
  );
  found.catch(() => {});
  while (peer.associations.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  controller.abort(new Error("given up"));
  await cancelled.promise;
  await clock.advance(5_000);
  await assert.rejects(found, /given up/);
});

Deno.test("get() answers sub-operations, and refuses those that were not agreed on", async () => {
  const statuses: (number | undefined)[] = [];
  await using peer = startPeer(async (message, association) => {
    const contexts = [...association.contexts.values()];
    const storage = contexts.find(({ requestorRoles }) => requestorRoles.scp)!;
    for (const affectedSopClassUid of [storage.abstractSyntaxUid, "1.2.3"]) {
      const command = {
        commandField: CommandField.cStoreRequest,
        messageId: 9,
        affectedSopClassUid,
        affectedSopInstanceUid: "1.2.3.4",
      };
      await association.send({ contextId: storage.id, command, dataSet: [Uint8Array.of(1, 2)] });
      statuses.push((await association.receive())?.command.status);
    }
    await association.send({
      contextId: message.contextId,
      command: {
        commandField: CommandField.cGetRequest | CommandField.response,
        messageIdBeingRespondedTo: message.command.messageId,
        status: 0xb000,
        numberOfCompletedSubOperations: 1,
        numberOfFailedSubOperations: 1,
      },
    });
    return true;
  });
  const taken: [string, number][] = [];
  await using scu = client({
    async receive({ sopInstanceUid, dataSet }) {
      for await (const chunk of dataSet) taken.push([sopInstanceUid, chunk.length]);
      return { status: 0x0000, instanceId: "an id" };
    },
  });
  const ids: string[] = [];
  const request = {
    identifier: IDENTIFIER,
    sopClassUids: [CT],
    received: (id: string) => ids.push(id),
  };
  const counts: unknown[] = [];
  await assert.rejects(async () => {
    for await (const each of scu.get(peer.remote, request, signal())) counts.push(each);
  }, { dimseStatus: 0xb000 });
  assert.deepEqual(counts, [{ remaining: 0, completed: 1, failed: 1, warning: 0 }]);
  assert.deepEqual(statuses, [0x0000, 0x0122]);
  assert.deepEqual(taken, [["1.2.3.4", 2]]);
  assert.deepEqual(ids, ["an id"]);
});
