import type { Clock, Log } from "./ports.ts";

/** How an association ended. */
export interface AssociationEnd {
  readonly kind: "released" | "rejected" | "aborted" | "lost" | "timeout";
  /** Which side ended it. */
  readonly by: "local" | "remote";
  readonly reason: string;
}

/** A command that was refused, how often and why. */
export interface RefusedCommand {
  readonly command: string;
  readonly count: number;
  readonly reason: string;
  /** What to write into the configuration to have it admitted; empty where nothing helps. */
  readonly remedy: string;
}

/** What is known of an association, or of the attempt at one. */
export interface AssociationRecord {
  readonly id: number;
  /** Empty as long as the remote has not said them. */
  readonly callingAet: string;
  readonly calledAet: string;
  readonly remoteIp: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Undefined while it lasts. */
  readonly endedAt: number | undefined;
  readonly end: AssociationEnd | undefined;
  /** What to write into the configuration, if the whole association was rejected. */
  readonly remedy: string;
  /** How many commands of each name were carried out or failed. */
  readonly commands: Readonly<Record<string, number>>;
  readonly refused: readonly RefusedCommand[];
}

/** Writes down what happens to one association. */
export interface AssociationNotes {
  called(titles: { readonly callingAet: string; readonly calledAet: string }): void;
  rejected(remedy: string): void;
  command(name: string): void;
  refused(command: string, why: { readonly reason: string; readonly remedy: string }): void;
  ended(end: AssociationEnd): void;
}

/** The last associations. */
export interface AssociationLog {
  open(remoteIp: string): AssociationNotes;
  /** At most `limit`, newest first. */
  list(limit: number): readonly AssociationRecord[];
}

/** Different refusals that are kept of one association. */
const MOST_REFUSED = 16;

/** Makes a log in memory that keeps the last `size` associations; how each ended goes to `log` too. */
export function createAssociationLog(
  clock: Pick<Clock, "now">,
  size: number,
  log: Log = () => {},
): AssociationLog {
  const records: AssociationRecord[] = []; // a ring: the record of `id` is at `id % size`
  let last = 0;

  function open(remoteIp: string): AssociationNotes {
    const id = ++last;
    let record: AssociationRecord = { ...NEW, id, remoteIp, startedAt: clock.now() };
    const note = (news: Partial<AssociationRecord>) => {
      record = { ...record, ...news };
      if ((records[id % size]?.id ?? id) <= id) records[id % size] = record;
    };
    note({});
    return {
      called: note,
      rejected: (remedy) => note({ remedy }),
      command(name) {
        note({ commands: { ...record.commands, [name]: (record.commands[name] ?? 0) + 1 } });
      },
      refused: (command, why) => note({ refused: withRefusal(record.refused, command, why) }),
      ended(end) {
        note({ end, endedAt: clock.now() });
        log("info", "Association ended", factsOf(record));
      },
    };
  }

  return {
    open,
    list(limit) {
      const newest = Array.from({ length: Math.min(limit, size, last) }, (_, at) => last - at);
      return newest.flatMap((id) => records[id % size] ?? []);
    },
  };
}

function factsOf({ id, callingAet, calledAet, remoteIp, commands, end }: AssociationRecord) {
  return { association: id, callingAet, calledAet, remoteIp, commands, ...end };
}

const NEW: AssociationRecord = {
  id: 0,
  callingAet: "",
  calledAet: "",
  remoteIp: "",
  startedAt: 0,
  endedAt: undefined,
  end: undefined,
  remedy: "",
  commands: {},
  refused: [],
};

function withRefusal(
  refused: readonly RefusedCommand[],
  command: string,
  why: { readonly reason: string; readonly remedy: string },
): readonly RefusedCommand[] {
  const isSame = (other: RefusedCommand) =>
    other.command === command && other.reason === why.reason;
  if (refused.some(isSame)) {
    return refused.map((row) => isSame(row) ? { ...row, count: row.count + 1 } : row);
  }
  return refused.length < MOST_REFUSED ? [...refused, { command, count: 1, ...why }] : refused;
}
