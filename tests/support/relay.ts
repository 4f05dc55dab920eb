import { createHash } from "node:crypto";
import type {
  Delivery,
  Destinations,
  DutyInstance,
  Proof,
  Sender,
} from "../../core/ports/destinations.ts";
import { DicomError } from "../../core/errors.ts";

/** What a destination of a test does with what it is sent; `hang` never answers. */
export type Script = (instance: DutyInstance, nth: number) => Delivery | "hang";

/** A destination that notes what arrives, and answers as a test says. */
export interface Sink {
  /** SHA-256 of what was accepted, by SOP Instance UID, in the order of arrival; again what came again. */
  readonly accepted: readonly {
    readonly uid: string;
    readonly sha256: string;
    readonly at: number;
  }[];
  /** SOP Instance UIDs of all that was tried. */
  readonly tried: readonly string[];
  readonly probes: number;
  /** Most deliveries that went on at the same time. */
  readonly busiest: number;
  script: Script;
  prove: (instance: DutyInstance) => Proof;
  isUp: boolean;
}

/** Destinations for tests: each name is one sink. */
export interface TestDestinations extends Destinations {
  sink(name: string): Sink;
  /** Deliveries that get no answer. */
  readonly hanging: number;
}

const ACCEPTED: Delivery = { kind: "accepted", status: "0x0000" };

type MutableSink = { -readonly [Key in keyof Sink]: Sink[Key] };

/** Makes destinations of these names. */
export function testDestinations(names: readonly string[], now = () => 0): TestDestinations {
  const sinks = new Map(names.map((name): [string, MutableSink] => [name, {
    accepted: [],
    tried: [],
    probes: 0,
    busiest: 0,
    script: () => ACCEPTED,
    prove: () => ({ kind: "proven" }),
    isUp: true,
  }]));
  const busy = new Map<string, number>();
  let hanging = 0;
  const sink = (name: string) => {
    const found = sinks.get(name);
    if (!found) throw new DicomError("not-found", `there is no ${name}`);
    return found;
  };

  function sender(name: string): Sender {
    const it = sink(name);
    return {
      async deliver(instance, signal) {
        const count = (busy.get(name) ?? 0) + 1;
        busy.set(name, count);
        it.busiest = Math.max(it.busiest, count);
        try {
          it.tried = [...it.tried, instance.sopInstanceUid];
          const nth = it.tried.length; // others may begin while this one is read
          const sha256 = await digestOf(instance);
          const answer = it.isUp ? it.script(instance, nth) : NO_ROUTE;
          if (answer === "hang") {
            hanging++;
            return await new Promise((_, reject) => {
              signal.addEventListener("abort", () => {
                hanging--;
                reject(signal.reason);
              });
            });
          }
          if (answer.kind === "accepted") {
            it.accepted = [...it.accepted, { uid: instance.sopInstanceUid, sha256, at: now() }];
          }
          return answer;
        } finally {
          busy.set(name, busy.get(name)! - 1);
        }
      },
      prove: (instances) => Promise.resolve(instances.map((instance) => it.prove(instance))),
      probe() {
        it.probes++;
        if (it.isUp) return Promise.resolve();
        return Promise.reject(new DicomError("network", "no route"));
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  return {
    has: ({ name }) => sinks.has(name),
    aetOf: ({ name }) => name,
    open: ({ name }) => sender(name),
    sink,
    get hanging() {
      return hanging;
    },
  };
}

const NO_ROUTE: Delivery = {
  kind: "transient",
  status: "",
  reason: "no route",
  connectionFault: true,
};

/** Digest of what a sender reads, to its last byte. */
async function digestOf(instance: DutyInstance): Promise<string> {
  await using file = await instance.open();
  const hash = createHash("sha256");
  for (let at = 0; at < file.size;) {
    const piece = await file.read(at, file.size - at);
    hash.update(piece);
    at += piece.length;
  }
  return hash.digest("hex");
}

/** Lower-case hexadecimal SHA-256. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
