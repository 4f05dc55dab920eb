import { parseArgs } from "node:util";
import { type ChainHead, verifyChain } from "../../core/security/audit_chain.ts";
import type { Command } from "../command.ts";
import { readServerArguments } from "./configuration.ts";
import { UsageError } from "./usage_error.ts";

/** Looks whether the audit log is as it was written, also while the server runs. */
export const auditCommand: Command = {
  usage: "audit verify [CONFIG… | --backup FOLDER] [--anchor NUMBER:HASH]…",
  summary:
    "Check the chain of the audit log, or of a backup's; anchors, from GET /audit or the server's log, must be in it",

  async run(args, { readAuditLog }) {
    const { values, positionals: [what, ...paths] } = parseArgs({
      args: [...args],
      options: {
        anchor: { type: "string", multiple: true, default: [] },
        backup: { type: "string" },
      },
      allowPositionals: true,
    });
    if (what !== "verify") throw new UsageError("audit has one command: audit verify");
    const anchors = values.anchor.map(anchorOf);
    const from = values.backup === undefined
      ? (await readServerArguments(paths)).config
      : { indexDirectory: values.backup };
    const verdict = await verifyChain(readAuditLog(from), anchors);
    if (verdict.kind === "broken") {
      console.log(`broken at line ${verdict.seq}: ${verdict.fact}`);
      return 1;
    }
    const { first, head } = verdict;
    console.log(
      head.seq === 0
        ? "empty"
        : `intact: lines ${first} to ${head.seq}, end ${head.seq}:${head.hash}`,
    );
    return 0;
  },
};

function anchorOf(text: string): ChainHead {
  const [, seq, hash = ""] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined) throw new UsageError("--anchor is a number, a colon and 64 digits");
  return { seq: Number(seq), hash };
}
