import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bundle, bundle } from "./bundle.ts";
import { type LockFile, nameOf, runtimeLock } from "./lock.ts";
import { run } from "./run.ts";

/** Where the sources of the server lie. */
const SOURCES = ["main.ts", "core", "dimse", "routes", "storage"] as const;
/** Files beside the sources that do not belong into the executable. */
const LEFT_OUT = /_(test|bench|contract)\.ts$/;
const BUILD_INFO = "core/build_info.ts";
/** What the sources find by `import.meta.resolve()`. */
const RESOLVED = /import\.meta\.resolve\("([^"]+)"\)/g;

/** What is compiled, and the packages in it. */
export interface Stage {
  readonly bundle: Bundle;
  readonly lock: LockFile;
}

/** Makes of the sources at `root` what is compiled, in a new folder, with nothing else in it. */
export async function stage(root: string, folder: string, commit: string): Promise<Stage> {
  const sources = `${folder}/sources`;
  const files = await sourceFiles(root);
  for (const file of [...files, "deno.json", "deno.lock"]) {
    await Deno.mkdir(dirname(`${sources}/${file}`), { recursive: true });
    await Deno.copyFile(`${root}/${file}`, `${sources}/${file}`);
  }
  await writeCommit(`${sources}/${BUILD_INFO}`, commit);
  const fetchPackages = ["install", "--quiet", "--frozen", "--entrypoint", "main.ts"];
  await run([Deno.execPath(), ...fetchPackages], { cwd: sources });
  const { imports, unstable } = await readJson<DenoConfig>(`${root}/deno.json`);
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(`${sources}/${file}`)));
  const packages = usedPackages(imports, texts);
  const lock = runtimeLock(await readJson<LockFile>(`${root}/deno.lock`), Object.values(packages));
  const made = await bundle({
    sources,
    folder: `${folder}/bundle`,
    resolved: resolvedFiles(imports, texts, sources),
    unstable,
    licenses: await licenseTexts(root, packages),
  });
  return { bundle: made, lock };
}

interface DenoConfig {
  readonly imports: Readonly<Record<string, string>>;
  readonly unstable: readonly string[];
}

/** What Git knows or would add, so that nothing that lies about gets in. */
async function sourceFiles(root: string): Promise<string[]> {
  const list = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--"] as const;
  const files = (await run([...list, ...SOURCES], { cwd: root })).split("\n");
  return files.filter((file) => !LEFT_OUT.test(file));
}

/** The packages that sources import, by name. */
function usedPackages(
  imports: DenoConfig["imports"],
  texts: readonly string[],
): Readonly<Record<string, string>> {
  const isUsed = (name: string) => texts.some((text) => usesImport(text, name));
  return Object.fromEntries(
    Object.entries(imports).filter(([name, specifier]) =>
      specifier.startsWith("npm:") && !specifier.endsWith("/") && isUsed(name)
    ),
  );
}

function usesImport(text: string, name: string): boolean {
  return text.includes(`"${name}`) &&
    new RegExp(`(from |import |import\\(|resolve\\()"${name}["/]`).test(text);
}

/** What is found while the server runs, with the file that it is. */
function resolvedFiles(
  imports: DenoConfig["imports"],
  texts: readonly string[],
  sources: string,
): Readonly<Record<string, string>> {
  const names = new Set(
    texts.flatMap((text) => [...text.matchAll(RESOLVED)].map(([, name]) => name!)),
  );
  return Object.fromEntries(
    [...names].map((name) => {
      const own = imports[name];
      return [name, own ? `${sources}/${own}` : fileURLToPath(import.meta.resolve(name))];
    }),
  );
}

/** Our licence and that of each package. */
async function licenseTexts(
  root: string,
  packages: Readonly<Record<string, string>>,
): Promise<string> {
  const parts = [`Outpost\n\n${await Deno.readTextFile(`${root}/LICENSE`)}`];
  for (const [name, specifier] of Object.entries(packages)) {
    const id = specifier.slice("npm:".length);
    const entry = fileURLToPath(import.meta.resolve(name));
    const inside = `/${nameOf(id)}/${id.slice(nameOf(id).length + 1)}/`;
    const folder = entry.slice(0, entry.lastIndexOf(inside) + inside.length);
    parts.push(`${id}\n\n${await licenseIn(folder)}`);
  }
  return parts.join(`\n${"-".repeat(72)}\n\n`);
}

async function licenseIn(folder: string): Promise<string> {
  for await (const { name } of Deno.readDir(folder)) {
    if (/^licen[cs]e/i.test(name)) return await Deno.readTextFile(`${folder}/${name}`);
  }
  throw new Error(`Cannot find the licence in ${folder}`);
}

async function writeCommit(file: string, commit: string): Promise<void> {
  const text = await Deno.readTextFile(file);
  const written = text.replace(/(BUILD_COMMIT: string \| undefined = )undefined/, `$1"${commit}"`);
  if (written === text) throw new Error(`Cannot write the commit to ${BUILD_INFO}`);
  await Deno.writeTextFile(file, written);
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(file)); // our own files, in the form that Deno checks
}
