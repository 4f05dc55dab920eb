import type { ResourceRef } from "../../ports.ts";
import {
  type Derivation,
  type Derivatives,
  derive,
  derived,
  failures,
  NO_DERIVATIVES,
} from "../derivation.ts";
import { defineJob } from "../job.ts";

/** What to move into another study that is there. */
export interface MergeStudy extends Derivation {
  readonly resources: readonly ResourceRef[];
  /** Public identifier of the study. */
  readonly targetStudy: string;
}

/** Moves studies, series and instances into a study (Orthanc's `MergeStudy`). */
export const merge = defineJob<MergeStudy, Derivatives>({
  start: () => NO_DERIVATIVES,
  run: ({ input, state }, context) => derive(input, state, context),
  progress: ({ input, state }) => derived(input, state),

  content: ({ input, state }) => ({
    Description: "REST API",
    FailedInstancesCount: failures(state),
    InstancesCount: input.instances.length,
    ParentResources: input.resources.map(({ id }) => id),
    TargetStudy: input.targetStudy,
  }),
});
