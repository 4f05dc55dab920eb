import assert from "node:assert/strict";
import fc from "fast-check";
import { parseTagOrName } from "../../core/dicom/dictionary.ts";
import { createRoutes } from "../../routes/app.ts";
import { startApp } from "../support/app.ts";
import { FILES, IDS, startFilled } from "../support/filled.ts";
import { instanceFile, orthancId } from "../support/instances.ts";

const SCRIPT = "<script>alert(1)</script>";

/** Identifiers that no resource has, as they stand in a path. */
const IDENTIFIERS: readonly string[] = [
  "'",
  "%22",
  "%00",
  `${IDS.p1}%00`,
  `${IDS.p1}'--`,
  "..%2f..%2fetc%2fpasswd",
  "%5c..%5c",
  "*",
  "%25",
  "%",
  "%ff",
  "%F0%9F%92%A9",
  "__proto__",
  "constructor",
  "%3Cscript%3E",
  "x".repeat(100_000),
];

Deno.test("identifiers of any characters are just not there", async (t) => {
  await using server = await startApp();
  await server.upload(FILES[0]!);
  for (const id of IDENTIFIERS) {
    await t.step(id.slice(0, 60), async () => {
      for (const level of ["patients", "studies", "series", "instances"]) {
        for (const [method, below] of [["GET", ""], ["GET", "/statistics"], ["DELETE", ""]]) {
          const response = await server.send(method!, `/${level}/${id}${below}`);
          await response.body?.cancel();
          assert.equal(response.status, 404);
        }
      }
    });
  }
  assert.deepEqual(await server.get("/patients"), [IDS.p1]);
});

Deno.test("scripts in tags stay text", async () => {
  await using server = await startApp();
  const PatientID = `P${SCRIPT}`;
  const { ParentPatient } = await server.upload(
    instanceFile({ PatientID, PatientName: SCRIPT, StudyDescription: SCRIPT }),
  );
  assert.equal(ParentPatient, orthancId(PatientID));
  const find = { Level: "Patient", Query: { PatientName: SCRIPT } };
  assert.deepEqual(await server.post("/tools/find", find), [ParentPatient]);
  const path = `/patients/${ParentPatient}`;
  for (const Accept of ["text/html", "application/xml"]) {
    for (const below of ["", "/studies", "/module", "/instances-tags", "/shared-tags"]) {
      const response = await server.send("GET", path + below, undefined, { headers: { Accept } });
      const body = await response.text();
      assert.match(
        response.headers.get("content-type")!,
        /^application\/(json|xml); charset=utf-8$/,
      );
      assert.equal(response.headers.get("x-content-type-options"), "nosniff");
      assert.equal(body.includes(SCRIPT), Accept === "text/html");
    }
  }
});

Deno.test("what the client sent is no markup in the description of a failure", async () => {
  await using server = await startApp();
  const find = { Level: "Study", Query: { [SCRIPT]: "x" } };
  for (
    const response of [
      await server.send("POST", "/tools/find", find),
      await server.send("GET", `/studies?expand&requested-tags=${SCRIPT}`),
      await server.send("GET", `/nope/${SCRIPT}`),
    ]
  ) {
    await response.body?.cancel();
    assert.equal(response.headers.get("content-type"), "text/plain");
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  }
});

const nested = (depth: number) => `${'{"a":['.repeat(depth)}${"]}".repeat(depth)}`;

/** All spellings of one tag, of which each is a condition of its own. */
const SPELLINGS = Array.from({ length: 512 }, (_, number) => {
  return [..."patientid"].map((letter, bit) => (number >> bit) & 1 ? letter.toUpperCase() : letter)
    .join("");
});

/** A thousand attributes, most of them not in the index. */
const TAGS = Array.from({ length: 2000 }, (_, number) => `0018${(0x1000 + number).toString(16)}`)
  .filter((tag) => parseTagOrName(tag) !== undefined).slice(0, 1000);

