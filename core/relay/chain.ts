import { createHash } from "node:crypto";
import type { Change, Rule } from "./rule.ts";

/** The name under which the changes before a sending are kept; empty for none. */
export function chainHash(changes: readonly Change[]): string {
  return changes.length === 0
    ? ""
    : createHash("sha256").update(JSON.stringify(changes)).digest("hex");
}

/** The changes in front of each sending of a rule. */
export function chainsOf(rule: Rule): readonly (readonly Change[])[] {
  return rule.do.flatMap((action, at) => "send" in action ? [changesBefore(rule, at)] : []);
}

/** The changes in front of the action at place `at`. */
export function changesBefore(rule: Rule, at: number): readonly Change[] {
  return rule.do.slice(0, at).filter((action): action is Change =>
    !("send" in action) && !("deleteAfter" in action)
  );
}
