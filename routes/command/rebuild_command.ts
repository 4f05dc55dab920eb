import { type Adoption, rebuild } from "../../core/archive/rebuild.ts";
import { carePorts, finishLastRun } from "../../core/care.ts";
import type { Command } from "../command.ts";
import { readServerArguments } from "./configuration.ts";

/** Makes the index anew from the files. */
export const rebuildCommand: Command = {
  usage: "rebuild [CONFIG…]",
  summary: "Index all files that the index does not know, as after its loss",

  async run(args, { openArchive }) {
    const { config } = await readServerArguments(args);
    await using archive = await openArchive(config);
    const ports = carePorts(archive, config);
    await finishLastRun(ports, archive, (_level, message) => console.log(message));
    const counts: Record<Adoption, number> = { indexed: 0, superfluous: 0, unreadable: 0 };
    const start = performance.now();
    await rebuild(ports, ({ path }, became) => {
      counts[became]++;
      if (became !== "indexed") console.log(`${became}: ${path}`);
    });
    const seconds = (performance.now() - start) / 1000;
    const { indexed, superfluous, unreadable } = counts;
    console.log(
      `${indexed} files indexed in ${
        seconds.toFixed(1)
      } s, ${superfluous} superfluous, ${unreadable} unreadable`,
    );
    return unreadable > 0 ? 1 : 0;
  },
};
