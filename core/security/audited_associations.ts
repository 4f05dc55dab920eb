import type { AssociationLog, AssociationNotes } from "../associations.ts";
import type { Audit } from "./audit.ts";
import type { AuditAction } from "./audit_chain.ts";

/** Commands that are written down once for each association, with how many there were. */
const COUNTED: ReadonlyMap<string, AuditAction> = new Map([
  ["C-STORE", "store"],
  ["C-FIND", "search"],
]);

/** The same log, where the audit log learns who stored and searched by DICOM. */
export function auditedAssociations(log: AssociationLog, audit: Audit): AssociationLog {
  return audit.enabled
    ? { ...log, open: (remoteIp) => auditedNotes(log.open(remoteIp), remoteIp) }
    : log;

  function auditedNotes(notes: AssociationNotes, from: string): AssociationNotes {
    let who = "";
    const counts = new Map<string, number>();
    return {
      ...notes,
      called(titles) {
        who = `aet:${titles.callingAet}`;
        notes.called(titles);
      },
      command(name) {
        if (COUNTED.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
        notes.command(name);
      },
      ended(end) {
        for (const [what, count] of counts) {
          const action = COUNTED.get(what)!; // nothing else is counted
          audit.record({
            who,
            from,
            action,
            what,
            targets: [],
            outcome: String(count),
            request: "",
          });
        }
        notes.ended(end);
      },
    };
  }
}
