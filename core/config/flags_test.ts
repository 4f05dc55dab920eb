import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { DicomError } from "../errors.ts";
import {
  checkEnvironmentNames,
  CONFIG_FLAGS,
  environmentName,
  environmentToOverrides,
  flagName,
  flagsToOverrides,
} from "./flags.ts";

for (
  const [option, flag, variable] of [
    ["HttpPort", "http-port", "OUTPOST_HTTP_PORT"],
    ["HttpsCACertificates", "https-ca-certificates", "OUTPOST_HTTPS_CA_CERTIFICATES"],
    ["StoreMD5ForAttachments", "store-md5-for-attachments", "OUTPOST_STORE_MD5_FOR_ATTACHMENTS"],
    ["CaseSensitivePN", "case-sensitive-pn", "OUTPOST_CASE_SENSITIVE_PN"],
    [
      "MaximumRequestBodySizeMB",
      "maximum-request-body-size-mb",
      "OUTPOST_MAXIMUM_REQUEST_BODY_SIZE_MB",
    ],
    ["Name", "name", "OUTPOST_NAME"],
  ] as const
) {
  Deno.test(`flagName() and environmentName() of ${option}`, () => {
    assert.equal(flagName(option), flag);
    assert.equal(environmentName(option), variable);
  });
}

function overridesOf(...args: string[]) {
  return flagsToOverrides(parseArgs({ args, options: CONFIG_FLAGS }).values);
}

Deno.test("flagsToOverrides() takes flags in both spellings", () => {
  assert.deepEqual(overridesOf("--http-port=8043", "--Name", "x"), [
    { option: "Name", text: "x", where: "--Name" },
    { option: "HttpPort", text: "8043", where: "--http-port" },
  ]);
});

Deno.test("flagsToOverrides() passes over the flags of others", () => {
  assert.deepEqual(flagsToOverrides({ verbose: true, config: "x" }), []);
});

Deno.test("flagsToOverrides() refuses an option given twice", () => {
  for (const second of ["--http-port=2", "--HttpPort=2"]) {
    assert.throws(
      () => overridesOf("--http-port=1", second),
      (error) => error instanceof DicomError && error.code === "configuration",
    );
  }
});

Deno.test("environmentToOverrides() asks for each option", () => {
  const env = (name: string) => name === "OUTPOST_HTTP_PORT" ? "1" : undefined;
  assert.deepEqual(environmentToOverrides(env), [
    { option: "HttpPort", text: "1", where: "OUTPOST_HTTP_PORT" },
  ]);
});

Deno.test("checkEnvironmentNames() warns of ours that are no option's", () => {
  const names = ["PATH", "OUTPOST_HTTP_PORT", "OUTPOST_HTP_PORT"];
  assert.deepEqual(checkEnvironmentNames(names), [
    "OUTPOST_HTP_PORT: no such option, did you mean OUTPOST_HTTP_PORT?",
  ]);
});
