import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { publicIds } from "../../core/archive/ids.ts";
import { dicomFile } from "../../tests/support/dicom.ts";
import { importFolders, type ImportOptions } from "./import.ts";

/** A server that keeps in memory what is sent. */
interface Stub extends AsyncDisposable {
  readonly url: URL;
  /** Bytes by public identifier. */
  readonly instances: Map<string, Buffer>;
  /** Method, path and credentials of each request. */
  readonly requests: string[];
}

/** Answers instead of the stub where it returns a response. */
type Interceptor = (request: Request) => Response | undefined;

function startStub(intercept: Interceptor = () => undefined): Stub {
  const instances = new Map<string, Buffer>();
  const requests: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const body = Buffer.from(await request.arrayBuffer());
    requests.push(`${pathname} ${request.headers.get("Authorization") ?? ""}`.trim());
    const instead = intercept(request);
    if (instead) return instead;
    if (pathname.endsWith("/tools/bulk-content")) {
      const { Resources } = JSON.parse(body.toString()) as { Resources: string[] };
      return Response.json(Resources.filter((id) => instances.has(id)).map((ID) => ({ ID })));
    }
    assert.equal(Number(request.headers.get("Content-Length")), body.length);
    const id = idOf(body);
    const Status = instances.has(id) ? "AlreadyStored" : "Success";
    instances.set(id, body);
    return Response.json({ ID: id, Status });
  });
  return {
    url: new URL(`http://127.0.0.1:${server.addr.port}`),
    instances,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function idOf(file: Buffer): string {
  return idOfInstance(/1\.2\.3\.4\.\d+/.exec(file.toString("latin1"))?.[0] ?? "");
}

function idOfInstance(sopInstanceUid: string): string {
  const series = { studyInstanceUid: "1.2.3", seriesInstanceUid: "1.2.3.4" };
  return publicIds({ patientId: "P1", ...series, sopInstanceUid }).Instance;
}

/** A folder with these files, and folders by the slashes in their names. */
async function makeFolder(
  files: Record<string, Uint8Array>,
): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir();
  for (const [name, bytes] of Object.entries(files)) {
    await Deno.mkdir(`${path}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeFile(`${path}/${name}`, bytes);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

const instance = (number: number) => dicomFile({ sopInstanceUid: `1.2.3.4.${number}` });

/** An import without terminal and without waiting; gives what it wrote, too. */
async function runImport(options: Pick<ImportOptions, "folders" | "url"> & Partial<ImportOptions>) {
  let output = "";
  const waits: number[] = [];
  const promise = importFolders({
    isTerminal: false,
    signal: new AbortController().signal,
    now: () => 0,
    write: (text) => void (output += text),
    sleep: (ms) => Promise.resolve(void waits.push(ms)),
    ...options,
  });
  const result = await promise.catch((error) => error);
  return { result, waits, output };
}

Deno.test("importFolders() sends the DICOM files of all folders below, byte by byte", async () => {
  await using stub = startStub();
  await using folder = await makeFolder({
    "1": instance(1),
    "a/b/2.dcm": instance(2),
    "a/large": dicomFile({ sopInstanceUid: "1.2.3.4.3", pixelBytes: 1_000_000 }),
    "a/notes.txt": Buffer.from("no DICOM"),
    "a/empty": new Uint8Array(),
    "DICOMDIR": dicomFile({ sopInstanceUid: "1", sopClassUid: "1.2.840.10008.1.3.10" }),
  });
  const { result, output } = await runImport({ folders: [folder.path], url: stub.url });
  assert.deepEqual(result, { stored: 3, already: 0, failed: 0, skipped: 3 });
  assert.deepEqual(
    stub.instances.get(idOfInstance("1.2.3.4.3")),
    Buffer.from(await Deno.readFile(`${folder.path}/a/large`)),
  );
  assert.equal(output, "3 stored, 0 already there, 0 failed, 3 skipped; 1.0 MB sent in 0.0 s\n");
});

Deno.test("importFolders() does not send again what the server has", async () => {
  await using stub = startStub();
  await using folder = await makeFolder({ "1": instance(1), "2": instance(2) });
  await runImport({ folders: [folder.path], url: stub.url });
  await Deno.writeFile(`${folder.path}/3`, instance(3));
  stub.requests.length = 0;
  const { result } = await runImport({ folders: [folder.path], url: stub.url });
  assert.deepEqual(result, { stored: 1, already: 2, failed: 0, skipped: 0 });
  assert.deepEqual(stub.requests, ["/tools/bulk-content", "/instances"]);
});

Deno.test("importFolders() asks about many files in batches", async () => {
  await using stub = startStub();
  const files = Array.from({ length: 250 }, (_, number) => [String(number), instance(number)]);
  await using folder = await makeFolder(Object.fromEntries(files));
  const { result } = await runImport({ folders: [folder.path], url: stub.url, concurrency: 8 });
  assert.deepEqual(result, { stored: 250, already: 0, failed: 0, skipped: 0 });
  assert.equal(stub.requests.filter((path) => path.startsWith("/tools")).length, 3);
});

Deno.test("importFolders() sends everything to a server that cannot tell what it has", async () => {
  const missing = new Response(null, { status: 404 });
  await using stub = startStub(({ url }) => url.endsWith("bulk-content") ? missing : undefined);
  await using folder = await makeFolder({ "1": instance(1), "2": instance(1) });
  const { result } = await runImport({ folders: [folder.path], url: stub.url });
  assert.deepEqual(result, { stored: 1, already: 1, failed: 0, skipped: 0 });
});

Deno.test("importFolders() does not follow links, so a loop does not hold it", async () => {
  await using stub = startStub();
  await using folder = await makeFolder({ "a/1": instance(1) });
  await Deno.symlink("..", `${folder.path}/a/loop`);
  const { result } = await runImport({ folders: [folder.path], url: stub.url });
  assert.deepEqual(result, { stored: 1, already: 0, failed: 0, skipped: 1 });
});

Deno.test("importFolders() takes a single file, and reports what is not there", async () => {
  await using stub = startStub();
  await using folder = await makeFolder({ "1": instance(1) });
  const folders = [`${folder.path}/1`, `${folder.path}/none`];
  const { result, output } = await runImport({ folders, url: stub.url });
  assert.deepEqual(result, { stored: 1, already: 0, failed: 1, skipped: 0 });
  assert.match(output, /^failed: .*none: cannot be read$/m);
});

Deno.test("importFolders() reports a file that has gone, and goes on", async () => {
  await using folder = await makeFolder({ "1": instance(1), "2": instance(2) });
  await using stub = startStub(({ url }) => {
    if (url.endsWith("bulk-content")) Deno.removeSync(`${folder.path}/1`);
    return undefined;
  });
  const { result, output } = await runImport({ folders: [folder.path], url: stub.url });
  assert.deepEqual(result, { stored: 1, already: 0, failed: 1, skipped: 0 });
  assert.match(output, /^failed: .*\/1: cannot be read$/m);
});

Deno.test("importFolders() takes credentials from the URL, and keeps its path", async () => {
  await using stub = startStub();
  await using folder = await makeFolder({ "1": instance(1) });
  const url = new URL("/behind/proxy", stub.url);
  url.username = "alice";
  url.password = "pass word";
  await runImport({ folders: [folder.path], url });
  const credentials = Buffer.from("alice:pass word").toString("base64");
  assert.deepEqual(stub.requests, [
    `/behind/proxy/tools/bulk-content Basic ${credentials}`,
    `/behind/proxy/instances Basic ${credentials}`,
  ]);
});

Deno.test("importFolders() tries again while the server is busy", async () => {
  let busy = 3;
  await using stub = startStub(() => busy-- > 0 ? new Response(null, { status: 503 }) : undefined);
  await using folder = await makeFolder({ "1": instance(1) });
  const { result, waits } = await runImport({ folders: [folder.path], url: stub.url });
  assert.deepEqual(result, { stored: 1, already: 0, failed: 0, skipped: 0 });
  assert.deepEqual(waits, [500, 1000, 2000]);
});

Deno.test("importFolders() counts the bytes of a file that went out twice once", async () => {
  let busy = true;
  await using stub = startStub(({ url }) => {
    if (!url.endsWith("/instances") || !busy) return undefined;
    busy = false;
    return new Response(null, { status: 503 });
  });
  const bytes = dicomFile({ sopInstanceUid: "1.2.3.4.3", pixelBytes: 1_000_000 });
  await using folder = await makeFolder({ "1": bytes });
  const { output } = await runImport({ folders: [folder.path], url: stub.url });
  assert.match(output, /1 stored.* 1\.0 MB sent/);
});

Deno.test("importFolders() gives up a server that nobody answers for", async () => {
  const stub = startStub();
  await stub[Symbol.asyncDispose]();
  await using folder = await makeFolder({ "1": instance(1) });
  const { result, waits } = await runImport({ folders: [folder.path], url: stub.url });
  assert.equal(result.code, "network");
  assert.deepEqual(waits, [500, 1000, 2000, 4000]);
});

for (
  const [status, code] of [[401, "unauthorized"], [403, "unauthorized"], [507, "storage-full"]]
) {
  Deno.test(`importFolders() ends when the server answers ${status}`, async () => {
    await using stub = startStub(({ url }) =>
      url.endsWith("/instances") ? new Response(null, { status: Number(status) }) : undefined
    );
    const files = Array.from({ length: 30 }, (_, number) => [String(number), instance(number)]);
    await using folder = await makeFolder(Object.fromEntries(files));
    const { result } = await runImport({ folders: [folder.path], url: stub.url });
    assert.equal(result.code, code);
    assert.ok(stub.requests.length <= 10, `${stub.requests.length} requests`);
  });
}

Deno.test("importFolders() reports what the server refuses, without steering the terminal", async () => {
  let first = true;
  await using stub = startStub(({ url }) => {
    if (!url.endsWith("/instances") || !first) return undefined;
    first = false;
    return Response.json({ Details: "Bad\x1b[31m file\n" }, { status: 400 });
  });
  await using folder = await makeFolder({ "1\x1b[2J": instance(1), "2": instance(2) });
  const { result, output } = await runImport({
    folders: [folder.path],
    url: stub.url,
    concurrency: 1,
  });
  assert.deepEqual(result, { stored: 1, already: 0, failed: 1, skipped: 0 });
  assert.match(output, /^failed: .*\/1\?\[2J: Bad\?\[31m file\?$/m);
});

Deno.test("importFolders() sends a damaged DICOM file: the server says what is wrong", async () => {
  await using stub = startStub(({ url }) =>
    url.endsWith("/instances")
      ? Response.json({ Message: "Bad file format" }, { status: 400 })
      : undefined
  );
  await using folder = await makeFolder({ "1": instance(1).subarray(0, 300) });
  const { result, output } = await runImport({ folders: [folder.path], url: stub.url });
  assert.deepEqual(result, { stored: 0, already: 0, failed: 1, skipped: 0 });
  assert.match(output, /1: Bad file format/);
});

Deno.test("importFolders() ends without an error when it is told to stop", async () => {
  const stop = new AbortController();
  await using stub = startStub(({ url }) => {
    if (url.endsWith("/instances")) stop.abort();
    return undefined;
  });
  const files = Array.from({ length: 30 }, (_, number) => [String(number), instance(number)]);
  await using folder = await makeFolder(Object.fromEntries(files));
  const options = { folders: [folder.path], url: stub.url, signal: stop.signal, concurrency: 1 };
  const { result, output } = await runImport(options);
  assert.ok(result.stored <= 1, `${result.stored} stored`);
  assert.match(output, /^stopped\n0 stored|^stopped\n1 stored/);
});

Deno.test("importFolders() refuses a URL that is not of HTTP", async () => {
  const { result } = await runImport({ folders: ["."], url: new URL("ftp://localhost") });
  assert.equal(result.code, "bad-uri");
});
