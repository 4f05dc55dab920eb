import { eachResource } from "../archive/each_resource.ts";
import { everyResource, ROW_ONLY } from "../archive/query.ts";
import { depthOf, type Level, LEVELS, type Resource } from "../archive/resource.ts";
import { DicomError } from "../errors.ts";
import type { FileStore, Index, ResourceRef } from "../ports.ts";
import type { PlannedInstance } from "./facts.ts";
import type { Relay } from "./relay.ts";

/** What replaying needs. */
export interface ReplayPorts {
  readonly index: Pick<Index, "get" | "find">;
  readonly files: Pick<FileStore, "open">;
  readonly relay: Pick<Relay, "planner" | "settings" | "duties" | "engine">;
  readonly now: () => number;
}

/** What came of a replay. */
export interface Replayed {
  readonly instances: number;
  /** Duties that are new: what was delivered already is not owed again. */
  readonly duties: number;
}

/**
 * Applies one rule to what is stored, whatever its trigger; what is gone by then is left out.
 *
 * @throws DicomError `not-found` for a rule that is not there
 */
export async function replay(
  ports: ReplayPorts,
  refs: readonly ResourceRef[],
  ruleId: string,
): Promise<Replayed> {
  const { index, files, relay, now } = ports;
  const rule = relay.settings.rules().find((each) => each.rule.id === ruleId);
  if (!rule) throw new DicomError("not-found", `Cannot replay: there is no rule ${ruleId}`);
  const done = { instances: 0, duties: 0 };
  for (const ref of refs) {
    for await (const instance of instancesOf(index, ref)) {
      if (!instance.file) continue;
      const ids = await idsOf(index, instance);
      const planned: PlannedInstance = {
        ids,
        file: instance.file,
        metadata: { Patient: {}, Study: {}, Series: {}, Instance: instance.metadata },
      };
      await using file = await files.open(instance.file.uuid);
      const plan = await relay.planner.replay(planned, file, rule);
      done.instances++;
      if (!plan) continue;
      done.duties += await relay.duties.addDuties(instance.id, plan, now());
      relay.engine.wake(plan.duties.map(({ destination }) => destination));
    }
  }
  return done;
}

async function* instancesOf(
  index: ReplayPorts["index"],
  ref: ResourceRef,
): AsyncGenerator<Resource> {
  const found = await index.get(ref, ROW_ONLY);
  if (!found) return;
  if (ref.level === "Instance") yield found;
  else yield* eachResource(index, { ...everyResource("Instance"), parent: ref }, ROW_ONLY);
}

/** Identifiers of an instance and of what holds it. */
async function idsOf(
  index: Pick<Index, "get">,
  instance: Resource,
): Promise<Readonly<Record<Level, string>>> {
  const ids = { Patient: "", Study: "", Series: "", Instance: instance.id };
  let parent = instance.parent;
  for (const level of LEVELS.slice(0, depthOf("Instance")).reverse()) {
    if (parent === null) break;
    ids[level] = parent;
    parent = (await index.get({ level, id: parent }, ROW_ONLY))?.parent ?? null;
  }
  return ids;
}
