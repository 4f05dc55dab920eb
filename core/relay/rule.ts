import * as z from "zod";
import { PROOF_LEVELS, type Target, TARGET_KINDS } from "../ports/destinations.ts";
import { PRIORITIES } from "../ports/duties.ts";
import { compileMatch, ConditionProblem } from "./conditions.ts";
import { parseWindow } from "./windows.ts";

const seconds = z.int().min(0).max(2_147_483);
const name = z.string().min(1).max(256);

/** What a rule says under `match`; an empty object fits everything. */
const match = z.unknown().transform((written, context) => {
  try {
    return { written, condition: compileMatch(written ?? {}) };
  } catch (error) {
    if (!(error instanceof ConditionProblem)) throw error;
    context.addIssue({ code: "custom", message: error.message });
    return z.NEVER;
  }
}).describe("conditions: all, any, not, or attributes with operators");

const tagValues = z.record(z.string().min(1).max(256), z.string().max(10_240));

/** A change of what is sent; `send` sees all that stand before it. */
const change = z.union([
  z.strictObject({
    modify: z.strictObject({
      set: tagValues.default({}),
      remove: z.array(z.string().max(256)).max(1000).default([]),
      ifAbsent: tagValues.default({}),
    }),
  }),
  z.strictObject({
    deidentify: z.strictObject({
      profile: z.enum(["ps3.15-basic"]).default("ps3.15-basic"),
      options: z.array(z.string().max(64)).max(20).default([]),
      secret: z.string().min(1).max(256),
    }),
  }),
  z.strictObject({ transcode: z.string().regex(/^[0-9.]{1,64}$/, "expected a UID") }),
]);

const send = z.strictObject({
  send: z.strictObject({
    to: name,
    confirm: z.enum(PROOF_LEVELS).optional(),
    priority: z.enum(PRIORITIES).default("normal"),
    keepAet: z.boolean().default(false),
    strictSeries: z.boolean().default(false),
    alternate: z.strictObject({ to: name, afterSeconds: seconds }).optional(),
  }),
});

const deleteAfter = z.strictObject({
  deleteAfter: z.strictObject({
    level: z.enum(["confirmed", "sent"]).default("confirmed"),
    graceSeconds: seconds.default(0),
  }),
});

const action = z.union([send, deleteAfter, change]);

/** An action of a rule. */
export type Action = z.output<typeof action>;

/** An action that changes what is sent. */
export type Change = z.output<typeof change>;

/** When duties become ready. */
export const TRIGGERS = [
  "instance",
  "stable-series",
  "stable-study",
  "complete-study",
  "manual",
  "schedule",
] as const;

/** A routing rule as it is written. Unknown keys are errors. */
export const rule = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, "expected letters, digits, and . _ -"),
  enabled: z.boolean().default(true),
  trigger: z.enum(TRIGGERS).default("instance"),
  quietSeconds: seconds.default(60),
  maxWaitSeconds: seconds.default(1800),
  onLate: z.enum(["send-new", "send-all", "hold"]).default("send-new"),
  required: z.array(match).min(1).max(30).optional(),
  timeoutSeconds: seconds.default(3600),
  onTimeout: z.enum(["send", "hold", "discard"]).default("send"),
  schedule: z.string().transform((text, context) => {
    const window = parseWindow(text);
    if (window) return window;
    context.addIssue({
      code: "custom",
      message: "expected hours as Mon-Fri 19:00-06:00 Europe/Brussels",
    });
    return z.NEVER;
  }).optional(),
  match: match.prefault({}),
  do: z.array(action).min(1).max(32),
  stop: z.boolean().default(false),
  fallback: z.boolean().default(false),
}).refine(
  ({ trigger, required }) => (trigger === "complete-study") === (required !== undefined),
  "required goes with the trigger complete-study",
).refine(
  ({ trigger, schedule }) => (trigger === "schedule") === (schedule !== undefined),
  "schedule goes with the trigger schedule",
).describe("a rule");

/** A routing rule. */
export type Rule = z.output<typeof rule>;

/** All rules, in the order in which they are looked at. */
export const rules = z.array(rule).max(1000).refine(
  (list) => new Set(list.map(({ id }) => id)).size === list.length,
  "expected each id once",
).describe("list of rules");

const windows = z.array(z.string()).max(50).default([]);

/** A destination as it is written: where it leads, and how it may be used. */
export const destination = z.strictObject({
  Modality: name.optional(),
  Peer: name.optional(),
  DicomWebServer: name.optional(),
  Folder: z.string().min(1).max(4096).optional(),
  Concurrency: z.int().min(1).max(8).default(2),
  BytesPerSecond: z.int().min(0).max(2 ** 40).default(0),
  Windows: windows,
  TimeZone: z.string().max(64).optional(),
  Confirm: z.enum(PROOF_LEVELS).default("ack"),
}).transform((written, context) => {
  const targets = TARGET_KINDS.filter((kind) => written[kind] !== undefined);
  const [kind] = targets;
  if (targets.length !== 1 || !kind) {
    context.addIssue({ code: "custom", message: `expected one of ${TARGET_KINDS.join(", ")}` });
    return z.NEVER;
  }
  const open = written.Windows.map((text) => parseWindow(text, written.TimeZone));
  if (open.some((window) => window === undefined)) {
    context.addIssue({
      code: "custom",
      message: "expected windows as Mon-Fri 19:00-06:00 Europe/Brussels",
    });
    return z.NEVER;
  }
  return {
    target: { kind, name: written[kind]! } satisfies Target,
    concurrency: written.Concurrency,
    bytesPerSecond: written.BytesPerSecond,
    windows: open.filter((window) => window !== undefined),
    confirm: written.Confirm,
  };
}).describe("object: Modality, Peer, DicomWebServer or Folder, and limits");

/** A destination of the relay. */
export type Destination = z.output<typeof destination>;

/** How a destination that only has a name is used. */
export function defaultDestination(target: Target): Destination {
  return { target, concurrency: 2, bytesPerSecond: 0, windows: [], confirm: "ack" };
}
