import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { run } from "./run.ts";

/** What is compiled: a folder with one script for the server, one for each kind of worker, and data. */
export interface Bundle {
  readonly folder: string;
  /** The scripts and files that no import names, relative to the folder. */
  readonly included: readonly string[];
}

/** Where the bundle is to come from. */
export interface BundleOptions {
  /** Holds `main.ts` with everything it imports, `deno.json` and `deno.lock`. */
  readonly sources: string;
  readonly folder: string;
  /** Entries of the import map that are read or run by `import.meta.resolve()`: workers, and data of packages. */
  readonly resolved: Readonly<Record<string, string>>;
  /** Parts of Deno that need to be asked for. */
  readonly unstable: readonly string[];
  /** Texts of licences, which everyone who gets the executable gets too. */
  readonly licenses: string;
}

const SCRIPT = /\.ts$/;
const LICENSES = "LICENSES.txt";

/**
 * Makes one script of the server and one of each worker, without what they do not use. What is embedded in an
 * executable lies in memory as long as it runs, and so do the sources of modules.
 *
 * @throws Error with what the bundler says
 */
export async function bundle(options: BundleOptions): Promise<Bundle> {
  const { sources, folder, resolved, unstable } = options;
  await bundleScript(`${sources}/main.ts`, `${folder}/main.js`, sources);
  const imports: Record<string, string> = {};
  for (const [name, file] of Object.entries(resolved)) {
    const output = SCRIPT.test(file) ? `./${name}.js` : `./${name}.gz`;
    imports[name] = output;
    if (SCRIPT.test(file)) await bundleScript(file, `${folder}/${output}`, sources);
    else await compress(file, `${folder}/${output}`);
  }
  await Deno.writeTextFile(`${folder}/${LICENSES}`, options.licenses);
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ unstable, imports }));
  return { folder, included: [...Object.values(imports), LICENSES] };
}

/** Names of functions are not kept: each of them would cost a property (10 MB in all). */
async function bundleScript(script: string, output: string, cwd: string): Promise<void> {
  await Deno.mkdir(dirname(output), { recursive: true });
  const flags = ["--quiet", "--platform", "deno", "--minify", "--sourcemap", "external"];
  await run([Deno.execPath(), "bundle", ...flags, "--output", output, script], {
    cwd,
    env: { NO_COLOR: "1" },
  });
}

async function compress(file: string, output: string): Promise<void> {
  await Deno.mkdir(dirname(output), { recursive: true });
  await Deno.writeFile(output, gzipSync(await Deno.readFile(file), { level: 9 }));
}
