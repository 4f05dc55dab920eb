/** The command that tells whether OpenSSL is installed, which makes the certificates. */
export const OPENSSL_CHECK = ["openssl", "version"] as const;

/** Certificates for a test: an authority, a server and a client that it vouches for, and a foreign client. */
export class Certificates implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async create(): Promise<Certificates> {
    const path = await Deno.makeTempDir();
    const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const make = (name: string, ...more: string[]) =>
      openssl(
        ...["req", "-x509", ...ec, "-days", "2", "-subj", `/CN=${name}`],
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

  certificate(name: "authority" | "server" | "client" | "foreign"): string {
    return `${this.path}/${name}.pem`;
  }

  key(name: "server" | "client" | "foreign"): string {
    return `${this.path}/${name}.key`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

async function openssl(...args: readonly string[]): Promise<void> {
  const command = new Deno.Command("openssl", { args: [...args], stdout: "null", stderr: "piped" });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
