import { parseArgs } from "node:util";
import { checkIntegrity, type Finding, isOpen } from "../../core/archive/integrity.ts";
import { carePorts, finishLastRun } from "../../core/care.ts";
import type { Command } from "../command.ts";
import { readServerArguments } from "./configuration.ts";

/** Compares the index with the files, and repairs what can be. */
export const fsckCommand: Command = {
  usage: "fsck [CONFIG…] [--quick] [--repair] [--drop-missing]",
  summary:
    "Compare index and files (--quick: sizes only); index what was lost; drop what has no file",

  async run(args, { openArchive }) {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        quick: { type: "boolean", default: false },
        repair: { type: "boolean", default: false },
        "drop-missing": { type: "boolean", default: false },
      },
      allowPositionals: true,
    });
    const { quick, repair, "drop-missing": dropMissing } = values;
    const { config } = await readServerArguments(positionals);
    await using archive = await openArchive(config);
    const ports = carePorts(archive, config);
    if (repair || dropMissing) {
      await finishLastRun(ports, archive, (_level, message) => console.log(message));
    }
    const counts = { found: 0, open: 0 };
    const report = (finding: Finding) => {
      counts.found++;
      if (isOpen(finding)) counts.open++;
      console.log(lineOf(finding));
    };
    const { rows, files } = await checkIntegrity(ports, { quick, repair, dropMissing }, report);
    const { found, open } = counts;
    console.log(`${rows} rows and ${files} files checked: ${found} faults, ${open} remain`);
    return open > 0 ? 1 : 0;
  },
};

function lineOf(finding: Finding): string {
  switch (finding.kind) {
    case "index":
      return `index: ${finding.fact}`;
    case "orphan":
      return `no row: ${finding.file.path}${finding.became ? ` (${finding.became})` : ""}`;
    case "leftover":
      return `left over: ${finding.file.path}${finding.repaired ? " (removed)" : ""}`;
    default: {
      const { uuid, owner } = finding.row;
      const done = finding.repaired ? " (dropped)" : "";
      return `${finding.kind}: ${uuid} of ${owner.level} ${owner.id}${done}`;
    }
  }
}
