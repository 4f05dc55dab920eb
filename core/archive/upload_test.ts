import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { dicomFile } from "../../tests/support/dicom.ts";
import { type TestMember, zipOf } from "../../tests/support/zip.ts";
import { memorySource } from "../bytes/source.ts";
import { DicomError } from "../errors.ts";
import type { FileStore } from "../ports.ts";
import type { Ingest, Origin } from "./ingest.ts";
import { createUpload, type UploadResult } from "./upload.ts";

const ORIGIN: Origin = { kind: "recovery" };
const instance = (number: number): TestMember => ({
  bytes: dicomFile({ sopInstanceUid: `1.2.3.4.${number}` }),
});

interface Harness {
  /** What was staged, in order; the first is the body. */
  readonly staged: Buffer[];
  readonly stored: Buffer[];
  upload(...body: Uint8Array[]): Promise<UploadResult>;
}

/** An upload over files in memory; `ingest` accepts whatever ends as a whole instance does. */
function harness(options: { maximumMemberSize?: number; ingest?: Ingest } = {}): Harness {
  const staged: Buffer[] = [];
  const stored: Buffer[] = [];
  let open = 0;
  const files: Pick<FileStore, "stage"> = {
    async stage(body) {
      const bytes = Buffer.concat(await Array.fromAsync(body));
      staged.push(bytes);
      open++;
      return {
        file: { uuid: String(staged.length), size: bytes.length, sha256: "" },
        source: memorySource(bytes),
        commit: () => Promise.resolve(),
        [Symbol.asyncDispose]: () => Promise.resolve(void open--),
      };
    },
  };
  const ingest: Ingest = async ({ source, file }) => {
    const bytes = Buffer.from(await source.read(0, source.size));
    if (bytes.includes("BROKEN")) throw new DicomError("bad-file", "Cannot read");
    stored.push(bytes);
    const ids = { Patient: "p", Study: "s", Series: "e", Instance: uidOf(bytes) };
    return { kind: file.size > 0 ? "stored" : "duplicate", ids };
  };
  const upload = createUpload({
    files: files as FileStore,
    ingest: options.ingest ?? ingest,
    maximumMemberSize: options.maximumMemberSize ?? 1e6,
    log: () => {},
  });
  return {
    staged,
    stored,
    async upload(...body) {
      try {
        return await upload(ReadableStream.from(body), ORIGIN);
      } finally {
        assert.equal(open, 0, "every staged file is disposed");
      }
    },
  };
}

function uidOf(bytes: Buffer): string {
  return /1\.2\.3\.4\.\d+/.exec(bytes.toString("latin1"))?.[0] ?? "";
}

/** Instances and failures, in order. */
function summary(result: UploadResult): string[] {
  assert.equal(result.kind, "archive");
  return result.kind !== "archive"
    ? []
    : result.members.map((member) =>
      member.kind === "stored" ? member.outcome.ids.Instance : member.reason
    );
}

Deno.test("upload() passes a file that is no archive to the ingest, whatever it is", async () => {
  for (const bytes of [dicomFile({ sopInstanceUid: "1.2.3.4.1" }), Buffer.from("garbage")]) {
    const { upload, stored } = harness();
    assert.equal((await upload(bytes.subarray(0, 3), bytes.subarray(3))).kind, "single");
    assert.deepEqual(stored, [Buffer.from(bytes)]);
  }
});

Deno.test("upload() keeps the order of the archive, however long each member takes", async () => {
  const waiting: (() => void)[] = [];
  const ingest: Ingest = async ({ source }) => {
    const bytes = Buffer.from(await source.read(0, source.size));
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 4) { while (waiting.length > 0) waiting.pop()!(); // the last one first
       }
    });
    const ids = { Patient: "p", Study: "s", Series: "e", Instance: uidOf(bytes) };
    return { kind: "stored", ids };
  };
  const { upload } = harness({ ingest });
  const result = await upload(zipOf([1, 2, 3, 4, 5, 6, 7, 8].map(instance)));
  assert.deepEqual(summary(result), [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `1.2.3.4.${n}`));
});

