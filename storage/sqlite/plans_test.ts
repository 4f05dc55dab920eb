import assert from "node:assert/strict";
import { everyResource, type Query, type TagCondition, WHOLE } from "../../core/archive/query.ts";
import { type Level, LEVELS } from "../../core/archive/resource.ts";
import { matcherOf } from "../../core/dicom/match.ts";
import { TAG } from "../../core/dicom/tag.ts";
import { DELETION, type NewDuty, type NewTimer } from "../../core/ports/duties.ts";
import { makeInstance } from "../../tests/support/index.ts";
import { openDatabase } from "./database.ts";
import { createMethods } from "./methods.ts";
import { migrate } from "./migrations.ts";

/** What must not depend on the size of the archive. */
type Methods = ReturnType<typeof createMethods>;

/** The plans of all statements that `work` runs. */
function plansOf(work: (methods: Methods) => void): string[] {
  using db = openDatabase(":memory:");
  migrate(db);
  const statements = new Set<string>();
  const { prepare } = db;
  db.prepare = (sql) => {
    const statement = prepare.call(db, sql);
    for (const name of ["all", "get", "run"] as const) {
      const run = statement[name].bind(statement) as (...values: never[]) => never;
      statement[name] = (...values: never[]) => {
        statements.add(sql);
        return run(...values);
      };
    }
    return statement;
  };
  const methods = createMethods(db);
  methods.store(makeInstance(), "Never", true);
  statements.clear();
  work(methods);
  assert.ok(statements.size > 0);
  return [...statements].flatMap((sql) =>
    prepare.call(db, `EXPLAIN QUERY PLAN ${sql}`).all().map((row) => String(row.detail))
  );
}

function query(level: Level, parts: Partial<Query>): Query {
  return { ...everyResource(level), ...parts };
}

function tag(number: number, level: Level, text: string, caseSensitive = false): TagCondition {
  return { tag: number, level, matcher: matcherOf(number, "LO", text)!, caseSensitive };
}

const { ids } = makeInstance();
const study = { level: "Study", id: ids.Study } as const;
const all = { since: 5, to: undefined, limit: 100, types: [] };
const byPatient = [tag(TAG.patientId, "Patient", "P1")];
const byPrefix = [tag(TAG.patientName, "Patient", "SMI*")];
const byUid = [tag(TAG.studyInstanceUid, "Study", "1.2.3\\1.2.4")];
const bySensitive = [tag(TAG.patientName, "Patient", "Smi*", true)];

const HOT: Record<string, (methods: Methods) => void> = {
  "get a resource": (index) =>
    LEVELS.forEach((level) => index.get({ level, id: ids[level] }, WHOLE)),
  "list a page": (index) =>
    LEVELS.forEach((level) => index.find(query(level, { after: "5", limit: 100 }), WHOLE)),
  "children": (index) => index.find(query("Series", { parent: study, limit: 10 }), WHOLE),
  "grandchildren": (index) => index.find(query("Instance", { parent: study, limit: 10 }), WHOLE),
  "find by PatientID": (index) => index.find(query("Study", { tags: byPatient }), WHOLE),
  "find by UID": (index) => index.find(query("Study", { tags: byUid }), WHOLE),
  "find instances by UID": (index) => index.findIds(query("Instance", { tags: byUid })),
  "find by prefix": (index) => index.find(query("Study", { tags: byPrefix }), WHOLE),
  "find by case": (index) => index.find(query("Study", { tags: bySensitive }), WHOLE),
  "count by PatientID": (index) => index.count(query("Study", { tags: byPatient })),
  "changes": (index) => [all, { ...all, to: 9 }].forEach((changes) => index.changes(changes)),
  "lookup": (index) => index.lookup("1.1"),
  "store": (index) => index.store(makeInstance({ instance: "2", expected: 2 }), "Always", true),
  "replace": (index) => index.store(makeInstance({ content: "b" }), "Always", true),
  "remove": (index) => index.remove(study),
  "remove a file": (index) => index.removeFile("x"),
  "statistics": (index) => [index.statistics(), index.statisticsOf(study)],
  "labels": (index) => [index.addLabel(study, "a"), index.removeLabel(study, "a")],
  "stability": (index) => [index.oldestUnstable(), index.markStable(0, 0)],
  "distinct": (index) => index.distinct(study, "Series", { tag: TAG.modality }),
  "duties": (index) => {
    const duty: NewDuty = {
      rule: "r",
      ruleVersion: 1,
      destination: "a",
      chain: "",
      confirm: "commit",
      priority: "normal",
      state: "ready",
      dueAt: null,
      group: "",
      callingAet: "",
      strictSeries: true,
      hops: [],
    };
    const timer: NewTimer = {
      rule: "r",
      group: "g",
      quietMs: 1,
      maxWaitMs: 9,
      seen: 0,
      required: 0,
      onTimeout: "send",
      onLate: "send-all",
    };
    const deletion = { ...duty, destination: DELETION, state: "waiting" as const, dueAt: 0 };
    const plan = { duties: [duty, deletion], timers: [timer] };
    index.store(makeInstance({ instance: "3" }), "Always", true, plan);
    const request = { destination: "a", lowest: "bulk", exceptRules: [], turns: ["stat"] } as const;
    const [claimed] = index.claimDuties(request);
    index.settleDuties([{ id: claimed!.id, state: "sent", dueAt: 5 }]);
    index.claimProofs({ destination: "a", now: 9, retryAt: 9, limit: 9 });
    index.settleDuties([{ id: claimed!.id, state: "confirmed", endedAt: 5 }]);
    index.promoteDuties(1e15);
    index.dueDeletions(1e15, 9).forEach((id) => index.deleteDelivered(id, 1e15));
    index.hastenDuties("a");
    index.reclaimDuties();
    index.restartGraces(0);
    index.deliveryOf("s");
    index.oldestReady();
    index.actOnDuties({ id: 1 }, { kind: "retry" }, 0);
    index.duties({ study: "s", limit: 9 });
    index.duty(1);
    index.evictDelivered({ at: 0, id: 0 }, 1);
    index.pruneDuties({ before: 1e15, most: 0, limit: 9 });
  },
  "exchange a file": (index) => {
    const { file } = index.get({ level: "Instance", id: ids.Instance }, WHOLE)!;
    index.exchangeFile({ before: file!.uuid, instance: makeInstance({ content: "b" }) });
  },
  "journal": (index) => [index.unflushed(), index.knownFiles("abcd"), index.markFlushed(1)],
};

/** What may be read from end to end: small by nature, or only what waits to be done. */
const SMALL =
  /^SCAN (tree|total|json_each|sqlite_sequence|CONSTANT ROW|\(subquery|obsolete_file|file USING (COVERING )?INDEX file_unflushed|duty_total|duty USING COVERING INDEX duty_sending)/;
/** All of a level, which is as good as a whole table. */
const LEVEL = /resource_public \(level=\?\)/;

for (const [name, work] of Object.entries(HOT)) {
  Deno.test(`no statement of "${name}" reads a whole table`, () => {
    const slow = plansOf(work).filter((plan) =>
      plan.startsWith("SCAN") && !SMALL.test(plan) || LEVEL.test(plan)
    );
    assert.deepEqual(slow, []);
  });
}
