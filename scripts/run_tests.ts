/**
 * Installs the programs that tests use as peers, as far as it may, then runs all checks and tests.
 *
 *   scripts/test            everything
 *   scripts/test FILTER…    only tests whose file path contains a FILTER, and no checks
 *
 * The last line it prints is `N passed, N failed, N skipped`.
 */

/** Programs that tests need, with the Debian package of each. */
const PEERS = {
  Orthanc: "orthanc",
  "/usr/share/orthanc/plugins/libOrthancDicomWeb.so": "orthanc-dicomweb",
  storescu: "dcmtk",
  gdcmconv: "libgdcm-tools",
  dciodvfy: "dicom3tools",
  zip: "zip",
  openssl: "openssl",
  shellcheck: "shellcheck",
  "qemu-aarch64-static": "qemu-user-static",
  "/usr/aarch64-linux-gnu/lib/libc.so.6": "libc6-arm64-cross",
  "/usr/aarch64-linux-gnu/lib/libgcc_s.so.1": "libgcc-s1-arm64-cross",
  "/usr/lib/python3/dist-packages/pydicom/data": "python3-pydicom",
} as const;

/** Where tests lie. */
const TESTED = ["core", "dimse", "routes", "storage", "scripts", "tests"] as const;

/** Checks that come before the tests, each a command of Deno. */
const CHECKS = [
  ["fmt", "--check", "--quiet"],
  ["lint", "--quiet"],
  ["check", "--quiet"],
  ["run", "--quiet", "--allow-read", "--allow-run", "scripts/make_docs.ts", "--check"],
] as const;

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

async function has(peer: string): Promise<boolean> {
  const probe = new Deno.Command("sh", { args: ["-c", `command -v ${peer} || test -e ${peer}`] });
  return (await probe.output()).success;
}

async function run(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const command = new Deno.Command(program, { args: [...args], env, stdin: "null" });
  return (await command.spawn().status).success;
}

/** Installs what is missing where this user may; tests of what stays missing skip themselves by name. */
async function installPeers(): Promise<void> {
  const missing = new Set<string>();
  for (const [peer, packageName] of Object.entries(PEERS)) {
    if (!await has(peer)) missing.add(packageName);
  }
  if (missing.size === 0) return;
  if (Deno.uid() !== 0 || !await has("apt-get")) {
    console.log(`not installed (no root or no apt-get): ${[...missing].join(", ")}`);
    return;
  }
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-qq"], env);
  const quiet = ["-y", "-qq", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends"];
  await run("apt-get", ["install", ...quiet, ...missing], env);
}

/** Runs all tests and reads the numbers from the closing line. */
async function runTests(files: readonly string[]): Promise<Counts> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", "--parallel", "--quiet", ...files],
    env: { DENO_JOBS: "2", NO_COLOR: "1", TCP_NODELAY: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  });
  const process = command.spawn();
  let tail = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    await Deno.stdout.write(new TextEncoder().encode(text));
    tail = (tail + text).slice(-10_000);
  }
  const { success } = await process.status;
  const number = (word: string) => Number(new RegExp(`(\\d+) ${word}\\b`).exec(closing)?.[1] ?? 0);
  const closing = tail.split("\n").findLast((line) => /\d+ passed.*\d+ failed/.test(line)) ?? "";
  const counts = { passed: number("passed"), failed: number("failed"), skipped: number("ignored") };
  return success || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

async function filesMatching(filters: readonly string[]): Promise<string[]> {
  const { stdout } = await new Deno.Command("git", { args: ["ls-files", "*_test.ts"] }).output();
  const files = new TextDecoder().decode(stdout).trim().split("\n");
  return files.filter((file) => filters.some((filter) => file.includes(filter)));
}

async function main(filters: readonly string[]): Promise<number> {
  await installPeers();
  let failedChecks = 0;
  for (const args of filters.length > 0 ? [] : CHECKS) {
    console.log(`deno ${args.join(" ")}`);
    if (!await run(Deno.execPath(), args)) failedChecks++;
  }
  const { passed, failed, skipped } = await runTests(
    filters.length > 0 ? await filesMatching(filters) : TESTED,
  );
  console.log(`${passed} passed, ${failed + failedChecks} failed, ${skipped} skipped`);
  return failed + failedChecks > 0 ? 1 : 0;
}

Deno.exit(await main(Deno.args));
