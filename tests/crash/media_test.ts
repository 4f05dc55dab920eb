import assert from "node:assert/strict";
import { dicomFile } from "../support/dicom.ts";
import { peerTest } from "../support/peer.ts";
import { run } from "../support/dcmtk.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

/** What becomes of the server when its disk does not do what it should. */

/** Whether this user may mount. */
const MAY_MOUNT = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"];

/** Whether this user may mount a disk that is a file. */
const MAY_MOUNT_FILE = [
  "unshare",
  "-m",
  "sh",
  "-ec",
  `file=$(mktemp)
   trap 'rm "$file"' EXIT
   truncate -s 8M "$file"
   mkfs.ext4 -q "$file"
   mount -o loop "$file" /mnt`,
];

async function succeed(program: string, ...args: string[]): Promise<void> {
  const { code, output } = await run(program, ...args);
  assert.equal(code, 0, output);
}

/** What is being closed may take a moment; a file that is never closed makes it fail. */
const unmount = (path: string) =>
  waitFor(async () => (await run("umount", path)).code === 0, `the end of all use of ${path}`);

/** A disk of 16 MB. */
async function smallDisk() {
  const path = await Deno.makeTempDir();
  await succeed("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", path);
  return {
    path,
    makeReadOnly: () => succeed("mount", "-o", "remount,ro", path),
    async [Symbol.asyncDispose]() {
      await unmount(path);
      await Deno.remove(path);
    },
  };
}

/** A disk of 64 MB with a file system that gives up writing when the medium fails. */
async function failingDisk() {
  const path = await Deno.makeTempDir();
  const image = await Deno.makeTempFile();
  await Deno.truncate(image, 64 * 1024 ** 2);
  await succeed("mkfs.ext4", "-q", image);
  const mount = () => succeed("mount", "-o", "loop", image, path);
  await mount();
  return {
    path,
    /** As a medium that fails: nothing more is written, also by those who have files open. */
    fail: () => succeed("mount", "-o", "remount,abort", path),
    async repair() {
      await unmount(path);
      await mount();
    },
    async [Symbol.asyncDispose]() {
      await unmount(path);
      await Deno.remove(path);
      await Deno.remove(image);
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
    await waitFor(async () => {
      const answer = await upload(100);
      await answer.body?.cancel();
      return answer.status === 200;
    });
  },
});

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

/** Whether `/ready` tells that the disk takes nothing. */
async function saysSo({ url }: TestServer): Promise<boolean> {
  return /the disk cannot be written/.test(await (await fetch(`${url}/ready`)).text());
}

/** One that is kept in the index at first, and one that is a file at once. */
const PIXEL_BYTES = [100, 1_000_000] as const;

const imageOf = (pixelBytes: number, number: number) =>
  dicomFile({ sopInstanceUid: `1.2.3.${pixelBytes}.${number}`, pixelBytes });

peerTest({
  name:
    "a medium that fails while the server runs: nothing new is answered as stored, the rest is served",
  needs: [MAY_MOUNT_FILE, ["storescu", "--version"]],
  async fn() {
    await using disk = await failingDisk();
    const options = { StorageDirectory: `${disk.path}/data`, DicomPort: 0 };
    const ids: string[] = [];
    const file = await Deno.makeTempFile();
    {
      await using server = await startServer(options);
      const upload = (body: Uint8Array<ArrayBuffer>) =>
        fetch(`${server.url}/instances`, { method: "POST", body });
      for (const size of PIXEL_BYTES) ids.push((await (await upload(imageOf(size, 1))).json()).ID);
      await disk.fail();
      for (const size of PIXEL_BYTES) {
        const refused = await upload(imageOf(size, 2));
        assert.equal(refused.status, 503, await refused.text());
        await Deno.writeFile(file, imageOf(size, 3));
        const { output } = await run("storescu", "-v", "127.0.0.1", server.dicomPort, file);
        assert.match(output, /Received Store Response \(Refused: OutOfResources\)/);
      }
      const kept = await fetch(`${server.url}/instances/${ids[1]}`, { method: "DELETE" });
      assert.equal(kept.status, 503, await kept.text());
      assert.deepEqual((await server.get<string[]>("/instances")).sort(), ids.toSorted());
      for (const id of ids) {
        const read = await fetch(`${server.url}/instances/${id}/file`);
        assert.equal(read.status, 200, await read.text());
      }
      await waitFor(() => saysSo(server), "/ready says so");
    }
    await Deno.remove(file);
    await disk.repair();
    await using server = await startServer(options);
    assert.deepEqual((await server.get<string[]>("/instances")).sort(), ids.toSorted());
    for (const size of PIXEL_BYTES) {
      const answer = await fetch(`${server.url}/instances`, {
        method: "POST",
        body: imageOf(size, 2),
      });
      assert.equal((await answer.json()).Status, "Success");
    }
  },
});

peerTest({
  name: "a medium that can be written again is written, without a restart",
  needs: [MAY_MOUNT],
  async fn() {
    await using disk = await smallDisk();
    const data = `${disk.path}/data`;
    await using server = await startServer({ StorageDirectory: data, DicomServerEnabled: false });
    const upload = async (number: number) => {
      const body = imageOf(1_000_000, number);
      const answer = await fetch(`${server.url}/instances`, { method: "POST", body });
      await answer.body?.cancel();
      return answer.status;
    };
    assert.equal(await upload(1), 200);
    await succeed("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", data); // hides what is there
    try {
      assert.equal(await upload(2), 503);
      await waitFor(() => saysSo(server), "/ready says so");
    } finally {
      await unmount(data);
    }
    assert.equal(await upload(2), 200);
    await waitFor(async () => !await saysSo(server), "/ready says so no more");
    assert.equal((await server.get<string[]>("/instances")).length, 2);
    const texts = server.lines.filter((line) => /The disk cannot be written/.test(line));
    assert.equal(texts.length, 1, "it is said once");
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
