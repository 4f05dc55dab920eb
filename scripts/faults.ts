/**
 * Faults of the relay at full scale, one after the other or by name:
 *
 *   deno run -A scripts/faults.ts [NAME [AMOUNT]]
 *
 * Prints a JSON object for each; the exit code is 1 if anything that was promised did not hold.
 */
import type { Fault } from "./faults/fault.ts";
import { kills } from "./faults/kills.ts";
import { linkReturn } from "./faults/link_return.ts";
import { power } from "./faults/power.ts";
import { queue } from "./faults/queue.ts";
import { receivers } from "./faults/receivers.ts";

const FAULTS: Readonly<Record<string, Fault>> = {
  kills,
  power,
  queue,
  link: linkReturn,
  receivers,
};

const [name, amount] = Deno.args;
const chosen = name === undefined ? Object.keys(FAULTS) : [name];
let holds = true;
for (const each of chosen) {
  const fault = FAULTS[each];
  if (!fault) {
    const known = Object.entries(FAULTS).map(([key, { description, amount }]) =>
      `  ${key} [${amount}]: ${description}`
    );
    console.error(`There is no fault ${each}. These are:\n${known.join("\n")}`);
    Deno.exit(1);
  }
  const startedAt = performance.now();
  const finding = await fault.run(amount === undefined ? fault.amount : Number(amount));
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(JSON.stringify({ fault: each, holds: finding.holds, ...finding.facts, seconds }));
  holds &&= finding.holds;
}
Deno.exit(holds ? 0 : 1);
