import type { Command } from "../command.ts";
import { readServerArguments } from "./configuration.ts";

/** Tells whether the server would start with a configuration. */
export const check: Command = {
  usage: "check CONFIG… [--OPTION VALUE…]",
  summary: "Check a configuration and say what is wrong with it",

  async run(args) {
    const { warnings, paths } = await readServerArguments(args);
    if (paths.length === 0) {
      console.error("outpost: check needs a configuration file or folder");
      return 2;
    }
    for (const warning of warnings) console.error(`warning: ${warning}`);
    console.log(`${paths.join(", ")}: good, ${warnings.length} warnings`);
    return 0;
  },
};
