import assert from "node:assert/strict";
import { listenDicom } from "../../dimse/scp.ts";
import { startApp } from "../support/app.ts";
import { connectable, findscu, run } from "../support/dcmtk.ts";
import { freePort, peerTest } from "../support/peer.ts";
import { startServer } from "../support/server.ts";

const EXAMPLES = "/usr/share/doc/dcmtk/examples/wlistdb/OFFIS";
const NEEDS = [["findscu", "--version"], ["wlmscpfs", "--version"], ["ls", EXAMPLES]];

/** A folder with the worklists of DCMTK, for it and for us. */
async function examples(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  await Deno.mkdir(`${path}/OFFIS`);
  await Deno.writeTextFile(`${path}/OFFIS/lockfile`, "");
  for await (const { name } of Deno.readDir(EXAMPLES)) {
    if (!name.endsWith(".dump")) continue;
    const target = `${path}/OFFIS/${name.replace(".dump", ".wl")}`;
    const said = await run("dump2dcm", `${EXAMPLES}/${name}`, target);
    assert.equal(said.code, 0, said.output);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** wlmscpfs over a folder. */
async function wlmscpfs(path: string): Promise<{ port: number } & AsyncDisposable> {
  const port = freePort();
  const process = new Deno.Command("wlmscpfs", {
    args: ["-dfp", path, `${port}`],
    stdout: "null",
    stderr: "null",
  }).spawn();
  await connectable(port);
  return {
    port,
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
    },
  };
}

/** This server over a folder. */
async function outpost(path: string, options: Record<string, unknown> = {}) {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(
    await startApp({
      config: {
        DicomPort: 0,
        DicomAlwaysAllowFindWorklist: true,
        Worklists: { Enable: true, Database: path, ...options },
      },
    }),
  );
  const { port } = stack.use(await listenDicom(server.app));
  const running = stack.move();
  return { port, server, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

const STEP = "ScheduledProcedureStepSequence[0]";
const RETURNED = ["AccessionNumber", "PatientName", "PatientID"];
const QUERIES: readonly (readonly string[])[] = [
  [],
  [`${STEP}.Modality=MR`],
  [`${STEP}.Modality=CT`, `${STEP}.ScheduledProcedureStepStartDate`],
  [`${STEP}.ScheduledStationAETitle=AA32`],
  [`${STEP}.ScheduledProcedureStepStartDate=19951001-19961231`],
  [`${STEP}.ScheduledProcedureStepStartDate=-19951231`],
  ["PatientName=*E*"],
  ["PatientName=NOBODY^AT ALL"],
  [`${STEP}.ScheduledPerformingPhysicianName=*`],
];

peerTest({
  name: "worklists: our answers are those of wlmscpfs",
  needs: NEEDS,
  async fn(t) {
    await using folder = await examples();
    await using theirs = await wlmscpfs(folder.path);
    await using ours = await outpost(`${folder.path}/OFFIS`);
    for (const query of QUERIES) {
      await t.step(query.join(" ") || "all", async () => {
        const keys = [...RETURNED, ...query];
        const filtered = new Set(query.map((key) => key.split("=")[0]));
        const asked = keys.filter((key) => key.includes("=") || !filtered.has(key));
        const expected = await findscu(theirs.port, ["-W", "-aec", "OFFIS"], asked);
        const given = await findscu(ours.port, ["-W"], asked);
        assert.equal(given.code, 0, given.output);
        const shown = (answers: typeof given.answers) =>
          answers.map(({ SpecificCharacterSet: _, ...rest }) => JSON.stringify(rest)).sort();
        assert.deepEqual(shown(given.answers), shown(expected.answers));
      });
    }
  },
});

peerTest({
  name: "worklists: files that change, damaged ones, a limit, and the caller's own steps",
  needs: NEEDS,
  async fn() {
    await using folder = await examples();
    const path = `${folder.path}/OFFIS`;
    await using ours = await outpost(path);
    const count = async (port: number, ...options: string[]) =>
      (await findscu(port, ["-W", ...options], RETURNED)).answers.length;
    const all = await count(ours.port);
    assert.ok(all >= 5);
    await Deno.writeTextFile(`${path}/bad.wl`, "no worklist");
    assert.equal(await count(ours.port), all);
    await Deno.remove(`${path}/wklist1.wl`);
    assert.equal(await count(ours.port), all - 1);
    assert.equal(ours.server.lines.filter((line) => line.includes("bad.wl")).length, 1);
    {
      await using limited = await outpost(path, { LimitAnswers: 2 });
      assert.equal(await count(limited.port), 2);
    }
    await using filtering = await outpost(path, { FilterIssuerAet: true });
    const own = await count(filtering.port, "-aet", "AA32");
    assert.equal(await count(filtering.port, "-aet", "NOBODY"), 0);
    assert.ok(own > 0 && own < all, `${own}`);
  },
});

peerTest({
  name: "worklists: refused while they are not enabled",
  needs: NEEDS,
  async fn() {
    await using server = await startApp({ config: { DicomPort: 0 } });
    await using listener = await listenDicom(server.app);
    const { code, output } = await findscu(listener.port, ["-W"], RETURNED);
    assert.notEqual(code, 0);
    assert.match(output, /No Acceptable Presentation Contexts|No presentation context/i);
  },
});

peerTest({
  name: "worklists: wlmscpfs answers what we ask",
  needs: NEEDS,
  async fn() {
    await using folder = await examples();
    await using theirs = await wlmscpfs(folder.path);
    await using server = await startServer({
      DicomModalities: {
        ris: { AET: "OFFIS", Host: "127.0.0.1", Port: theirs.port, Timeout: 120 },
      },
    });
    const ask = async (modality: string) => {
      const body = { ScheduledProcedureStepSequence: [{ Modality: modality }], PatientID: "" };
      const url = `${server.url}/modalities/ris/find-worklist`;
      const response = await fetch(url, { method: "POST", body: JSON.stringify(body) });
      assert.equal(response.status, 200);
      return await response.json();
    };
    const keys = ["PatientID", `${STEP}.Modality=CT`];
    const expected = await findscu(theirs.port, ["-W", "-aec", "OFFIS"], keys);
    const ids = (answers: readonly Record<string, unknown>[]) =>
      answers.map(({ PatientID }) => PatientID).sort();
    const found = await ask("CT");
    assert.ok(found.length > 0);
    assert.deepEqual(ids(found), ids(expected.answers));
    assert.deepEqual(await ask("XX"), []);
  },
});
