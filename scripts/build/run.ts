/** How a program is to be run. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a program said. */
export interface RunOutput {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; `success` is false also when it cannot be started. */
export async function attempt(
  [program, ...args]: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<RunOutput> {
  try {
    const command = new Deno.Command(program, { args, ...options, stdin: "null" });
    const { success, stdout, stderr } = await command.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { success, stdout: text(stdout), stderr: text(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { success: false, stdout: "", stderr: `${program}: not found` };
  }
}

/**
 * Runs a program that must succeed.
 *
 * @returns its standard output without white space around
 * @throws Error with what it wrote to standard error
 */
export async function run(
  command: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<string> {
  const { success, stdout, stderr } = await attempt(command, options);
  if (success) return stdout.trim();
  throw new Error(`Cannot run ${command.slice(0, 3).join(" ")}: ${stderr.trim()}`);
}

/** SHA-256 in hexadecimal digits. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