/** Bodies of /tools/find that are large or odd, and how they may be answered. */
const BODIES:
  readonly (readonly [what: string, body: () => unknown, statuses: readonly number[]])[] = [
    ["deep JSON", () => nested(100_000), [400]],
    ["deep JSON in its place", () => `{"Level":"Study","Query":${nested(99)}}`, [400]],
    ["brackets in a text", () => find({ Query: { PatientID: "[".repeat(1000) } }), [200]],
    ["a thousand tags", () => find({ Query: Object.fromEntries(TAGS.map((tag) => [tag, ""])) }), [
      200,
    ]],
    [
      "a thousand tags that must match",
      () => find({ Query: Object.fromEntries(TAGS.map((tag) => [tag, "x"])) }),
      [200],
    ],
    [
      "a tag in many spellings",
      () => find({ Query: Object.fromEntries(SPELLINGS.map((name) => [name, "P1"])) }),
      [400],
    ],
    ["a tag in many spellings, by case", () =>
      find({
        Query: Object.fromEntries(SPELLINGS.map((name) => [name, "P1"])),
        CaseSensitive: true,
      }), [400]],
    [
      "an order of many keys",
      () => find({ OrderBy: Array(5000).fill({ Type: "DicomTag", Key: "PatientID" }) }),
      [400],
    ],
    ["many metadata", () =>
      find({
        MetadataQuery: Object.fromEntries(
          Array.from({ length: 5000 }, (_, number) => [number, "x"]),
        ),
      }), [400]],
    ["many labels", () => find({ Labels: Array.from({ length: 100_000 }, String) }), [200]],
    ["a list of many values", () => find({ Query: { PatientID: "x\\".repeat(100_000) } }), [200]],
    ["a long value", () => find({ Query: { PatientID: "x".repeat(1_000_000) } }), [200]],
    ["a long pattern", () => find({ Query: { PatientID: `${"x".repeat(100_000)}*` } }), [200]],
    ["many stars", () => find({ Query: { PatientID: "*x".repeat(1000) } }), [400]],
    ["many question marks", () => find({ Query: { PatientID: "?".repeat(100_000) } }), [200]],
    ["a prototype", () => '{"Level":"Study","Query":{"__proto__":"x"}}', [200]],
    ["a prototype as body", () => '{"__proto__":{"Level":"Study","Query":{}}}', [400]],
    ["NUL in a value", () => find({ Query: { PatientID: "P1\0" } }), [200]],
    ["half a character", () => find({ Query: { PatientID: "\ud800", StudyID: "\ud800*" } }), [200]],
    ["a range of nothing", () => find({ Query: { StudyDate: "-" } }), [200]],
    ["a range backwards", () => find({ Query: { StudyDate: "z-a" } }), [200]],
    ["many requested tags", () => find({ RequestedTags: TAGS, Expand: true }), [200]],
  ];

Deno.test("/tools/find bears any body", async (t) => {
  await using server = await startFilled();
  for (const [what, body, statuses] of BODIES) {
    await t.step(what, async () => {
      const response = await server.send("POST", "/tools/find", body());
      const text = await response.text();
      assert.ok(statuses.includes(response.status), `${response.status} ${text.slice(0, 300)}`);
    });
  }
  assert.equal((await server.get<string[]>("/studies")).length, 3);
});

Deno.test("other long bodies are answered, or refused", async () => {
  await using server = await startFilled();
  const ids = Array.from({ length: 20_000 }, (_, number) => `nope${number}`);
  assert.deepEqual(await server.post("/tools/bulk-content", { Resources: [...ids, IDS.p2] }), [
    await server.get(`/patients/${IDS.p2}?response-content=${ALL_BLOCKS}`).then(legacy),
  ]);
  assert.equal((await server.send("POST", "/tools/bulk-delete", { Resources: ids })).status, 200);
  assert.deepEqual(await server.post("/tools/lookup", "x".repeat(1_000_000)), []);
  const long = await server.send("POST", "/tools/lookup", "x".repeat(17 * 1024 * 1024));
  assert.equal(long.status, 413, await long.text());
  const level = await server.send("PUT", "/tools/log-level", "x".repeat(1_000_000));
  assert.equal(level.status, 400);
  assert.ok((await level.text()).length < 1000);
});

Deno.test("no path and no argument makes the server fail", async () => {
  await using server = await startApp();
  await server.upload(FILES[0]!);
  const patterns = [...new Set(createRoutes(server.app).routes.map(({ path }) => path))]
    .filter((path) => !/stream|events/.test(path));
  const word = fc.oneof(
    fc.constantFrom(...Object.values(IDS), "tags", "0008-1111", "0", "%00", "%ff", "..", "-1"),
    fc.string({ unit: "binary", maxLength: 20 }).map((text) =>
      encodeURIComponent(text.toWellFormed())
    ),
  );
  const names = ["expand", "since", "limit", "requested-tags", "response-content", "filename"];
  const query = fc.array(
    fc.tuple(fc.constantFrom(...names, "last", "to", "type", "ignore-length", "short"), word),
    { maxLength: 3 },
  );
  const runs = { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 300) };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...patterns), fc.array(word, { minLength: 3 }), query, async (
      pattern,
      words,
      args,
    ) => {
      let next = 0;
      const path = pattern.replace(/\*$|:\w+(\{[^}]*\})?/g, () => words[next++ % words.length]!);
      const search = args.map((pair) => pair.join("=")).join("&");
      const response = await server.send("GET", `${path}?${search}`);
      const body = await response.text();
      const code = response.status === 500 ? JSON.parse(body).OrthancStatus : 0;
      assert.ok([0, 27].includes(code), body); // Orthanc's answer to unknown tags
    }),
    runs,
  );
});

const ALL_BLOCKS = "MainDicomTags;Children;Labels;IsStable;IsProtected;Metadata";

/** Adds what bulk-content shows beside the blocks. */
function legacy(resource: unknown) {
  const { Metadata } = resource as { Metadata: { LastUpdate: string } };
  return { ...resource as object, LastUpdate: Metadata.LastUpdate };
}

function find(more: object) {
  return { Level: "Study", Query: {}, ...more };
}
