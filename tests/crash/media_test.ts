import assert from "node:assert/strict";
import { dicomFile } from "../support/dicom.ts";
import { peerTest } from "../support/peer.ts";
import { startServer } from "../support/server.ts";

/** What becomes of the server when its disk does not do what it should. */

/** Whether this user may mount. */
const MAY_MOUNT = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"];

async function mount(...args: string[]): Promise<void> {
  const [program, ...rest] = args;
  const { success, stderr } = await new Deno.Command(program!, { args: rest }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** A disk of 16 MB. */
async function smallDisk() {
  const path = await Deno.makeTempDir();
  await mount("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", path);
  return {
    path,
    makeReadOnly: () => mount("mount", "-o", "remount,ro", path),
    async [Symbol.asyncDispose]() {
      await mount("umount", path);
      await Deno.remove(path);
    },
  };
}

peerTest({
  name: "a full disk: what is there is served, and storing goes on when there is room",
  needs: [MAY_MOUNT],
  async fn() {
    await using disk = await smallDisk();
    await using server = await startServer({ StorageDirectory: disk.path });
    const upload = (number: number) =>
      fetch(`${server.url}/instances`, {
        method: "POST",
        body: dicomFile({ sopInstanceUid: `1.2.3.4.${number}`, pixelBytes: 1_000_000 }),
      });
    let stored = 0;
    let refused: Response | undefined;
    for (; !refused && stored < 20; stored++) {
      const answer = await upload(stored);
      if (answer.status !== 200) refused = answer;
      else await answer.body?.cancel();
    }
    assert.equal(refused?.status, 507);
    assert.match(await refused.text(), /disk/);
    const [first] = await server.get<string[]>("/instances");
    assert.equal((await server.get<{ status: string }>("/health")).status, "ok");
    const file = await fetch(`${server.url}/instances/${first}/file`);
    assert.ok((await file.bytes()).length > 1_000_000);
    for (const id of (await server.get<string[]>("/instances")).slice(0, 5)) {
      const gone = await fetch(`${server.url}/instances/${id}`, { method: "DELETE" });
      assert.equal(gone.status, 200);
      await gone.body?.cancel();
    }
    await until(async () => {
      const answer = await upload(100);
      await answer.body?.cancel();
      return answer.status === 200;
    });
  },
});

/** The room is looked at once a second. */
async function until(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !await done(); tries++) {
    assert.ok(tries < 20, "nothing is stored though there is room");
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

peerTest({
  name: "a read-only medium: the server does not start, and says why",
  needs: [MAY_MOUNT],
  async fn() {
    await using disk = await smallDisk();
    await disk.makeReadOnly();
    await assert.rejects(startServer({ StorageDirectory: `${disk.path}/data` }), {
      code: "configuration",
      message: new RegExp(`^Cannot write to ${disk.path}/data: Read-only file system`),
    });
  },
});

Deno.test("a damaged index: the server does not start, says why, and leaves the images", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await (await startServer({ StorageDirectory: folder }))[Symbol.asyncDispose]();
    await Deno.writeFile(`${folder}/outpost.sqlite`, new Uint8Array(8192).fill(7));
    await assert.rejects(startServer({ StorageDirectory: folder }), {
      code: "database",
      message: /^Cannot use the index: /,
    });
    assert.equal((await Deno.readFile(`${folder}/outpost.sqlite`))[0], 7);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