Deno.test("upload() passes over what is no instance, without writing it to the disk", async () => {
  const { upload, staged } = harness();
  const directory = dicomFile({ sopInstanceUid: "1.2", sopClassUid: "1.2.840.10008.1.3.10" });
  const result = await upload(zipOf([
    { bytes: Buffer.from("read me"), name: "a.txt" },
    { bytes: new Uint8Array(), name: "folder/" },
    { bytes: new Uint8Array(2_000_000), name: "film.avi" }, // larger than a member may be
    { bytes: directory, name: "DICOMDIR" },
    { bytes: zipOf([instance(9)]), name: "nested.zip", method: 0 },
    instance(1),
    { bytes: dicomFile({ sopInstanceUid: "1.2.3.4.2", bare: true }), name: "../../etc/passwd" },
  ]));
  assert.deepEqual(summary(result), ["1.2.3.4.1", "1.2.3.4.2"]);
  assert.equal(staged.length, 3); // the archive and two instances
});

Deno.test("upload() reports what is wrong with a member and goes on with the others", async () => {
  const { upload } = harness({ maximumMemberSize: 100_000 });
  const broken = Buffer.from(instance(2).bytes);
  broken.write("BROKEN", broken.length - 8, "latin1");
  const result = await upload(zipOf([
    instance(1),
    { bytes: broken },
    { ...instance(3), flags: 0x0001 },
    { ...instance(4), method: 12 },
    { ...instance(5), declared: { crc32: 7 } },
    { bytes: dicomFile({ sopInstanceUid: "1.2.3.4.6", pixelBytes: 1_000_000 }) },
    instance(7),
  ]));
  assert.deepEqual(summary(result), [
    "1.2.3.4.1",
    "Cannot read",
    "Cannot read ZIP member: it is encrypted",
    "Cannot read ZIP member: compression method 12 is not supported",
    "Cannot read ZIP member: its checksum is wrong",
    "Cannot read ZIP member: it has more than 100000 bytes",
    "1.2.3.4.7",
  ]);
});

Deno.test("upload() writes no more of a bomb than its declared size", async () => {
  const { upload, staged } = harness();
  const bytes = dicomFile({ sopInstanceUid: "1.2.3.4.1", pixelBytes: 20_000_000 });
  const result = await upload(zipOf([{ bytes, declared: { size: 200_000 } }, instance(2)]));
  assert.deepEqual(summary(result), [
    "Cannot read ZIP member: it has more bytes than declared",
    "1.2.3.4.2",
  ]);
  assert.equal(staged.length, 2);
});

Deno.test("upload() ends an archive when the server cannot store, and stores no more of it", async () => {
  let calls = 0;
  const ingest: Ingest = () => {
    calls++;
    return Promise.reject(
      new DicomError("storage-full", "Cannot store instance: the disk is full"),
    );
  };
  const { upload } = harness({ ingest });
  const zip = zipOf(Array.from({ length: 50 }, (_, number) => instance(number)));
  await assert.rejects(upload(zip), { code: "storage-full" });
  assert.ok(calls <= 8, `${calls} members after the first failure`);
});

Deno.test("upload() refuses an archive without a whole directory, and stores nothing of it", async () => {
  const { upload, stored } = harness();
  const zip = zipOf([instance(1), instance(2)]);
  await assert.rejects(upload(zip.subarray(0, zip.length - 30)), { code: "bad-file" });
  assert.deepEqual(stored, []);
});

Deno.test("upload() finds an archive behind other bytes, and takes an empty one as such", async () => {
  const prepended = Buffer.from("#!/bin/sh\nexec unzip $0\n");
  assert.deepEqual(summary(await harness().upload(zipOf([instance(1)], { prepended }))), [
    "1.2.3.4.1",
  ]);
  assert.deepEqual(summary(await harness().upload(zipOf([]))), []);
});

Deno.test("upload() leaves an archive within Pixel Data alone", async () => {
  const { upload } = harness();
  const file = Buffer.from(dicomFile({ sopInstanceUid: "1.2.3.4.1", pixelBytes: 4000 }));
  zipOf([instance(2)]).forEach((byte, at, zip) => file[file.length - zip.length + at] = byte);
  assert.equal((await upload(file)).kind, "single");
});
