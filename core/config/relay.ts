import * as z from "zod";
import { destination, rules } from "../relay/rule.ts";
import { option } from "./option.ts";
import { flag, named, oneOf } from "./schemas.ts";

const relay = z.strictObject({
  Ack: oneOf(["durable", "buffered"]).default("durable"),
  Rules: z.array(z.unknown()).default([]).superRefine((written, context) => {
    for (const issue of rules.safeParse(written).error?.issues ?? []) {
      context.addIssue({ code: "custom", path: issue.path, message: issue.message });
    }
  }),
  Destinations: named(z.unknown()).prefault({}).superRefine((written, context) => {
    for (const [name, value] of Object.entries(written)) {
      for (const issue of destination.safeParse(value).error?.issues ?? []) {
        context.addIssue({ code: "custom", path: [name, ...issue.path], message: issue.message });
      }
    }
  }),
  BytesPerSecond: z.int().min(0).default(0),
  InDatabase: flag.default(false),
  KeepDays: z.int().min(0).max(36_500).default(90),
  KeepDuties: z.int().min(0).default(1_000_000),
}).describe(
  "object: Ack, Rules, Destinations, BytesPerSecond, InDatabase, KeepDays, KeepDuties; see the manual of the relay",
);

/** Routing and relay. */
export const RELAY_OPTIONS = {
  Relay: option({
    schema: relay,
    default: {},
    description: "Rules by which instances are sent on, and destinations",
    state: "served",
    own: true,
    secret: true,
  }),
};
