import assert from "node:assert/strict";
import { listen, type TlsOptions } from "../listener.ts";

const LIMITS = {
  headerBytes: 4096,
  headersTimeoutMs: 5000,
  requestTimeoutMs: 5000,
  keepAliveMs: 1000,
  maxConnections: 10,
};

const hasOpenssl = await run("openssl", "version")
  .then((version) => version.startsWith("OpenSSL 3"), () => false);
if (!hasOpenssl) console.log("OpenSSL 3 is not installed: the tests of TLS are skipped");

Deno.test({
  name: "listen() speaks TLS",
  ignore: !hasOpenssl,
  async fn() {
    await using folder = await Certificates.create();
    const { status } = await folder.request({ minimumVersion: "TLSv1.2" });
    assert.equal(status, 200);
    const upload = ["--data", "12345"];
    assert.equal((await folder.request({ minimumVersion: "TLSv1.2" }, upload)).bytes, 5);
  },
});

Deno.test({
  name: "listen() admits only clients with a certificate of the right authority",
  ignore: !hasOpenssl,
  async fn() {
    await using folder = await Certificates.create();
    const caPem = await folder.read("authority.pem");
    const tls = { minimumVersion: "TLSv1.2", verifyPeers: { caPem } } as const;
    assert.equal((await folder.request(tls, folder.shown("client"))).status, 200);
    assert.equal((await folder.request(tls)).status, undefined);
    assert.equal((await folder.request(tls, folder.shown("foreign"))).status, undefined);
  },
});

Deno.test({
  name: "listen() streams through TLS with client certificates",
  ignore: !hasOpenssl,
  async fn() {
    await using folder = await Certificates.create();
    const caPem = await folder.read("authority.pem");
    const tls = { minimumVersion: "TLSv1.3", verifyPeers: { caPem } } as const;
    await Deno.writeFile(`${folder.path}/body`, new Uint8Array(2_000_000).fill(0x61));
    const upload = ["--data-binary", `@${folder.path}/body`, ...folder.shown("client")];
    const { status, bytes } = await folder.request(tls, upload);
    assert.deepEqual({ status, bytes }, { status: 200, bytes: 2_000_000 });
  },
});

Deno.test({
  name: "listen() refuses versions of TLS below the minimum",
  ignore: !hasOpenssl,
  async fn() {
    await using folder = await Certificates.create();
    const old = ["--tls-max", "1.2"];
    assert.equal((await folder.request({ minimumVersion: "TLSv1.2" }, old)).status, 200);
    assert.equal((await folder.request({ minimumVersion: "TLSv1.3" }, old)).status, undefined);
    assert.equal((await folder.request({ minimumVersion: "TLSv1.3" })).status, 200);
  },
});

Deno.test({
  name: "listen() does not start with an unusable certificate, key or authority",
  ignore: !hasOpenssl,
  async fn() {
    await using folder = await Certificates.create();
    const certificatePem = await folder.read("server.pem");
    const keyPem = await folder.read("server.key");
    const good = { certificatePem, keyPem, minimumVersion: "TLSv1.2" } as const;
    const verifyPeers = { caPem: certificatePem };
    const unusable: readonly TlsOptions[] = [
      { ...good, certificatePem: "nonsense" },
      { ...good, keyPem: await folder.read("foreign.key") },
      { ...good, verifyPeers, keyPem: "nonsense" },
      { ...good, verifyPeers: { caPem: "nonsense" } },
    ];
    const where = { hostnames: ["127.0.0.1"], port: 0, limits: LIMITS, log: () => {} };
    for (const tls of unusable) {
      const started = listen({ ...where, tls, handler: () => new Response() });
      await assert.rejects(started, { code: "configuration" });
    }
  },
});

/** Certificates in a folder of their own: `server` and `client` of one authority, `foreign` of none. */
class Certificates implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async create(): Promise<Certificates> {
    const path = await Deno.makeTempDir();
    const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const make = (name: string, ...more: string[]) =>
      run(
        ...["openssl", "req", "-x509", ...ec, "-days", "2", "-subj", `/CN=${name}`],
        ...["-keyout", `${path}/${name}.key`, "-out", `${path}/${name}.pem`, ...more],
      );
    await make("authority");
    const signed = ["-CA", `${path}/authority.pem`, "-CAkey", `${path}/authority.key`];
    const end = ["-addext", "basicConstraints=critical,CA:FALSE"];
    await make("server", ...signed, ...end, "-addext", "subjectAltName=IP:127.0.0.1");
    await make("client", ...signed, ...end);
    await make("foreign");
    return new Certificates(path);
  }

  read(name: string): Promise<string> {
    return Deno.readTextFile(`${this.path}/${name}`);
  }

  /** Arguments of curl that show a certificate. */
  shown(name: string): string[] {
    return ["--cert", `${this.path}/${name}.pem`, "--key", `${this.path}/${name}.key`];
  }

  /** Starts a server that echoes, and asks it once with curl. @returns no status if there was no answer */
  async request(tls: Omit<TlsOptions, "certificatePem" | "keyPem">, args: readonly string[] = []) {
    await using server = await listen({
      handler: (_request, env) => new Response(ReadableStream.from(env.body)),
      hostnames: ["127.0.0.1"],
      port: 0,
      tls: {
        ...tls,
        certificatePem: await this.read("server.pem"),
        keyPem: await this.read("server.key"),
      },
      limits: LIMITS,
      log: () => {},
    });
    const url = `https://127.0.0.1:${server.addresses[0]!.port}/`;
    const output = [
      "--output",
      `${this.path}/answer`,
      "--write-out",
      "%{http_code} %{size_download}",
    ];
    const trust = ["--silent", "--max-time", "5", "--cacert", `${this.path}/authority.pem`];
    const answer = await run("curl", ...trust, ...output, ...args, url).catch(() => "");
    const [status, bytes] = answer.split(" ").map(Number);
    return { status: status || undefined, bytes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Runs a program. @returns what it writes; rejects if it fails */
async function run(program: string, ...args: readonly string[]): Promise<string> {
  const command = new Deno.Command(program, { args: [...args], stdout: "piped", stderr: "piped" });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
