import { type Level } from "../../archive/resource.ts";
import type { ResourceRef } from "../../ports.ts";
import {
  type Derivation,
  type Derivatives,
  derive,
  derived,
  failures,
  NO_DERIVATIVES,
  PARENT_LEVELS,
} from "../derivation.ts";
import { defineJob } from "../job.ts";

/** What to make of which resources. */
export interface ResourceModification extends Derivation {
  readonly resources: readonly ResourceRef[];
  /** Whether the answer lists what was made, as for several resources. */
  readonly isBulk: boolean;
}

/** Changes or anonymises instances into new ones (Orthanc's `ResourceModification`). */
export const modification = defineJob<ResourceModification, Derivatives>({
  start: () => NO_DERIVATIVES,
  run: ({ input, state }, context) => derive(input, state, context),
  progress: ({ input, state }) => derived(input, state),

  content({ input, state }) {
    const { resources, isBulk } = input;
    const [first] = resources;
    return {
      Description: "REST API",
      FailedInstancesCount: failures(state),
      InstancesCount: input.instances.length,
      IsAnonymization: input.modification.kind === "anonymize",
      ParentResources: resources.map(({ id }) => id),
      ...(isBulk || !first
        ? { Resources: [...madeOf(input, state)].map(resultJson) }
        : { ...outcomeOf(first, state), Resources: resources.map(refJson), Type: first.level }),
    };
  },
});

/** What came of the only resource. */
function outcomeOf({ level, id }: ResourceRef, { pairs }: Derivatives) {
  const result = pairs.find((pair) => pair.level === level && pair.from === id);
  const patient = pairs.find((pair) => pair.level === "Patient");
  return {
    ...(result && { ID: result.to, Path: pathOf(level, result.to) }),
    ...(patient && { PatientID: patient.to }),
  };
}

/** Everything that was made, from the bottom up as Orthanc lists it, each once. */
function madeOf(
  { instances }: ResourceModification,
  { results, pairs }: Derivatives,
): ResourceRef[] {
  const made = new Map<string, ResourceRef>();
  instances.forEach((_, index) => {
    const id = results[index];
    if (id) made.set(id, { level: "Instance", id });
  });
  for (const level of PARENT_LEVELS) {
    for (const pair of pairs) if (pair.level === level) made.set(pair.to, { level, id: pair.to });
  }
  return [...made.values()];
}

function refJson({ level, id }: ResourceRef) {
  return { ID: id, Type: level };
}

function resultJson({ level, id }: ResourceRef) {
  return { ID: id, Path: pathOf(level, id), Type: level };
}

function pathOf(level: Level, id: string): string {
  return `/${SEGMENTS[level]}/${id}`;
}

const SEGMENTS: Readonly<Record<Level, string>> = {
  Patient: "patients",
  Study: "studies",
  Series: "series",
  Instance: "instances",
};
