import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { dutyInstance } from "../../../tests/support/duty_instance.ts";
import { type GotRequest, startFakePeer } from "../../../tests/support/fake_peer.ts";
import { httpServer } from "../../../tests/support/http_server.ts";
import { instanceFile } from "../../../tests/support/instances.ts";
import { systemClock } from "../../clock.ts";
import { createHttpClient } from "../../net/http_client.ts";
import { createDicomWebSender } from "./dicomweb.ts";

const NEVER = new AbortController().signal;
const FILE = instanceFile();
const INSTANCE = dutyInstance({ file: FILE });
const UID = INSTANCE.sopInstanceUid;

type Answer = (request: GotRequest) => Response;

async function start(answer: Answer, universalSyntax = true) {
  await using stack = new AsyncDisposableStack();
  const web = stack.use(startFakePeer(answer));
  const http = stack.use(
    await createHttpClient({ clock: systemClock, proxy: "", verify: true, authoritiesFile: "" }),
  );
  const target = () => ({ server: httpServer(`${web.url}dicom-web/`), universalSyntax });
  const sender = createDicomWebSender({ http, clock: systemClock, target });
  const running = stack.move();
  return { web, sender, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

function sequence(tag: string, more: Readonly<Record<string, number>> = {}, uid = UID) {
  const values = Object.entries(more).map(([name, value]) => [name, { vr: "US", Value: [value] }]);
  const item = { "00081155": { vr: "UI", Value: [uid] }, ...Object.fromEntries(values) };
  return { [tag]: { vr: "SQ", Value: [item] } };
}

function json(body: unknown, status = 200): Answer {
  return () =>
    new Response(JSON.stringify(body), {
      status,
      headers: { "Content-Type": "application/dicom+json" },
    });
}

const REFERENCED = sequence("00081199");

Deno.test("deliver() posts one part of multipart/related, of known length", async () => {
  await using it = await start(json(REFERENCED));
  const outcome = await it.sender.deliver(INSTANCE, NEVER);
  assert.deepEqual(outcome, { kind: "accepted", status: "0x0000" });
  const [{ method, path, headers, body }] = it.web.got as [GotRequest];
  assert.equal(`${method} ${path}`, "POST /dicom-web/studies");
  assert.equal(headers.get("Content-Length"), String(body.length));
  const type = headers.get("Content-Type") ?? "";
  const boundary = /^multipart\/related; type="application\/dicom"; boundary=([0-9a-f-]{36})$/.exec(
    type,
  )?.[1];
  const head = `--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`;
  const expected = Buffer.concat([
    Buffer.from(head),
    FILE,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  assert.ok(expected.equals(body));
});

for (
  const [what, answer, expected] of [
    ["a warning", json(sequence("00081199", { "00081196": 0xb000 }), 202), {
      kind: "accepted",
      status: "0x0000",
      warning: "the receiver warns: 0xB000",
    }],
    ["a refusal for lack of room", json(sequence("00081198", { "00081197": 0xa700 }), 409), {
      kind: "transient",
      status: "0xA700",
      reason: "the receiver refuses it: 0xA700",
      connectionFault: false,
    }],
    ["a refusal in status 202", json(sequence("00081198", { "00081197": 0x0122 }), 202), {
      kind: "permanent",
      status: "0x0122",
      reason: "the receiver refuses it: 0x0122",
    }],
    ["a refusal without reason", json(sequence("00081198"), 200), {
      kind: "permanent",
      status: "0xC000",
      reason: "the receiver refuses it: 0xC000",
    }],
    ["that it is there already", json(sequence("00081198", { "00081197": 0x0111 }), 409), {
      kind: "accepted",
      status: "0x0111",
    }],
    ["status 200 about another instance", json(sequence("00081199", {}, "1.2.3")), {
      kind: "accepted",
      status: "HTTP 200",
      warning: "the answer does not name the instance",
    }],
    ["status 202 about another instance", json(sequence("00081199", {}, "1.2.3"), 202), {
      kind: "permanent",
      status: "HTTP 202",
      reason: "the answer does not say whether it is stored",
    }],
    ["status 409 and no more", json(null, 409), {
      kind: "permanent",
      status: "HTTP 409",
      reason: "it answers HTTP status 409",
    }],
    ["status 503", () => new Response("", { status: 503, headers: { "Retry-After": "7" } }), {
      kind: "transient",
      status: "HTTP 503",
      reason: "it answers HTTP status 503",
      retryAfterMs: 7000,
      connectionFault: false,
    }],
  ] as const
) {
  Deno.test(`deliver() understands ${what}`, async () => {
    await using it = await start(answer);
    assert.deepEqual(await it.sender.deliver(INSTANCE, NEVER), expected);
  });
}

const INSTANCE_PATH = "/dicom-web/studies/1.1/series/1.1.1/instances";
const ANSWERED = [{ "00080018": { vr: "UI", Value: [UID] } }];

for (
  const [what, answer, kind] of [
    ["finds it", json(ANSWERED), "proven"],
    ["finds others", json([{ "00080018": { vr: "UI", Value: ["1.2.3"] } }]), "missing"],
    ["finds nothing", () => new Response(null, { status: 204 }), "missing"],
    ["has no QIDO-RS", () => new Response(null, { status: 501 }), "unsupported"],
    ["is out of order", () => new Response(null, { status: 503 }), "pending"],
  ] as const
) {
  Deno.test(`prove() by commit: a server that ${what} makes it ${kind}`, async () => {
    await using it = await start(answer);
    const [proof] = await it.sender.prove([INSTANCE], "commit", NEVER);
    assert.equal(proof?.kind, kind);
    assert.equal(it.web.got[0]?.path, `${INSTANCE_PATH}?SOPInstanceUID=${UID}`);
  });
}

function related(file: Uint8Array): Answer {
  return () =>
    new Response(
      Buffer.concat([
        Buffer.from("--b\r\nContent-Type: application/dicom\r\n\r\n"),
        file,
        Buffer.from("\r\n--b--\r\n"),
      ]),
      { headers: { "Content-Type": 'multipart/related; type="application/dicom"; boundary=b' } },
    );
}

/** The same data set with another preamble, as an archive gives it that writes files anew. */
const REWRITTEN = Uint8Array.from(FILE, (byte, at) => at < 128 ? 7 : byte);
const OTHER = instanceFile({ PatientName: "OTHER" });

for (
  const [what, answer, kind] of [
    ["gives the file", related(FILE), "proven"],
    ["gives the file without parts", () => new Response(FILE), "proven"],
    ["gives its data set in a file of its own", related(REWRITTEN), "proven"],
    ["gives other bytes", related(OTHER), "missing"],
    ["gives no file", related(Buffer.from("nope")), "pending"],
    ["gives nothing", () => new Response(null, { status: 404 }), "missing"],
  ] as const
) {
  Deno.test(`prove() by verify: a server that ${what} makes it ${kind}`, async () => {
    await using it = await start(answer);
    const [proof] = await it.sender.prove([INSTANCE], "verify", NEVER);
    assert.equal(proof?.kind, kind);
    const [{ path, headers }] = it.web.got as [GotRequest];
    assert.equal(path, `${INSTANCE_PATH}/${UID}`);
    assert.match(headers.get("Accept") ?? "", /; transfer-syntax=\*$/);
  });
}

Deno.test("prove() does not ask for any syntax where the server does not know that", async () => {
  await using it = await start(related(FILE), false);
  await it.sender.prove([INSTANCE], "verify", NEVER);
  const accept = it.web.got[0]?.headers.get("Accept");
  assert.equal(accept, 'multipart/related; type="application/dicom"');
});

Deno.test("probe() takes any answer of a server that lets us in", async () => {
  await using open = await start(() => new Response(null, { status: 204 }));
  await open.sender.probe(NEVER);
  await using closed = await start(() => new Response(null, { status: 403 }));
  await assert.rejects(closed.sender.probe(NEVER), { code: "unauthorized" });
});
