import assert from "node:assert/strict";
import { join } from "node:path";
import { DicomError } from "../errors.ts";
import { readConfigurationFiles } from "./files.ts";

async function inFolder(
  files: Readonly<Record<string, string>>,
  check: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    await check(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const isRefusal = (error: unknown) => error instanceof DicomError && error.code === "configuration";

Deno.test("readConfigurationFiles() reads one file", () =>
  inFolder({ "a.json": "{}" }, async (folder) => {
    const name = join(folder, "a.json");
    assert.deepEqual(await readConfigurationFiles(name), [{ name, text: "{}" }]);
  }));

Deno.test("readConfigurationFiles() reads the .json files of a folder by name", () =>
  inFolder({ "b.json": "2", "a.json": "1", "c.json.bak": "3", "d.txt": "4" }, async (folder) => {
    const texts = (await readConfigurationFiles(folder)).map(({ text }) => text);
    assert.deepEqual(texts, ["1", "2"]);
  }));

Deno.test("readConfigurationFiles() refuses what is missing", () =>
  inFolder({ "a.txt": "" }, async (folder) => {
    await assert.rejects(readConfigurationFiles(join(folder, "a.json")), isRefusal);
    await assert.rejects(readConfigurationFiles(folder), isRefusal);
  }));

Deno.test("readConfigurationFiles() refuses a file above 16 MB before reading it", () =>
  inFolder({ "a.json": "" }, async (folder) => {
    const name = join(folder, "a.json");
    await Deno.truncate(name, 16 * 1024 * 1024 + 1);
    await assert.rejects(readConfigurationFiles(name), isRefusal);
  }));
