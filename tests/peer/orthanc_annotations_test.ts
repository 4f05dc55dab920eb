import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { instanceFile, orthancId } from "../support/instances.ts";
import { ORTHANC_CHECK, startOrthanc } from "../support/orthanc.ts";
import { peerTest } from "../support/peer.ts";

const CONFIG = {
  UserMetadata: { MyMeta: 1024 },
  UserContentType: { mine: 1030, typed: [1031, "application/pdf"] },
};
const INSTANCE = `/instances/${orthancId("P1", "1.1", "1.1.1", "1.1.1.1")}`;
const PATIENT = `/patients/${orthancId("P1")}`;
const META = `${INSTANCE}/metadata`;
const MINE = `${INSTANCE}/attachments/mine`;
const DICOM = `${INSTANCE}/attachments/dicom`;
const ALL = `${INSTANCE}/attachments`;

/** Requests of which Orthanc 1.10.1 answers as its newest version; the body is compared where it is not an error. */
const REQUESTS: readonly (readonly [method: string, path: string, body?: string])[] = [
  ...["MyMeta", "Nope", "2000", "500", "70000"].flatMap((name) =>
    (["GET", "PUT", "GET", "DELETE", "DELETE"] as const).map((method) =>
      [method, `${META}/${name}`, ...(method === "PUT" ? ["hello"] : [])] as const
    )
  ) as [string, string, string?][],
  ["PUT", `${META}/TransferSyntax`, "x"],
  ["DELETE", `${META}/TransferSyntax`],
  ["GET", "/instances/nope/metadata"],
  ["PUT", "/instances/nope/metadata/MyMeta", "x"],
  ["DELETE", "/instances/nope/metadata/MyMeta"],
  ["GET", ALL],
  ["GET", `${ALL}?full`],
  ["GET", `${DICOM}/md5`],
  ["GET", `${DICOM}/size`],
  ["GET", `${DICOM}/compressed-md5`],
  ["GET", `${DICOM}/is-compressed`],
  ["GET", `${DICOM}/data`],
  ["PUT", DICOM, "x"],
  ["DELETE", DICOM],
  ["PUT", MINE, "hello hello hello hello"],
  ["PUT", `${ALL}/typed`, "%PDF"],
  ["PUT", `${ALL}/2000`, ""],
  ["GET", `${ALL}?full`],
  ["GET", `${MINE}/data`],
  ["GET", `${ALL}/typed/data`],
  ["GET", `${ALL}/2000/data`],
  ["POST", `${MINE}/compress`, ""],
  ...[
    "size",
    "md5",
    "compressed-size",
    "compressed-md5",
    "is-compressed",
    "data",
    "compressed-data",
  ]
    .map((name) => ["GET", `${MINE}/${name}`] as [string, string]),
  ["POST", `${MINE}/verify-md5`, ""],
  ["POST", `${MINE}/uncompress`, ""],
  ["GET", `${MINE}/is-compressed`],
  ["PUT", MINE, "second"],
  ["GET", `${MINE}/bogus`],
  ["POST", `${ALL}/2999/compress`, ""],
  ["DELETE", MINE],
  ["DELETE", MINE],
  ["GET", `${MINE}/data`],
  ["GET", `${ALL}/nope`],
  ...["1", "yes", "", "false"].flatMap((word): [string, string, string?][] => [
    ["PUT", `${PATIENT}/protected`, word],
    ["GET", `${PATIENT}/protected`],
  ]),
  ["GET", "/patients/nope/protected"],
  ["PUT", "/patients/nope/protected", "1"],
  ["GET", "/exports"],
  ["GET", "/exports?since=5"],
  ["DELETE", "/exports"],
];

/** What is compared of an answer; that of an error is its number. */
async function shown(response: Response) {
  const text = await response.text();
  const isError = response.status >= 400 && text !== "";
  return {
    status: response.status,
    body: isError
      ? JSON.parse(text).OrthancStatus
      : text.startsWith("{\n") || text.startsWith("[\n")
      ? JSON.parse(text)
      : text,
    type: isError ? "" : response.headers.get("Content-Type") ?? "",
    etag: response.headers.get("ETag") ?? "",
  };
}

peerTest({
  name: "metadata, attachments, protection and exports are as Orthanc's",
  needs: [ORTHANC_CHECK],
  async fn(t) {
    await using theirs = await startOrthanc({ DicomServerEnabled: false, ...CONFIG });
    await using ours = await startApp({ config: CONFIG });
    const file = instanceFile();
    await ours.upload(file);
    await (await theirs.request("POST", "/instances", file)).body?.cancel();
    for (const [method, path, body] of REQUESTS) {
      await t.step(`${method} ${path} ${body ?? ""}`, async () => {
        const bytes = body === undefined ? undefined : new TextEncoder().encode(body);
        const expected = await shown(await theirs.request(method, path, bytes));
        assert.deepEqual(await shown(await ours.send(method, path, bytes)), expected);
      });
    }
  },
});
