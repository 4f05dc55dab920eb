import {
  type Derivation,
  type Derivatives,
  derive,
  derived,
  failures,
  NO_DERIVATIVES,
} from "../derivation.ts";
import { defineJob } from "../job.ts";

/** What to move into a new study. */
export interface SplitStudy extends Derivation {
  /** Public identifier of the study. */
  readonly study: string;
  readonly targetStudyUid: string;
}

/** Moves series and instances of a study into a new one (Orthanc's `SplitStudy`). */
export const split = defineJob<SplitStudy, Derivatives>({
  start: () => NO_DERIVATIVES,
  run: ({ input, state }, context) => derive(input, state, context),
  progress: ({ input, state }) => derived(input, state),

  content({ input, state }) {
    const target = state.pairs.find(({ level }) => level === "Study");
    return {
      Description: "REST API",
      FailedInstancesCount: failures(state),
      InstancesCount: input.instances.length,
      ParentResources: [input.study],
      ...(target && { TargetStudy: target.to }),
      TargetStudyUID: input.targetStudyUid,
    };
  },
});
