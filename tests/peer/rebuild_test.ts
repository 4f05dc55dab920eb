import assert from "node:assert/strict";
import { rebuild } from "../../core/archive/rebuild.ts";
import { startApp } from "../support/app.ts";
import { FILES, IDS } from "../support/filled.ts";
import { openIdleArchive } from "../support/idle_archive.ts";
import { ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { peerTest } from "../support/peer.ts";

/** The folder of a real Orthanc, whose index means nothing to us. */

const INSTANCES: readonly string[] = [IDS.mr1, IDS.mr2, IDS.ct1, IDS.later1, IDS.greek1];

async function orthancFolder(options: Record<string, unknown>): Promise<string> {
  const folder = await Deno.makeTempDir();
  const UserContentType = { mine: 1030 };
  await using orthanc = await startOrthanc({
    ...{ StorageDirectory: folder, IndexDirectory: folder, UserContentType },
    ...options,
  });
  for (const file of FILES) {
    const answer = await orthanc.request("POST", "/instances", file);
    assert.equal(answer.status, 200, await answer.text());
  }
  const path = `/instances/${IDS.mr1}/attachments/mine`;
  const added = await orthanc.request("PUT", path, new TextEncoder().encode("no DICOM"));
  assert.equal(added.status, 200, await added.text());
  return folder;
}

for (
  const [how, options] of Object.entries({
    "as they came": {},
    "compressed": { StorageCompression: true },
  })
) {
  peerTest({
    name: `rebuild: the files of an Orthanc, ${how}, are all there`,
    needs: [ORTHANC_CHECK],
    async fn() {
      const folder = await orthancFolder(options);
      try {
        const counts = { indexed: 0, superfluous: 0, unreadable: 0 };
        {
          await using idle = await openIdleArchive(folder);
          await rebuild(idle.ports, (_file, became) => counts[became]++);
        }
        assert.equal(counts.unreadable, 1, "the attachment, of which nobody knows whose it is");
        await using server = await startApp({ folder });
        assert.deepEqual(await server.get("/instances"), INSTANCES.toSorted());
        for (const [at, id] of INSTANCES.entries()) {
          const file = await server.send("GET", `/instances/${id}/file`);
          assert.deepEqual(new Uint8Array(await file.arrayBuffer()), FILES[at]);
          const verified = await server.send(
            "POST",
            `/instances/${id}/attachments/dicom/verify-md5`,
          );
          assert.equal(verified.status, 200, await verified.text());
          const form = await server.send("GET", `/instances/${id}/attachments/dicom/is-compressed`);
          assert.equal(await form.text(), "StorageCompression" in options ? "1" : "0");
        }
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
