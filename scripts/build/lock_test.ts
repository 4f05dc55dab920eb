import assert from "node:assert/strict";
import { type LockFile, nameOf, runtimeLock } from "./lock.ts";
import { makeSbom } from "./sbom.ts";

const integrity = "sha512-AAEC/w==";
const LOCK: LockFile = {
  version: "5",
  specifiers: { "npm:a@1.0.0": "1.0.0", "npm:dcmjs-codecs@1": "1.0.0", "npm:test@3": "3.0.0" },
  npm: {
    "@x/b@2.0.0": { integrity, dependencies: ["a"] },
    "a@1.0.0": { integrity, dependencies: ["@x/b", "c@1.0.0"] },
    "c@1.0.0": { integrity },
    "c@2.0.0": { integrity },
    "dcmjs-codecs@1.0.0": { integrity, dependencies: ["c@2.0.0"] },
    "test@3.0.0": { integrity },
  },
  workspace: { dependencies: ["npm:a@1.0.0", "npm:dcmjs-codecs@1", "npm:test@3"] },
};

Deno.test("runtimeLock() keeps what is needed, with what that needs, and nothing for data", () => {
  const { npm, specifiers, workspace } = runtimeLock(LOCK, ["npm:dcmjs-codecs@1", "npm:a@1.0.0"]);
  const kept = ["@x/b@2.0.0", "a@1.0.0", "c@1.0.0", "dcmjs-codecs@1.0.0"];
  assert.deepEqual(Object.keys(npm).sort(), kept);
  assert.deepEqual(npm["dcmjs-codecs@1.0.0"], { integrity });
  assert.deepEqual(npm["a@1.0.0"], LOCK.npm["a@1.0.0"]);
  assert.deepEqual(specifiers, { "npm:dcmjs-codecs@1": "1.0.0", "npm:a@1.0.0": "1.0.0" });
  assert.deepEqual(workspace.dependencies, ["npm:a@1.0.0", "npm:dcmjs-codecs@1"]);
});

Deno.test("runtimeLock() refuses what is not locked", () => {
  assert.throws(() => runtimeLock(LOCK, ["npm:d@1"]), /Cannot find d@undefined/);
});

Deno.test("nameOf() takes the version from a package, also of a scope", () => {
  assert.deepEqual(["a@1.0.0", "@x/b@2.0.0", "a"].map(nameOf), ["a", "@x/b", "a"]);
});

Deno.test("makeSbom() lists runtime and packages with their digests", () => {
  const product = { version: "1.2.3", commit: "abc", denoVersion: "2.9.6", lock: LOCK };
  const sbom = JSON.parse(JSON.stringify(makeSbom(product)));
  assert.equal(sbom.components[0].purl, "pkg:github/denoland/deno@v2.9.6");
  assert.deepEqual(sbom.components[1], {
    type: "library",
    "bom-ref": "@x/b@2.0.0",
    name: "@x/b",
    version: "2.0.0",
    purl: "pkg:npm/%40x/b@2.0.0",
    hashes: [{ alg: "SHA-512", content: "000102ff" }],
  });
  assert.equal(sbom.components.length, 1 + Object.keys(LOCK.npm).length);
});
