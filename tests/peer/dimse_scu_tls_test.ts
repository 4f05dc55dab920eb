import assert from "node:assert/strict";
import { DCMTK, listening, storescp } from "../support/dcmtk_scp.ts";
import { peerTest } from "../support/peer.ts";
import { client, instance, remote, signal } from "../support/scu.ts";

/** Of DCMTK: which presentation contexts its receivers accept. */
const PROFILES = "/etc/dcmtk/storescp.cfg";

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

peerTest({
  name: "TLS: dcmrecv gets what we send",
  needs: [["dcmrecv", "--version"], ["openssl", "version"], ["ls", PROFILES]],
  async fn() {
    await using files = await certificates();
    const { folder } = files;
    await using peer = await listening((port, target) => [
      ...["dcmrecv", "+tls", `${folder}/own.key`, `${folder}/own.pem`],
      ...["+cf", `${folder}/ca.pem`, "-xf", PROFILES, "Default", "-od", target, `${port}`],
    ]);
    const certificate = { certificatePem: files.read("own.pem"), keyPem: files.read("own.key") };
    {
      await using scu = client({ tls: { trustedPem: files.read("ca.pem"), certificate } });
      const secure = { ...remote(peer.port), tls: true };
      const request = { kinds: [instance(1)], allowTranscoding: true };
      await using session = await scu.openStore(secure, request, signal());
      assert.equal(await session.store(instance(1, { size: 300_000 }), signal()), 0);
    }
    assert.equal((await Array.fromAsync(Deno.readDir(peer.folder))).length, 1);
  },
});
