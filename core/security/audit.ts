import type { Clock, Log } from "../ports.ts";
import type { AuditStore } from "../ports/audit_store.ts";
import {
  type AuditEntry,
  type AuditEvent,
  auditLine,
  type ChainHead,
  EMPTY_CHAIN,
  hashOfLine,
  parseAuditLine,
} from "./audit_chain.ts";

/** The log of who did what: append-only, each line with the hash of the one before. */
export interface Audit extends AsyncDisposable {
  /** Whether anything is logged. */
  readonly enabled: boolean;
  /** Notes an event; it is written soon, and whoever calls does not wait. */
  record(event: AuditEvent): void;
  /** At most `limit` entries after number `since`, oldest first, and the end of the log. */
  page(query: { readonly since: number; readonly limit: number }): Promise<AuditPage>;
}

/** Part of the log. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** Whether nothing follows. */
  readonly done: boolean;
  readonly head: ChainHead;
}

/** What the log needs. */
export interface AuditPorts {
  readonly store: AuditStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** Lines of this time are written together; an answer does not wait for its line. What a crash may cost. */
const GATHER_MS = 20;
/** What was written is flushed after this time: what a power cut may cost. */
const SYNC_MS = 1000;
/** After this time a medium that has failed is tried again. */
const RETRY_MS = 10_000;
/** How often the end of the log goes to the other log, which may lie elsewhere. */
const ANCHOR_MS = 3_600_000;
/** Lines that wait while they cannot be written. */
const WAITING_LINES = 10_000;
const TARGETS_PER_LINE = 100;

/** The log that is switched off. */
export const NO_AUDIT: Audit = {
  enabled: false,
  record() {},
  page: () => Promise.resolve({ entries: [], done: true, head: EMPTY_CHAIN }),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** Opens the log and goes on where it ends. @throws DicomError if it cannot be read */
export async function openAudit({ store, clock, log }: AuditPorts): Promise<Audit> {
  let head = headOf(await store.lastLine());
  const waiting: string[] = [];
  let lost = 0;
  let writing: Promise<void> | undefined;
  let gathering: Disposable | undefined;
  let timer: Disposable | undefined;
  let anchoredAt = -Infinity;
  let isFailing = false;

  function add(event: AuditEvent): void {
    if (waiting.length >= WAITING_LINES) return void lost++;
    const line = auditLine(event, head, clock.now());
    head = { seq: head.seq + 1, hash: hashOfLine(line) };
    waiting.push(line);
  }

  async function write(): Promise<void> {
    try {
      while (waiting.length > 0) await writeWaiting();
      isFailing = false;
      plan(SYNC_MS);
    } catch (error) {
      failed(error);
    } finally {
      writing = undefined;
    }
  }

  async function writeWaiting(): Promise<void> {
    const lines = [...waiting];
    await store.append(lines, head.seq - waiting.length + 1);
    waiting.splice(0, lines.length);
    if (lost === 0) return;
    const missing = lost;
    lost = 0;
    add({ ...OF_THE_LOG, what: "lines lost", outcome: String(missing) });
  }

  function gather(): void {
    gathering ??= clock.schedule(clock.now() + GATHER_MS, () => {
      gathering = undefined;
      if (!isFailing) start();
    });
  }

  async function start(): Promise<void> {
    if (waiting.length > 0) await (writing ??= write());
    else await writing;
  }

  function failed(error: unknown): void {
    log("error", "cannot write the audit log yet", { waiting: waiting.length, error: `${error}` });
    isFailing = true;
    plan(RETRY_MS);
  }

  function plan(ms: number): void {
    timer ??= clock.schedule(clock.now() + ms, () => {
      timer = undefined;
      if (waiting.length > 0) start();
      else store.sync().then(anchor, failed);
    });
  }

  function anchor(): void {
    isFailing = false;
    if (clock.uptime() - anchoredAt < ANCHOR_MS) return;
    anchoredAt = clock.uptime();
    log("info", "End of the audit log", { ...head });
  }

  return {
    enabled: true,
    record(event) {
      for (let at = 0; at === 0 || at < event.targets.length; at += TARGETS_PER_LINE) {
        add({ ...event, targets: event.targets.slice(at, at + TARGETS_PER_LINE) });
      }
      if (!isFailing) gather();
    },
    async page({ since, limit }) {
      await start();
      const entries: AuditEntry[] = [];
      for await (const line of store.lines(since + 1)) {
        const entry = parseAuditLine(line);
        if (!entry || entry.seq <= since) continue;
        if (entries.length === limit) return { entries, done: false, head };
        entries.push(entry);
      }
      return { entries, done: true, head };
    },
    async [Symbol.asyncDispose]() {
      gathering?.[Symbol.dispose]();
      await start();
      await store.sync().catch(failed);
      timer?.[Symbol.dispose]();
      log("info", "End of the audit log", { ...head });
    },
  };
}

const OF_THE_LOG = {
  who: "",
  from: "",
  action: "log",
  targets: [],
  request: "",
} as const;

function headOf(line: string | undefined): ChainHead {
  if (line === undefined) return EMPTY_CHAIN;
  return { seq: parseAuditLine(line)?.seq ?? 0, hash: hashOfLine(line) };
}
