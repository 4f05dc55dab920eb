import type { Extract } from "../archive/extract.ts";
import type { ByteSource } from "../bytes/source.ts";
import { DicomError } from "../errors.ts";
import type { FileStore } from "../ports.ts";
import type { ProofLevel } from "../ports/destinations.ts";
import { DELETION, type Priority } from "../ports/duties.ts";
import { chainHash, changesBefore } from "./chain.ts";
import type { VersionedRule } from "./owed.ts";
import type { Planner, Verdict } from "./planner.ts";
import type { Preview, TagDifference } from "./preview.ts";

/** What would be sent to one destination. */
export interface TriedSending {
  readonly rule: string;
  readonly destination: string;
  readonly confirm: ProofLevel;
  readonly priority: Priority;
  /** What the actions before it change. */
  readonly changes: readonly TagDifference[];
  /** Why these changes cannot be made; the duty would be dead. */
  readonly problem?: string;
}

/** What all rules make of a file that is not stored. */
export interface Trial extends Verdict {
  readonly destinations: readonly TriedSending[];
}

/** What trying rules needs. */
export interface TrialPorts {
  readonly files: Pick<FileStore, "stage">;
  readonly extract: (source: ByteSource) => Promise<Extract>;
  readonly planner: Pick<Planner, "judge">;
  readonly preview: Preview;
  rules(): readonly VersionedRule[];
}

/** Tells what the rules would make of a file; nothing is stored. @throws DicomError `bad-file`, … */
export async function tryRules(
  ports: TrialPorts,
  bytes: AsyncIterable<Uint8Array>,
): Promise<Trial> {
  await using staged = await ports.files.stage(bytes);
  const { source, file } = staged;
  const { ids, metadata } = await ports.extract(source);
  const origin = { kind: "http", remoteIp: "127.0.0.1", username: "" } as const;
  const verdict = await ports.planner.judge({ ids, metadata, file }, source, origin);
  const destinations: TriedSending[] = [];
  for (const { rule: id, destination, chain, confirm, priority } of verdict.plan.duties) {
    if (destination === DELETION) continue;
    const rule = ports.rules().find((each) => each.rule.id === id)?.rule;
    const at = rule?.do.findIndex((action, n) =>
      "send" in action && chainHash(changesBefore(rule, n)) === chain
    );
    if (!rule || at === undefined || at < 0) continue; // a rule that was changed meanwhile
    const tried = await attempt(() => ports.preview(source, changesBefore(rule, at)));
    destinations.push({ rule: id, destination, confirm, priority, ...tried });
  }
  return { ...verdict, destinations };
}

/** @throws what is no failure of the changes */
async function attempt(
  preview: () => Promise<readonly TagDifference[]>,
): Promise<Pick<TriedSending, "changes" | "problem">> {
  try {
    return { changes: await preview() };
  } catch (error) {
    if (!(error instanceof DicomError)) throw error;
    return { changes: [], problem: error.message };
  }
}
