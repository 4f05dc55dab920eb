import type { Destinations, Sender, Target } from "../ports/destinations.ts";
import type { Audit } from "./audit.ts";

/** The same destinations, where each instance that the relay has delivered is written down. */
export function auditedDestinations(destinations: Destinations, audit: Audit): Destinations {
  if (!audit.enabled) return destinations;
  return { ...destinations, open: (target) => auditedSender(destinations.open(target), target) };

  function auditedSender(sender: Sender, { kind, name }: Target): Sender {
    return {
      prove: (...about) => sender.prove(...about),
      probe: (signal) => sender.probe(signal),
      async deliver(instance, signal) {
        const delivery = await sender.deliver(instance, signal);
        if (delivery.kind === "accepted") {
          audit.record({
            who: "relay",
            from: "",
            action: "send",
            what: `${kind} ${name}`,
            targets: [instance.ids.Instance],
            outcome: delivery.status,
            request: "",
          });
        }
        return delivery;
      },
      [Symbol.asyncDispose]: () => sender[Symbol.asyncDispose](),
    };
  }
}
