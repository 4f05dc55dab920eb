import type { App } from "../core/app.ts";
import type { Selection } from "../core/archive/query_retrieve/select.ts";
import type { Request } from "./service.ts";

/** Writes down, before anything leaves, who retrieves what and where it goes. */
export function auditRetrieval(
  { audit }: Pick<App, "audit">,
  { caller }: Request,
  { what, selection }: { readonly what: string; readonly selection: Selection },
): void {
  if (!audit.enabled) return;
  audit.record({
    who: `aet:${caller.aet}`,
    from: caller.ip,
    action: "send",
    what,
    targets: selection.instances.map(({ id }) => id),
    outcome: `${selection.instances.length}`,
    request: "",
  });
}
