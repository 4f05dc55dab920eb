import assert from "node:assert/strict";
import { createDestinations } from "../../core/destinations.ts";
import type { DutyInstance, ProofLevel, Sender, Target } from "../../core/ports/destinations.ts";
import { listenDicom } from "../../dimse/scp.ts";
import { openExportFolder } from "../../storage/export_folder.ts";
import { startApp } from "../support/app.ts";
import { dutyInstance } from "../support/duty_instance.ts";
import { type Orthanc, ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { freePort, peerTest } from "../support/peer.ts";

const NEVER = new AbortController().signal;
const PLUGIN = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so";
const PLUGIN_CHECK = ["test", "-f", PLUGIN];
const WAIT_MS = 20_000;

const THERE = [
  dutyInstance({ instance: "1.1.1.1" }),
  dutyInstance({ instance: "1.1.1.2" }),
  dutyInstance({ study: "1.2", series: "1.2.1", instance: "1.2.1.1" }),
];
const NOT_THERE = dutyInstance({ instance: "1.1.1.9" });

/** Servers that know each other: this one sends, Orthanc receives. */
async function startBoth() {
  await using stack = new AsyncDisposableStack();
  const dicomPort = freePort();
  const theirPort = freePort();
  const orthanc = stack.use(
    await startOrthanc({
      DicomAet: "ORTHANC",
      DicomPort: theirPort,
      DicomModalities: { us: ["OUTPOST", "127.0.0.1", dicomPort] },
      Plugins: [PLUGIN],
      DicomWeb: { Enable: true, Root: "/dicom-web/" },
    }),
  );
  const server = stack.use(
    await startApp({
      config: {
        DicomAet: "OUTPOST",
        DicomPort: dicomPort,
        DicomModalities: { theirs: ["ORTHANC", "127.0.0.1", theirPort] },
        OrthancPeers: { theirs: [orthanc.url] },
        DicomWeb: { Servers: { theirs: [`${orthanc.url}/dicom-web`] } },
      },
    }),
  );
  stack.use(await listenDicom(server.app));
  const destinations = createDestinations({
    ...server.app,
    openExportFolder: (path) => openExportFolder(path, server.clock),
  });
  const running = stack.move();
  return { orthanc, destinations, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Proofs, once none is pending; the report of a commitment comes when it comes. */
async function settled(
  sender: Sender,
  instances: readonly DutyInstance[],
  level: Exclude<ProofLevel, "ack">,
): Promise<readonly string[]> {
  for (const until = Date.now() + WAIT_MS; Date.now() < until;) {
    const proofs = await sender.prove(instances, level, NEVER);
    if (proofs.every(({ kind }) => kind !== "pending")) return proofs.map(({ kind }) => kind);
    instances = instances.map((instance, n) => {
      const proof = proofs[n]!;
      return proof.kind === "pending" && proof.token !== undefined
        ? { ...instance, proofToken: proof.token }
        : instance;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail("there is no proof");
}

async function instancesOf(orthanc: Orthanc): Promise<readonly string[]> {
  return await (await orthanc.request("GET", "/instances")).json();
}

const TARGETS: readonly Target[] = [
  { kind: "Modality", name: "theirs" },
  { kind: "Peer", name: "theirs" },
  { kind: "DicomWebServer", name: "theirs" },
];

peerTest({
  name: "what a sender delivers to Orthanc is there, and proven; what was not sent is missing",
  needs: [ORTHANC_CHECK, PLUGIN_CHECK],
  async fn(t) {
    for (const target of TARGETS) {
      await t.step(target.kind, async () => {
        await using both = await startBoth();
        const { orthanc, destinations } = both;
        await using sender = destinations.open(target);
        await sender.probe(NEVER);
        for (const instance of THERE) {
          assert.equal((await sender.deliver(instance, NEVER)).kind, "accepted");
        }
        const again = await sender.deliver(THERE[0]!, NEVER);
        assert.equal(again.kind, "accepted", "what is there already counts as delivered");
        const ids = THERE.map(({ ids }) => ids.Instance);
        assert.deepEqual([...await instancesOf(orthanc)].sort(), ids.sort());
        for (const level of ["commit", "verify"] as const) {
          const proofs = await settled(sender, [...THERE, NOT_THERE], level);
          assert.deepEqual(proofs, ["proven", "proven", "proven", "missing"], level);
        }
      });
    }
  },
});

peerTest({
  name: "what Orthanc does not take is a fault of the instance, not of the connection",
  needs: [ORTHANC_CHECK, PLUGIN_CHECK],
  async fn(t) {
    await using both = await startBoth();
    const garbage = dutyInstance({ file: new TextEncoder().encode("no DICOM file at all") });
    for (const target of TARGETS.slice(1)) {
      await t.step(target.kind, async () => {
        await using sender = both.destinations.open(target);
        const outcome = await sender.deliver(garbage, NEVER);
        assert.equal(outcome.kind, "permanent", JSON.stringify(outcome));
      });
    }
  },
});

peerTest({
  name: "a destination that is gone is told from one that says no",
  needs: [ORTHANC_CHECK, PLUGIN_CHECK],
  async fn() {
    await using both = await startBoth();
    const senders = TARGETS.map((target) => both.destinations.open(target));
    for (const sender of senders) {
      assert.equal((await sender.deliver(THERE[0]!, NEVER)).kind, "accepted");
    }
    await both.orthanc.kill();
    for (const sender of senders) {
      const outcome = await sender.deliver(THERE[1]!, NEVER);
      assert.equal(outcome.kind === "transient" && outcome.connectionFault, true);
      await assert.rejects(sender.probe(NEVER), { code: "network" });
      await sender[Symbol.asyncDispose]();
    }
  },
});
