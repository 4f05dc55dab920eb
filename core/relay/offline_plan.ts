import type { PlanDuties } from "../archive/ingest.ts";
import type { Config } from "../config.ts";
import type { Clock, Properties } from "../ports.ts";
import type { NewDuty } from "../ports/duties.ts";
import type { FactsOptions } from "./facts.ts";
import { createPlanner, type Planner } from "./planner.ts";
import { openSettings } from "./settings.ts";

/** What planning without a server needs. */
export interface OfflinePlanPorts extends FactsOptions {
  readonly config: Config["relay"];
  readonly properties: Properties;
  readonly clock: Pick<Clock, "now">;
}

/**
 * Decides what is owed of files that are indexed again. What was delivered before is not known any more, so each
 * destination is to be asked whether it has them before it is sent them.
 */
export function createOfflinePlan(ports: OfflinePlanPorts): PlanDuties {
  let opening: Promise<Planner> | undefined;
  return async (...about) => {
    const planner = await (opening ??= openPlanner(ports));
    const plan = await planner.plan(...about);
    return plan && { ...plan, duties: plan.duties.map(inDoubt) };
  };
}

async function openPlanner(ports: OfflinePlanPorts): Promise<Planner> {
  const settings = await openSettings(ports.config, ports.properties, () => Promise.resolve());
  return createPlanner({
    ...ports,
    rules: settings.rules,
    destination: (name) => settings.destinations().get(name)?.parsed,
    aetOf: () => undefined, // nobody knows any more where they came from
    hop: () => "",
  });
}

function inDoubt(duty: NewDuty): NewDuty {
  return { ...duty, maybeSent: true };
}
