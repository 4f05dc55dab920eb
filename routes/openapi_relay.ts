import type { Operation } from "./openapi_operations.ts";
import { Replay } from "./relay.ts";
import { PriorityBody } from "./relay/duties.ts";

const JSON_TYPE = "application/json";
const RULE = "/relay/rules/:id";
const DESTINATION = "/relay/destinations/:name";
const DUTY = "/relay/duties/:id";

const get = (path: string, summary: string, query: readonly string[] = []): Operation => ({
  method: "get",
  path,
  summary,
  query,
  answer: JSON_TYPE,
});
const post = (path: string, summary: string): Operation => ({
  method: "post",
  path,
  summary,
  answer: JSON_TYPE,
});
const put = (path: string, summary: string): Operation => ({
  method: "put",
  path,
  summary,
  body: JSON_TYPE,
  answer: JSON_TYPE,
});
const remove = (path: string, summary: string): Operation => ({
  method: "delete",
  path,
  summary,
  answer: JSON_TYPE,
});

/** Store and forward. */
export const RELAY_OPERATIONS: readonly Operation[] = [
  get("/relay/summary", "How the relay is: backlog, rates and pauses"),
  get("/relay/rules", "The rules, in their order"),
  put("/relay/rules", "Replace all rules, or none if one is wrong"),
  get(RULE, "A rule; its version is the ETag"),
  put(RULE, "Add or replace a rule; with If-Match only the version that it names"),
  remove(RULE, "Forget a rule; what it has decided is still carried out"),
  post(`${RULE}/pause`, "Hold back what a rule has decided"),
  post(`${RULE}/resume`, "Let it go on"),
  get("/relay/destinations", "The destinations, how each is, and what it is owed"),
  get(DESTINATION, "A destination; its version is the ETag"),
  put(DESTINATION, "Add or replace a destination; not a folder"),
  remove(DESTINATION, "Forget how a destination is used; what it is owed waits"),
  post(`${DESTINATION}/pause`, "Send nothing to it"),
  post(`${DESTINATION}/resume`, "Send to it again"),
  post(`${DESTINATION}/test`, "Ask whether it is there"),
  post(`${DESTINATION}/requeue-dead`, "Try again what it did not take"),
  post("/relay/pause", "Send nothing at all"),
  post("/relay/resume", "Send again"),
  post("/relay/requeue-dead", "Try again what no destination took"),
  {
    method: "post",
    path: "/relay/test",
    summary:
      "What the rules would make of a file: conditions, destinations, changed attributes; nothing is stored",
    body: "application/dicom",
    answer: JSON_TYPE,
  },
  {
    ...post(
      "/relay/replay",
      "Apply a rule to what is stored: Resources, or a query as for /tools/find",
    ),
    body: Replay,
  },
  get("/relay/duties", "What is owed, newest first; ?format=csv for a table", [
    "state",
    "destination",
    "study",
    "rule",
    "before",
    "limit",
    "format",
  ]),
  get(DUTY, "A duty with its tries"),
  post(`${DUTY}/retry`, "Carry it out again, at once"),
  post(`${DUTY}/cancel`, "Do not carry it out"),
  { ...post(`${DUTY}/priority`, "Change what goes first"), body: PriorityBody },
  {
    method: "get",
    path: "/relay/events",
    summary: "What happens, as it happens; goes on after Last-Event-ID",
    query: ["since"],
    answer: "text/event-stream",
  },
  get("/studies/:id/delivery", "How far a study has come, by destination"),
];
