import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { systemClock } from "../../core/clock.ts";
import { defaultCharacterSets } from "../../core/dicom/charset.ts";
import type { NewDataSet } from "../../core/dicom/new_data_set.ts";
import { canReencode, reencode } from "../../core/dicom/reencode.ts";
import { findTransferSyntax } from "../../core/dicom/transfer_syntax.ts";
import type { OutgoingInstance, RemoteAe } from "../../core/ports/dicom_client.ts";
import type { OpenFile } from "../../core/ports.ts";
import { memorySource } from "../../core/bytes/source.ts";
import { createDicomClient, type DicomClientOptions } from "../../dimse/scu.ts";
import { instanceFile } from "../support/instances.ts";
import { ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { freePort, peerTest } from "../support/peer.ts";

const MR = "1.2.840.10008.5.1.4.1.1.4";
const EXPLICIT = "1.2.840.10008.1.2.1";
const PRIVATE_CLASS = "1.2.826.0.1.3680043.8.498.1";
const STARTING_MS = 10_000;

const signal = () => AbortSignal.timeout(30_000);

function client(options: Partial<DicomClientOptions> = {}) {
  return createDicomClient({
    clock: systemClock,
    maximumLength: 16_384,
    closeDelayMs: 5_000,
    preferredTransferSyntax: EXPLICIT,
    characterSet: "ISO_IR 100",
    defaultSets: defaultCharacterSets("Latin1"),
    receive: () => Promise.resolve({ status: 0x0110 }),
    transcode: (file, { from, to }) =>
      canReencode(from, to)
        ? reencode(file, { to: findTransferSyntax(to)!, maximumInflated: 1 << 30 })
        : undefined,
    ...options,
  });
}

function remote(port: number, calledAet = "PEER"): RemoteAe {
  return {
    calledAet,
    callingAet: "OUTPOST",
    host: "127.0.0.1",
    port,
    tls: false,
    timeoutMs: 10_000,
  };
}

function opened(bytes: Uint8Array): OpenFile {
  return { ...memorySource(bytes), [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Instances of one series; the second half of the name is the number. */
function instance(
  number: number,
  parts: { sopClassUid?: string; size?: number } = {},
): OutgoingInstance {
  const { sopClassUid = MR, size = 4 } = parts;
  const sopInstanceUid = `1.1.1.${number}`;
  const pixels = new Uint8Array(size).fill(number);
  const bytes = instanceFile({
    SOPClassUID: sopClassUid,
    SOPInstanceUID: sopInstanceUid,
    PixelData: pixels,
  });
  return { sopClassUid, sopInstanceUid, transferSyntaxUid: EXPLICIT, file: opened(bytes) };
}

/** Starts a program that listens on a port, and waits until it does. */
async function listening(
  command: (port: number, folder: string) => readonly string[],
  port = freePort(),
): Promise<AsyncDisposable & { port: number; folder: string }> {
  const folder = await Deno.makeTempDir();
  const [program, ...args] = command(port, folder);
  const process = new Deno.Command(program!, {
    args,
    cwd: folder,
    env: { TCP_NODELAY: "1" },
    stdout: "null",
    stderr: "null",
  }).spawn();
  await connectable(port);
  return {
    port,
    folder,
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function connectable(port: number): Promise<void> {
  for (const until = Date.now() + STARTING_MS; Date.now() < until;) {
    try {
      (await Deno.connect({ port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`Cannot connect to port ${port}`);
}

function storescp(...options: string[]) {
  return listening((port) => ["storescp", ...options, `${port}`]);
}

/** An archive of DCMTK that C-MOVE can send from, to the AE title `TARGET`. */
async function dcmqrscp(targetPort: number) {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/db`);
  const config = `
NetworkTCPPort = 0
MaxPDUSize = 16384
MaxAssociations = 16
HostTable BEGIN
target = (TARGET, 127.0.0.1, ${targetPort})
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
ARCHIVE ${folder}/db RW (200, 1024mb) ANY
AETable END
`;
  await Deno.writeTextFile(`${folder}/dcmqrscp.cfg`, config);
  const peer = await listening((port) => ["dcmqrscp", "-c", `${folder}/dcmqrscp.cfg`, `${port}`]);
  return {
    port: peer.port,
    async [Symbol.asyncDispose]() {
      await peer[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const STUDY: NewDataSet = [
  { tag: 0x00080052, vr: "CS", value: "STUDY" },
  { tag: 0x0020000d, vr: "UI", value: "1.1" },
];

const DCMTK = [["storescp", "--version"], ["dcmqrscp", "--version"]] as const;

async function sha1(file: string | Uint8Array): Promise<string> {
  const bytes = typeof file === "string" ? await Deno.readFile(file) : file;
  return createHash("sha1").update(bytes).digest("hex");
}

peerTest({
  name: "C-ECHO succeeds with storescp, and tells what is wrong",
  needs: DCMTK,
  async fn() {
    await using peer = await storescp();
    await using scu = client();
    await scu.echo(remote(peer.port), { alsoFind: false }, signal());
    await scu.echo(remote(peer.port), { alsoFind: false }, signal());
    await assert.rejects(scu.echo(remote(peer.port), { alsoFind: true }, signal()), {
      code: "network",
      message: /connecting to AET "PEER": it does not accept SOP class 1.2.840.10008.5.1.4.1.2.2.1/,
    });
    await assert.rejects(scu.echo(remote(freePort(), "DEAD"), { alsoFind: false }, signal()), {
      code: "network",
      message:
        'DicomAssociation - connecting to AET "DEAD": TCP Initialization Error: Connection refused',
    });
  },
});

peerTest({
  name: "C-ECHO: a remote that rejects, and one that never answers",
  needs: DCMTK,
  async fn() {
    await using scu = client();
    await using peer = await storescp("--refuse");
    await assert.rejects(scu.echo(remote(peer.port), { alsoFind: false }, signal()), {
      code: "network",
      message: /connecting to AET "PEER"/,
    });
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const silentRemote = { ...remote(silent.addr.port), timeoutMs: 200 };
    await assert.rejects(scu.echo(silentRemote, { alsoFind: false }, signal()), {
      code: "timeout",
    });
    (await silent.accept()).close();
  },
});

peerTest({
  name: "C-STORE: what is sent to storescp arrives byte by byte, in fragments of any size",
  needs: DCMTK,
  async fn() {
    for (const pdu of ["4096", "131072"]) {
      await using peer = await storescp("--max-pdu", pdu, "--bit-preserving", "-od", ".");
      await using scu = client();
      const sent = [1, 2, 3].map((number) => instance(number, { size: number * 150_000 }));
      {
        await using session = await scu.openStore(
          remote(peer.port),
          { kinds: sent, allowTranscoding: true },
          signal(),
        );
        for (const each of sent) assert.equal(await session.store(each, signal()), 0);
      }
      for (const each of sent) {
        const received = await Deno.readFile(`${peer.folder}/MR.${each.sopInstanceUid}`);
        const bytes = await each.file.read(0, each.file.size);
        const size = each.file.size - 300; // the data set, whatever file meta information is before it
        assert.equal(await sha1(received.slice(-size)), await sha1(bytes.slice(-size)), pdu);
      }
    }
  },
});

peerTest({
  name:
    "C-STORE: a remote that takes Implicit VR only gets it; one not to be transcoded for is refused",
  needs: DCMTK,
  async fn() {
    await using peer = await storescp("+xi", "-od", ".");
    await using scu = client();
    const open = (allowTranscoding: boolean) =>
      scu.openStore(remote(peer.port), { kinds: [instance(1)], allowTranscoding }, signal());
    {
      await using session = await open(true);
      assert.equal(await session.store(instance(1), signal()), 0);
    }
    const { stdout } = await new Deno.Command("dcmdump", {
      args: ["--search", "0002,0010", "--search", "0010,0010", `${peer.folder}/MR.1.1.1.1`],
    }).output();
    assert.match(new TextDecoder().decode(stdout), /LittleEndianImplicit[^]*KNIX/);
    await using session = await open(false);
    await assert.rejects(session.store(instance(2), signal()), {
      code: "network",
      message: /does not accept SOP class 1.2.840.10008.5.1.4.1.1.4 in transfer syntax/,
    });
  },
});

peerTest({
  name:
    "C-STORE: another kind of instance reopens the association; an unknown class is refused by name",
  needs: DCMTK,
  async fn() {
    await using peer = await storescp("--ignore");
    await using scu = client();
    await using session = await scu.openStore(
      remote(peer.port),
      { kinds: [instance(1)], allowTranscoding: true },
      signal(),
    );
    const ophthalmic = "1.2.840.10008.5.1.4.1.1.77.1.5.1";
    assert.equal(await session.store(instance(1), signal()), 0);
    assert.equal(await session.store(instance(2, { sopClassUid: ophthalmic }), signal()), 0);
    assert.equal(await session.store(instance(3), signal()), 0);
    const unknown = instance(4, { sopClassUid: PRIVATE_CLASS });
    await assert.rejects(session.store(unknown, signal()), { code: "network" });
    assert.equal(await session.store(instance(5), signal()), 0, "the session goes on");
  },
});

peerTest({
  name: "C-STORE: a remote that went away is connected to again",
  needs: DCMTK,
  async fn() {
    await using scu = client();
    const port = freePort();
    for (let round = 0; round < 2; round++) {
      await using _peer = await listening(() => ["storescp", "--ignore", `${port}`], port);
      await using session = await scu.openStore(
        remote(port),
        { kinds: [instance(1)], allowTranscoding: false },
        signal(),
      );
      assert.equal(await session.store(instance(1), signal()), 0);
    }
  },
});

peerTest({
  name: "C-FIND, C-MOVE and C-GET with dcmqrscp",
  needs: DCMTK,
  async fn() {
    await using target = await storescp("-od", ".", "--aetitle", "TARGET");
    await using peer = await dcmqrscp(target.port);
    const got: string[] = [];
    await using scu = client({
      async receive({ sopInstanceUid, dataSet }) {
        for await (const _ of dataSet);
        got.push(sopInstanceUid);
        return { status: 0, instanceId: `id ${sopInstanceUid}` };
      },
    });
    const archive = remote(peer.port, "ARCHIVE");
    {
      const kinds = [instance(1)];
      await using session = await scu.openStore(
        archive,
        { kinds, allowTranscoding: true },
        signal(),
      );
      for (const number of [1, 2, 3]) await session.store(instance(number), signal());
    }
    const series: NewDataSet = [
      { tag: 0x00080052, vr: "CS", value: "IMAGE" },
      { tag: 0x0020000d, vr: "UI", value: "1.1" },
      { tag: 0x0020000e, vr: "UI", value: "1.1.1" },
      { tag: 0x00080018, vr: "UI", value: "" },
    ];
    const found: string[] = [];
    const query = { model: "study-root", identifier: series } as const;
    for await (const answer of scu.find(archive, query, signal())) {
      found.push(answer.decode(answer.get(0x00080018)!.bytes!, "UI"));
    }
    assert.deepEqual(found.sort(), ["1.1.1.1", "1.1.1.2", "1.1.1.3"]);

    const moved = await Array.fromAsync(
      scu.move(archive, { identifier: STUDY, destinationAet: "TARGET" }, signal()),
    );
    assert.deepEqual(moved.at(-1), { remaining: 0, completed: 3, failed: 0, warning: 0 });
    const files = await Array.fromAsync(Deno.readDir(target.folder));
    assert.equal(files.length, 3);
    await assert.rejects(
      Array.fromAsync(scu.move(archive, { identifier: STUDY, destinationAet: "NOBODY" }, signal())),
      { code: "network", dimseStatus: 0xa801 },
    );

    const ids: string[] = [];
    const request = { identifier: STUDY, sopClassUids: [], received: (id: string) => ids.push(id) };
    const retrieved = await Array.fromAsync(
      scu.get(archive, request, signal()),
    );
    assert.equal(retrieved.at(-1)?.completed, 3);
    assert.deepEqual(got.sort(), found);
    assert.deepEqual(ids.sort(), found.map((uid) => `id ${uid}`));
  },
});

peerTest({
  name: "C-FIND ends by C-CANCEL when the caller has enough, and the association goes on",
  needs: DCMTK,
  async fn() {
    await using peer = await dcmqrscp(freePort());
    await using scu = client();
    const archive = remote(peer.port, "ARCHIVE");
    {
      const kinds = [instance(1)];
      await using session = await scu.openStore(
        archive,
        { kinds, allowTranscoding: true },
        signal(),
      );
      for (let number = 1; number <= 20; number++) await session.store(instance(number), signal());
    }
    const identifier: NewDataSet = [
      { tag: 0x00080052, vr: "CS", value: "IMAGE" },
      { tag: 0x0020000d, vr: "UI", value: "1.1" },
      { tag: 0x0020000e, vr: "UI", value: "1.1.1" },
      { tag: 0x00080018, vr: "UI", value: "" },
    ];
    const query = { model: "study-root", identifier } as const;
    let count = 0;
    for await (const _ of scu.find(archive, query, signal())) {
      if (++count === 2) break;
    }
    assert.equal(count, 2);
    const aborted = new AbortController();
    await assert.rejects(async () => {
      for await (const _ of scu.find(archive, query, aborted.signal)) {
        aborted.abort(new Error("enough"));
      }
    }, /enough/);
    assert.equal((await Array.fromAsync(scu.find(archive, query, signal()))).length, 20);
  },
});

peerTest({
  name: "Orthanc stores what is sent, finds it, and answers storage commitment",
  needs: [ORTHANC_CHECK],
  async fn() {
    const port = freePort();
    await using orthanc = await startOrthanc({
      DicomPort: port,
      DicomAlwaysAllowFind: true,
      DicomModalities: { us: { AET: "OUTPOST", Host: "127.0.0.1", Port: freePort() } },
    });
    await using scu = client();
    const peer = remote(port, "ORTHANC");
    await scu.echo(peer, { alsoFind: true }, signal());
    {
      const kinds = [instance(1)];
      await using session = await scu.openStore(peer, { kinds, allowTranscoding: true }, signal());
      for (const number of [1, 2]) assert.equal(await session.store(instance(number), signal()), 0);
    }
    const stored = await (await orthanc.request("GET", "/instances")).json();
    assert.equal(stored.length, 2);
    const query = { model: "study-root", identifier: STUDY } as const;
    const found = await Array.fromAsync(scu.find(peer, query, signal()));
    assert.equal(found.length, 1);
    const references = [{ sopClassUid: MR, sopInstanceUid: "1.1.1.1" }];
    await scu.requestCommitment(peer, { transactionUid: "2.25.1", references }, signal());
    const result = { transactionUid: "2.25.7", stored: references, failed: [] };
    await scu.reportCommitment(peer, result, signal());
  },
});

/** A certificate of its own authority for this machine, as PEM files in a new folder. */
async function certificates() {
  const folder = await Deno.makeTempDir();
  const openssl = async (...args: string[]) => {
    const { code, stderr } = await new Deno.Command("openssl", { args, cwd: folder }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  };
  await openssl(
    ..."req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=CA".split(
      " ",
    ),
  );
  await openssl(
    ..."req -newkey rsa:2048 -nodes -keyout own.key -out own.csr -subj /CN=own".split(" "),
  );
  await Deno.writeTextFile(`${folder}/san`, "subjectAltName=IP:127.0.0.1");
  await openssl(
    ..."x509 -req -in own.csr -CA ca.pem -CAkey ca.key -out own.pem -days 2 -CAcreateserial -extfile san"
      .split(" "),
  );
  return {
    folder,
    read: (name: string) => Deno.readTextFileSync(`${folder}/${name}`),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

peerTest({
  name: "TLS: storescp gets our certificate, and is checked by its authority",
  needs: [...DCMTK, ["openssl", "version"]],
  async fn() {
    await using files = await certificates();
    const { folder } = files;
    await using peer = await storescp(
      ..."--ignore --enable-tls".split(" "),
      `${folder}/own.key`,
      `${folder}/own.pem`,
      "--add-cert-file",
      `${folder}/ca.pem`,
      "--require-peer-cert",
    );
    const secure = { ...remote(peer.port), tls: true };
    const trustedPem = files.read("ca.pem");
    const certificate = { certificatePem: files.read("own.pem"), keyPem: files.read("own.key") };
    {
      await using scu = client({ tls: { trustedPem, certificate } });
      await using session = await scu.openStore(
        secure,
        { kinds: [instance(1)], allowTranscoding: true },
        signal(),
      );
      assert.equal(await session.store(instance(1, { size: 600_000 }), signal()), 0);
    }
    for (const tls of [{ trustedPem }, { certificate }, {}]) {
      await using scu = client({ tls });
      await assert.rejects(scu.echo(secure, { alsoFind: false }, signal()), {
        code: "network",
        message: /connecting to AET "PEER"/,
      });
    }
    await using scu = client({ tls: { trustedPem, certificate } });
    await assert.rejects(scu.echo({ ...secure, tls: false }, { alsoFind: false }, signal()));
  },
});
