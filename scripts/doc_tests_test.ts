import assert from "node:assert/strict";

/** What the pages of `docs/` say of tests is held against the tests that there are. */

const ROOT = new URL("..", import.meta.url).pathname;
const DOCS = `${ROOT}docs`;
const FOLDERS = ["core", "dimse", "routes", "scripts", "storage", "tests"];

/** Advisories on other servers that teach something, each of which has a test that bears its name. */
const ADVISORIES = [
  "ZSL-2016-5379",
  "ZSL-2016-5380",
  "2017-06-27-XSSInjection",
  "CVE-2025-0896",
  "1.5.8 ExecuteLuaEnabled",
  "CVE-2023-33466",
  "CVE-2022-2119",
  "CVE-2022-2120",
  "CVE-2023-45853",
  "CVE-2025-55763",
  "CVE-2026-5437",
  "CVE-2026-5438",
  "CVE-2026-5439",
  "CVE-2026-5440",
  "CVE-2026-5441",
  "CVE-2026-5442",
  "CVE-2026-5443",
  "CVE-2026-5444",
  "CVE-2026-5445",
  "CVE-2026-10528",
  "1.12.11",
  "1.13 default account",
  "no CVE, _method",
  "no CVE, foreign pages",
  "no CVE, archives",
] as const;

/** Test files below a folder, from the root. */
async function testFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await testFiles(path));
    else if (name.endsWith("_test.ts")) found.push(path);
  }
  return found;
}

const TESTS = (await Promise.all(FOLDERS.map(testFiles))).flat();

/** Whether a name is that of a test: a path, a path without its folders, or one with asterisks. */
function isTest(name: string): boolean {
  const pattern = new RegExp(
    `(^|/)${name.replace(/[.+^$()[\]{}|\\]/g, "\\$&").replaceAll("*", "[^/]*")}$`,
  );
  return TESTS.some((path) => pattern.test(path));
}

/** Tests that a text names in code quotes. */
const testsIn = (text: string) =>
  [...text.matchAll(/`([\w./*-]+_test\.ts)`/g)].map((found) => found[1]!);

/** Rows of the tables of a page whose head has a column "test" or "tests", as their cells of that column. */
function cellsOfTests(page: string): string[] {
  const cells: string[] = [];
  let column = -1;
  for (const line of page.split("\n")) {
    const row = line.startsWith("|") ? line.split("|").map((cell) => cell.trim()) : [];
    if (row.length === 0) column = -1;
    else if (column < 0) column = row.findIndex((cell) => /^tests?$/.test(cell));
    else if (!/^:?-+:?$/.test(row[column] ?? "")) cells.push(row[column] ?? "");
  }
  return cells;
}

Deno.test("every test that a page names is there", async () => {
  const missing: string[] = [];
  for await (const { name } of Deno.readDir(DOCS)) {
    if (!name.endsWith(".md")) continue;
    const page = await Deno.readTextFile(`${DOCS}/${name}`);
    missing.push(
      ...testsIn(page).filter((test) => !isTest(test)).map((test) => `${name}: ${test}`),
    );
  }
  assert.deepEqual(missing, []);
  assert.equal(isTest("core/no_such_test.ts"), false);
});

for (const [name, least] of [["OPERATIONS.md", 20], ["RELAY.md", 12]] as const) {
  Deno.test(`every fault in ${name} names a test`, async () => {
    const cells = cellsOfTests(await Deno.readTextFile(`${DOCS}/${name}`));
    assert.ok(cells.length >= least, `${cells.length} rows found`);
    assert.deepEqual(cells.filter((cell) => testsIn(cell).length === 0), []);
  });
}

Deno.test("every advisory has a test of its name", async () => {
  const names: string[] = [];
  for (const path of TESTS.filter((path) => /\/cve_\w+_test\.ts$/.test(path))) {
    const source = await Deno.readTextFile(ROOT + path);
    names.push(...[...source.matchAll(/Deno\.test\("([^"]+)"/g)].map((found) => found[1]!));
    const lists = [...source.matchAll(/for \(const id of \[([^\]]+)\]/g)].map((found) => found[1]!);
    names.push(...lists.flatMap((list) => JSON.parse(`[${list}]`)));
  }
  const untested = ADVISORIES.filter((id) =>
    !names.some((name) => name === id || name.startsWith(`${id}:`) || name.startsWith(`${id} `))
  );
  assert.deepEqual(untested, []);
});
