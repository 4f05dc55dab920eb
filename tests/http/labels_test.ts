import assert from "node:assert/strict";
import { IDS, startFilled } from "../support/filled.ts";

const STUDY = `/studies/${IDS.knee}`;

/** Requests about labels in order, with status and body. */
const STEPS: readonly (readonly [method: string, path: string, status: number, body: unknown])[] = [
  ["GET", `${STUDY}/labels`, 200, []],
  ["PUT", `${STUDY}/labels/urgent`, 200, ""],
  ["PUT", `${STUDY}/labels/urgent`, 200, ""],
  ["PUT", `${STUDY}/labels/A-1_b`, 200, ""],
  ["PUT", `/patients/${IDS.p2}/labels/urgent`, 200, ""],
  ["GET", `${STUDY}/labels`, 200, ["A-1_b", "urgent"]],
  ["GET", `${STUDY}/labels/urgent`, 200, ""],
  ["GET", `${STUDY}/labels/Urgent`, 404, ""],
  ["GET", `/patients/${IDS.p1}/labels`, 200, []], // they do not go up
  ["GET", `/series/${IDS.mr}/labels/urgent`, 404, ""], // nor down
  ["GET", "/tools/labels", 200, ["A-1_b", "urgent"]],
  ["PUT", `${STUDY}/labels/two%20words`, 400, 8],
  ["PUT", `${STUDY}/labels/${"x".repeat(65)}`, 400, 8],
  ["PUT", `${STUDY}/labels/${"x".repeat(64)}`, 200, ""],
  ["DELETE", `${STUDY}/labels/${"x".repeat(64)}`, 200, ""],
  ["PUT", `${STUDY}/labels/a%00`, 400, 8],
  ["DELETE", `${STUDY}/labels/urgent`, 200, ""],
  ["DELETE", `${STUDY}/labels/urgent`, 200, ""],
  ["GET", `${STUDY}/labels/urgent`, 404, ""],
  ["GET", "/tools/labels", 200, ["A-1_b", "urgent"]],
  ["DELETE", `/patients/${IDS.p2}`, 200, { RemainingAncestor: null }],
  ["GET", "/tools/labels", 200, ["A-1_b"]],
  ["GET", "/studies/nope/labels", 404, ""],
  ["PUT", "/studies/nope/labels/x", 404, ""],
  ["DELETE", "/studies/nope/labels/x", 404, ""],
];

Deno.test("labels are put, shown, listed and removed", async (t) => {
  await using server = await startFilled();
  for (const [method, path, status, body] of STEPS) {
    await t.step(`${method} ${path}`, async () => {
      const response = await server.send(method, path);
      const text = await response.text();
      assert.equal(response.status, status, text);
      const json = text === "" ? "" : JSON.parse(text);
      assert.deepEqual(status === 400 ? json.OrthancStatus : json, body);
    });
  }
});

Deno.test("labels are part of their resource", async () => {
  await using server = await startFilled();
  await server.send("PUT", `${STUDY}/labels/urgent`);
  const { Labels } = await server.get<{ Labels: unknown }>(STUDY);
  assert.deepEqual(Labels, ["urgent"]);
});
