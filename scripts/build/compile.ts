import { npmBase } from "./base.ts";
import type { Bundle } from "./bundle.ts";
import { attempt, run } from "./run.ts";
import { BASE_VERSION, type Target } from "./targets.ts";

/** Exactly what the server may do: no programs, no foreign functions, no further imports. */
const PERMISSIONS = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys=statfs",
  "--no-prompt",
] as const;

/** What `deno compile` would need more of, when its cache is cold, than threads have by default. */
const ENVIRONMENT = { RUST_MIN_STACK: "16777216", NO_COLOR: "1" };

/** How an executable came to be. */
export interface Build {
  readonly denoVersion: string;
  /** A check build has a base from npm: good for tests, not for a release. */
  readonly isRelease: boolean;
}

/** What to compile, for which machine, and where to. */
export interface CompileOptions {
  readonly bundle: Bundle;
  readonly target: Target;
  readonly output: string;
  /** Where bases from npm are kept. */
  readonly cache: string;
}

/**
 * Compiles with the base in `DENORT_BIN`, else with the one that Deno fetches, else with one from npm.
 *
 * @throws Error with what the compiler says
 */
export async function compile(options: CompileOptions): Promise<Build> {
  const denoVersion = Deno.version.deno;
  const own = await attempt([Deno.execPath(), ...compileArgs(options)], inBundle(options));
  if (own.success) return { denoVersion, isRelease: true };
  if (Deno.env.has("DENORT_BIN") || !isBaseMissing(own.stderr)) throw new Error(own.stderr.trim());
  const base = await npmBase(options.target, options.cache);
  const deno = ["npx", "--yes", "--loglevel=error", `deno@${BASE_VERSION}`] as const;
  await run([...deno, ...compileArgs(options)], inBundle(options, { DENORT_BIN: base }));
  return { denoVersion: BASE_VERSION, isRelease: false };
}

function compileArgs({ bundle, target, output }: CompileOptions): string[] {
  const included = bundle.included.flatMap((file) => ["--include", file]);
  return [
    "compile",
    "--quiet",
    "--no-check", // deno check has looked at the sources
    "--v8-flags=--expose-gc,--max-semi-space-size=4", // the garbage of the start is given back, and less is held
    "--no-code-cache", // it would lie in the folder for temporary files, under a name that others can guess
    "--target",
    target.triple,
    ...PERMISSIONS,
    ...included,
    "--output",
    output,
    "main.js",
  ];
}

function inBundle({ bundle }: CompileOptions, env: Record<string, string> = {}) {
  return { cwd: bundle.folder, env: { ...ENVIRONMENT, ...env } };
}

/** Whether the compiler lacks nothing but the base: its address is in what it says, or the name of that file. */
function isBaseMissing(stderr: string): boolean {
  return /denort|dl\.deno\.land|lookup address|error sending request/i.test(stderr);
}
