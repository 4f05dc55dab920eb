import { carePorts, type IdleArchive } from "../../core/care.ts";
import { parseConfiguration } from "../../core/config/parse.ts";
import { openFolder } from "../../storage/folder.ts";
import { createInventory } from "../../storage/inventory.ts";
import { createTestClock } from "./clock.ts";
import { openLocalIndex } from "./index.ts";

/** The archive in a folder, on which no server runs, with what caring for it needs. */
export async function openIdleArchive(folder: string, more: Record<string, unknown> = {}) {
  await using stack = new AsyncDisposableStack();
  const index = stack.use(openLocalIndex(`${folder}/outpost.sqlite`));
  const files = stack.use(
    await openFolder({ root: folder, journal: index, sync: false, small: 0 }),
  );
  const open = stack.move();
  const archive: IdleArchive = {
    index,
    files,
    inventory: createInventory(folder),
    clock: createTestClock(),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
  const { config } = parseConfiguration(
    [{ name: "/test.json", text: JSON.stringify({ StorageDirectory: folder, ...more }) }],
    () => undefined,
  );
  const ports = carePorts(archive, config);
  return { index, archive, ports, [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose]() };
}
