/** A test against another program, which may not be there. */
export interface PeerTest {
  readonly name: string;
  /** Commands that must succeed for the peer to count as there. */
  readonly needs: readonly (readonly string[])[];
  readonly fn: (t: Deno.TestContext) => Promise<void>;
}

/** Defines a test that is left out, with the reason, where its peer is missing; with `CI=true` it fails then. */
export function peerTest({ name, needs, fn }: PeerTest): void {
  const missing = needs.find((command) => !succeeds(command));
  if (!missing) return Deno.test(name, fn);
  const reason = `it needs ${missing[0]}: "${missing.join(" ")}" fails`;
  if (Deno.env.get("CI") === "true") {
    return Deno.test(name, () => {
      throw new Error(`Cannot run: ${reason}`);
    });
  }
  console.log(`Left out: ${name}, for ${reason}`);
  Deno.test.ignore(name, fn);
}

function succeeds([program, ...args]: readonly string[]): boolean {
  try {
    const command = new Deno.Command(program!, { args, stdout: "null", stderr: "null" });
    return command.outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A TCP port of this machine that was free a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
