import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { DicomError } from "../errors.ts";
import { fileParts } from "./multipart.ts";

const RUNS = { numRuns: Number(Deno.env.get("FUZZ_RUNS") ?? 100) };
const TYPE = "multipart/form-data; boundary=X";
const FILE = 'Content-Disposition: form-data; name="f"; filename="a.dcm"';

/** `bytes` in pieces of these lengths, in turn. */
function* cut(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length]!;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

async function read(body: AsyncIterable<Uint8Array>, contentType = TYPE): Promise<Buffer[]> {
  const files: Buffer[] = [];
  for await (const part of fileParts(body, contentType)) {
    files.push(Buffer.concat(await Array.fromAsync(part)));
  }
  return files;
}

function readText(text: string, contentType = TYPE): Promise<string[]> {
  const body = ReadableStream.from([Buffer.from(text, "latin1")]);
  return read(body, contentType).then((files) => files.map((file) => file.toString("latin1")));
}

Deno.test("fileParts() gives the files of a form as a browser sends it, in any chunks", async () => {
  const file = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: fc.constantFrom("\r", "\n", "-", "X"), maxLength: 50 }).map(Buffer.from),
  );
  const lengths = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });
  const property = fc.asyncProperty(
    fc.array(file, { maxLength: 5 }),
    lengths,
    async (files, cuts) => {
      const form = new FormData();
      form.append("note", "text");
      for (const bytes of files) {
        form.append(
          "files",
          new Blob([Uint8Array.from(bytes)]),
          'a";\r\n.dcm',
        );
      }
      const sent = new Response(form);
      const contentType = sent.headers.get("Content-Type")!;
      const body = ReadableStream.from(cut(await sent.bytes(), cuts));
      assert.deepEqual(await read(body, contentType), files.map((bytes) => Buffer.from(bytes)));
    },
  );
  await fc.assert(property, RUNS);
});

Deno.test("fileParts() gives files or a DicomError for any body", async () => {
  const words = [
    "--X",
    "--",
    "\r\n",
    "\r\n--X",
    FILE,
    "\r\n\r\n",
    "content",
    " ",
    "Content-Type: ",
  ];
  const text = fc.array(fc.constantFrom(...words), { maxLength: 20 });
  const property = fc.asyncProperty(text, async (parts) => {
    await readText(parts.join("")).catch((error) => {
      if (!(error instanceof DicomError && error.code === "bad-request")) throw error;
    });
  });
  await fc.assert(property, RUNS);
});

Deno.test("fileParts() leaves out preamble, epilogue, fields and inputs without a file", async () => {
  const text = [
    "preamble\r\n--X \t\r\n" + FILE + "\r\n\r\none",
    '--X\r\nContent-Disposition: form-data; name="filename"\r\n\r\ntext',
    '--X\r\nContent-Disposition: form-data; name="f"; filename=""\r\n' +
    "Content-Type: application/octet-stream\r\n\r\n",
    "--X\r\n\r\nneither name nor type",
    "--X\r\nContent-Type: application/dicom\r\nContent-Disposition: form-data; name=f\r\n\r\ntwo",
    "--X\r\nCONTENT-DISPOSITION: form-data; name=f; filename*=UTF-8''a\r\n\r\n--Xthree\r\n--",
    "--X--\r\nepilogue",
  ].join("\r\n");
  assert.deepEqual(await readText(text), ["one", "two", "--Xthree\r\n--"]);
});

Deno.test("fileParts() takes a quoted boundary with spaces", async () => {
  const text = `--a b:c\r\n${FILE}\r\n\r\none\r\n--a b:c--`;
  assert.deepEqual(await readText(text, 'Multipart/Form-Data; charset=x; Boundary="a b:c"'), [
    "one",
  ]);
});

Deno.test("fileParts() goes on behind a file that was not read to its end", async () => {
  const text = `--X\r\n${FILE}\r\n\r\n${"a".repeat(999)}\r\n--X\r\n${FILE}\r\n\r\ntwo\r\n--X--`;
  const chunks = ReadableStream.from(cut(Buffer.from(text), [100]));
  const seen: string[] = [];
  for await (const part of fileParts(chunks, TYPE)) {
    for await (const bytes of part) {
      seen.push(Buffer.from(bytes).toString().slice(0, 3));
      break;
    }
  }
  assert.deepEqual(seen, ["aaa", "two"]);
});

Deno.test("fileParts() asks for no more of the body than its reader", async () => {
  let asked = 0;
  async function* body() {
    yield Buffer.from(`--X\r\n${FILE}\r\n\r\n`);
    for (; asked < 1000; asked++) yield Buffer.alloc(1000);
    yield Buffer.from("\r\n--X--");
  }
  for await (const part of fileParts(body(), TYPE)) {
    for await (const _ of part) break;
    break;
  }
  assert.ok(asked <= 2, `${asked} chunks`);
});

Deno.test("fileParts() reads the body to its end", async () => {
  let ended = false;
  async function* body() {
    yield Buffer.from(`--X\r\n${FILE}\r\n\r\none\r\n--X--`);
    yield Buffer.from("\r\n");
    ended = true;
  }
  await read(body());
  assert.ok(ended);
});

const endless = ReadableStream.from((function* () {
  yield Buffer.from("--X\r\n");
  for (;;) yield Buffer.from("A: b\r\n".repeat(100));
})());

/** Forms that are refused. */
const MALFORMED: Record<string, [() => Promise<unknown>, RegExp]> = {
  "without a boundary": [() => readText("", "multipart/form-data"), /boundary is missing/],
  "with a boundary of 71 characters": [
    () => readText("", `multipart/form-data; boundary=${"b".repeat(71)}`),
    /boundary is missing or invalid/,
  ],
  "without any part": [() => readText("hello"), /cut short/],
  "cut short in the headers": [() => readText(`--X\r\n${FILE}\r\n`), /cut short/],
  "cut short in a file": [() => readText(`--X\r\n${FILE}\r\n\r\none\r\n--`), /cut short/],
  "with endless headers": [() => read(endless), /headers of a part are too long/],
  "with text behind a boundary": [
    () => readText(`--XY\r\n${FILE}\r\n\r\none\r\n--XY--`),
    /followed by other text/,
  ],
  "with a part in Base64": [
    () => readText(`--X\r\n${FILE}\r\nContent-Transfer-Encoding: BASE64\r\n\r\none\r\n--X--`),
    /encoded parts/,
  ],
  "of too many parts": [
    () => readText("--X\r\n\r\n\r\n".repeat(100_001) + "--X--"),
    /more than 100000/,
  ],
};

for (const [name, [reading, message]] of Object.entries(MALFORMED)) {
  Deno.test(`fileParts() refuses a form ${name}`, async () => {
    await assert.rejects(
      reading(),
      (error) =>
        error instanceof DicomError && error.code === "bad-request" && message.test(error.message),
    );
  });
}
