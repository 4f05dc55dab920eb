import { createHash } from "node:crypto";
import * as z from "zod";

/** What a line of the audit log may be about. */
export const AUDIT_ACTIONS = [
  "read",
  "search",
  "store",
  "change",
  "delete",
  "send",
  "configure",
  "login",
  "log",
] as const;

/** `login` is one that failed; `log` is about the log itself. */
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Something that was done, without patients' data: identifiers of this server, UIDs, names of the configuration. */
export interface AuditEvent {
  /** User, `token:NAME`, or `aet:TITLE`; empty where nobody has to log in. */
  readonly who: string;
  /** IP address of the client. */
  readonly from: string;
  readonly action: AuditAction;
  /** Route, such as `GET /studies/:id`, or command, such as `C-GET`. */
  readonly what: string;
  /** What it was done to, and where it was sent. */
  readonly targets: readonly string[];
  /** How it ended: the status of HTTP, or a word. */
  readonly outcome: string;
  /** Identifier of the request, which other logs show too. */
  readonly request: string;
}

const Entry = z.object({
  seq: z.int().min(1),
  at: z.string(),
  who: z.string(),
  from: z.string(),
  action: z.enum(AUDIT_ACTIONS),
  what: z.string(),
  targets: z.array(z.string()),
  outcome: z.string(),
  request: z.string(),
  prev: z.string(),
});

/** A line of the log: `seq` counts from 1, `at` is UTC (RFC 3339), `prev` the hash of the line before. */
export type AuditEntry = z.infer<typeof Entry>;

/** The end of a chain: the number and the hash of a line. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** Before the first line. */
export const EMPTY_CHAIN: ChainHead = { seq: 0, hash: "" };

/** The line of an event after `head`, without line end; JSON. */
export function auditLine(event: AuditEvent, head: ChainHead, at: number): string {
  const { who, from, action, what, targets, outcome, request } = event;
  const entry: AuditEntry = {
    seq: head.seq + 1,
    at: new Date(at).toISOString(),
    ...{ who, from, action, what, targets: [...targets], outcome, request },
    prev: head.hash,
  };
  return JSON.stringify(entry);
}

/** SHA-256 of a line, hexadecimal: what `sha256sum` says of its bytes without the line end. */
export function hashOfLine(line: string): string {
  return createHash("sha256").update(line).digest("hex");
}

/** The entry that a line holds; undefined if it holds none. */
export function parseAuditLine(line: string): AuditEntry | undefined {
  try {
    return Entry.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** What looking through a log has shown. */
export type Verdict =
  | { readonly kind: "intact"; readonly first: number; readonly head: ChainHead }
  | { readonly kind: "broken"; readonly seq: number; readonly fact: string };

/**
 * Looks whether each line follows from the one before. What the first is said to follow is taken as it is, for older
 * lines are dropped in time.
 *
 * @param anchors heads that were written down elsewhere: they show also a log that was cut off or written anew
 */
export async function verifyChain(
  lines: AsyncIterable<string>,
  anchors: readonly ChainHead[] = [],
): Promise<Verdict> {
  let head: ChainHead | undefined;
  let first = 0;
  const expected = new Map(anchors.map(({ seq, hash }) => [seq, hash]));
  for await (const line of lines) {
    const entry = parseAuditLine(line);
    const fact = entry ? linkFault(entry, head) : "it is no entry";
    if (!entry || fact) return { kind: "broken", seq: (head?.seq ?? 0) + 1, fact: fact ?? "" };
    first ||= entry.seq;
    head = { seq: entry.seq, hash: hashOfLine(line) };
    if ((expected.get(head.seq) ?? head.hash) !== head.hash) {
      return { kind: "broken", seq: head.seq, fact: "it is not the line that was written down" };
    }
    expected.delete(head.seq);
  }
  const last = head ?? EMPTY_CHAIN;
  const lost = [...expected.keys()].find((seq) => seq > last.seq);
  if (lost !== undefined) return { kind: "broken", seq: lost, fact: "it is missing at the end" };
  return { kind: "intact", first, head: last };
}

/** Why an entry does not follow `head`; undefined if it does. */
function linkFault({ seq, prev }: AuditEntry, head: ChainHead | undefined): string | undefined {
  if (!head) return seq === 1 && prev !== "" ? "the first line follows nothing" : undefined;
  if (seq !== head.seq + 1) return `number ${seq} is in its place`;
  return prev === head.hash ? undefined : "the line before it was changed";
}
