import { dirname } from "node:path";
import { type LockFile, runtimeLock } from "./lock.ts";
import { run } from "./run.ts";

/** Where the sources of the server lie. */
const SOURCES = ["main.ts", "core", "dimse", "routes", "storage"] as const;
/** Files beside the sources that do not belong into the executable. */
const LEFT_OUT = /_(test|bench|contract)\.ts$/;
const BUILD_INFO = "core/build_info.ts";

/** What is compiled: a folder of its own with nothing else in it. */
export interface Stage {
  readonly folder: string;
  readonly lock: LockFile;
  /** Workers, and files that are no modules, relative to the folder. */
  readonly included: readonly string[];
}

/** Copies the sources of the server, with the packages it needs when it runs, to a new folder. */
export async function stage(root: string, folder: string, commit: string): Promise<Stage> {
  const files = await sourceFiles(root);
  for (const file of files) {
    await Deno.mkdir(dirname(`${folder}/${file}`), { recursive: true });
    await Deno.copyFile(`${root}/${file}`, `${folder}/${file}`);
  }
  await writeCommit(`${folder}/${BUILD_INFO}`, commit);
  const { imports, ...config } = await readJson<DenoConfig>(`${root}/deno.json`);
  const needed = await neededImports(folder, files, imports);
  const specifiers = Object.values(needed).filter((specifier) => specifier.startsWith("npm:"))
    .filter((specifier) => !specifier.endsWith("/"));
  const lock = runtimeLock(await readJson<LockFile>(`${root}/deno.lock`), specifiers);
  const { compilerOptions, unstable } = config;
  await writeJson(`${folder}/deno.json`, { compilerOptions, unstable, imports: needed });
  await writeJson(`${folder}/deno.lock`, lock);
  return { folder, lock, included: files.filter(isIncluded) };
}

interface DenoConfig {
  readonly imports: Readonly<Record<string, string>>;
  readonly compilerOptions: unknown;
  readonly unstable: readonly string[];
}

/** What Git knows or would add, so that nothing that lies about gets in. */
async function sourceFiles(root: string): Promise<string[]> {
  const list = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--"] as const;
  const files = (await run([...list, ...SOURCES], { cwd: root })).split("\n");
  return files.filter((file) => !LEFT_OUT.test(file));
}

/** Workers are not found by following imports, nor are files that are read. */
function isIncluded(file: string): boolean {
  return /(^|[/_])worker\.ts$/.test(file) || !file.endsWith(".ts");
}

async function neededImports(
  folder: string,
  files: readonly string[],
  imports: DenoConfig["imports"],
) {
  const texts = await Promise.all(
    files.filter((file) => file.endsWith(".ts")).map((file) =>
      Deno.readTextFile(`${folder}/${file}`)
    ),
  );
  const isUsed = (name: string) =>
    texts.some((text) => text.includes(`"${name}`) && usesImport(text, name));
  return Object.fromEntries(
    Object.entries(imports).filter(([name]) => isUsed(name.replace(/\/$/, ""))),
  );
}

function usesImport(text: string, name: string): boolean {
  return new RegExp(`(from |import |import\\(|resolve\\()"${name}["/]`).test(text);
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

async function writeJson(file: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(file, `${JSON.stringify(value, null, 2)}\n`);
}
