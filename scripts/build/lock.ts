/** What we use of a lock file of Deno (version 5). */
export interface LockFile {
  readonly version: string;
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, LockedPackage>>;
  readonly workspace: { readonly dependencies: readonly string[] };
}

/** A package in a lock file. */
export interface LockedPackage {
  /** As `sha512-…` in base64. */
  readonly integrity: string;
  /** Names, with the version where several are locked. */
  readonly dependencies?: readonly string[];
}

/** Packages of which the server only reads a file; none of their code runs, so what it would need is left out. */
const DATA_ONLY: ReadonlySet<string> = new Set(["dcmjs-codecs"]);

/**
 * The part of a lock file that the server needs when it runs: `specifiers`, such as `npm:hono@4.13.19`, and what they
 * depend on. `deno compile` embeds every package that is locked, also those that only tests need.
 *
 * @throws Error if a specifier is not locked
 */
export function runtimeLock(lock: LockFile, specifiers: readonly string[]): LockFile {
  const npm: Record<string, LockedPackage> = {};
  const add = (id: string) => {
    const locked = lock.npm[id];
    if (!locked) throw new Error(`Cannot find ${id} in deno.lock`);
    if (npm[id]) return;
    const { dependencies = [], ...facts } = locked;
    const needed = DATA_ONLY.has(nameOf(id)) ? [] : dependencies;
    npm[id] = needed.length > 0 ? { ...facts, dependencies: needed } : facts;
    for (const dependency of needed) add(idOf(lock, dependency));
  };
  for (const specifier of specifiers) {
    add(`${nameOf(specifier.slice("npm:".length))}@${lock.specifiers[specifier]}`);
  }
  return {
    version: lock.version,
    specifiers: Object.fromEntries(specifiers.map((name) => [name, lock.specifiers[name]!])),
    npm,
    workspace: { dependencies: [...specifiers].sort() },
  };
}

/** Name of a package: `@scope/name@1.2.3` without its version. */
export function nameOf(id: string): string {
  return id.replace(/(?<=.)@.*$/, "");
}

/** Key in `npm` of a dependency, which names a version only if several are locked. */
function idOf(lock: LockFile, dependency: string): string {
  if (Object.hasOwn(lock.npm, dependency)) return dependency;
  return Object.keys(lock.npm).find((id) => nameOf(id) === dependency) ?? dependency;
}
