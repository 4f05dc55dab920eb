import type { App } from "../../core/app.ts";
import type { Caller } from "../../core/modalities.ts";
import type { NegotiationPolicy, Refusal } from "../negotiation.ts";
import { createNegotiationPolicy } from "../negotiation_policy.ts";
import { SERVICES } from "../services.ts";

/** Why a call is refused, and what to write into the configuration to have it admitted. */
export interface RefusedCall extends Refusal {
  readonly remedy: string;
}

/** The policy of the configuration but for who may call. */
export function policyOf({ config }: App): Omit<NegotiationPolicy, "refuse"> {
  return createNegotiationPolicy({
    refuse: () => undefined,
    maximumLength: config.maximumPduLength,
    acceptedTransferSyntaxes: config.acceptedTransferSyntaxes,
    acceptedSopClasses: config.acceptedSopClasses,
    rejectedSopClasses: config.rejectedSopClasses,
    unknownSopClassAccepted: config.unknownSopClassAccepted,
    services: SERVICES.flatMap((service) => service.sopClassUids(config)),
  });
}

/**
 * Whether a call is refused as a whole, as Orthanc does: one to another AE title with `DicomCheckCalledAet`, and one
 * from an unknown AE title when nothing is allowed to everybody.
 */
export function refuseCall(app: App, caller: Caller, called: string): RefusedCall | undefined {
  const { config, modalities } = app;
  if (config.dicomCheckCalledAet && !modalities.sameAet(called, config.dicomAet)) {
    return {
      rejection: "calledAeTitleNotRecognized",
      why: `it calls "${called}", and this server is "${config.dicomAet}"`,
      remedy: `set DicomAet to "${called}", or DicomCheckCalledAet to false`,
    };
  }
  if (isAnythingAllowed(app) || modalities.findByAet(caller.aet, caller.ip)) return undefined;
  const permission = modalities.permits("store", caller);
  if (permission.allowed) return undefined;
  const { reason: why, remedy } = permission;
  return { rejection: "callingAeTitleNotRecognized", why, remedy };
}

/** Whether unknown callers may do anything at all. */
function isAnythingAllowed({ config }: App): boolean {
  return config.dicomAlwaysAllowEcho || config.dicomAlwaysAllowStore ||
    config.dicomAlwaysAllowFind || config.dicomAlwaysAllowFindWorklist ||
    config.dicomAlwaysAllowGet || config.dicomAlwaysAllowMove;
}
