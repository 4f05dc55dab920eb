import assert from "node:assert/strict";
import { openWorklistFolder } from "./worklist_folder.ts";

Deno.test("list() finds .wl files of any case in subfolders, by name, and no others", async () => {
  const root = await Deno.makeTempDir();
  await Deno.mkdir(`${root}/CT`);
  for (const name of ["b.wl", "lockfile", "a.wl.tmp", "CT/A.WL"]) {
    await Deno.writeTextFile(`${root}/${name}`, name);
  }
  await Deno.utime(`${root}/b.wl`, 1000, 1000);
  const folder = openWorklistFolder(root);
  const files = await folder.list();
  assert.deepEqual(files.map(({ name, size }) => [name, size]), [["CT/A.WL", 7], ["b.wl", 4]]);
  assert.equal(files[1]!.modifiedAt, 1_000_000);
  await using file = await folder.open("CT/A.WL");
  assert.equal(new TextDecoder().decode(await file.read(0, 100)), "CT/A.WL");
  await Deno.remove(root, { recursive: true });
});

Deno.test("a folder or file that is not there is a missing file", async () => {
  const root = await Deno.makeTempDir();
  const folder = openWorklistFolder(`${root}/none`);
  await assert.rejects(folder.list(), { name: "DicomError", code: "missing-file" });
  await assert.rejects(folder.open("a.wl"), { name: "DicomError", code: "missing-file" });
  await Deno.remove(root);
});
