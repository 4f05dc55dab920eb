import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { dutyInstance } from "../../../tests/support/duty_instance.ts";
import { type GotRequest, startFakePeer, stored } from "../../../tests/support/fake_peer.ts";
import { instanceFile } from "../../../tests/support/instances.ts";
import { httpServer } from "../../../tests/support/http_server.ts";
import { systemClock } from "../../clock.ts";
import { createHttpClient } from "../../net/http_client.ts";
import { createPeerSender } from "./peer.ts";

const NEVER = new AbortController().signal;
const FILE = instanceFile();
const INSTANCE = dutyInstance({ file: FILE });
const ID = INSTANCE.ids.Instance;
const MD5 = createHash("md5").update(FILE).digest("hex");

type Answer = (request: GotRequest) => Response;

async function start(answer: Answer = stored) {
  await using stack = new AsyncDisposableStack();
  const peer = stack.use(startFakePeer(answer));
  const http = stack.use(
    await createHttpClient({ clock: systemClock, proxy: "", verify: true, authoritiesFile: "" }),
  );
  const server = () => httpServer(peer.url);
  const sender = createPeerSender({ http, clock: systemClock, server });
  const running = stack.move();
  return { peer, sender, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Answers by path. */
function table(answers: Readonly<Record<string, () => Response>>): Answer {
  return ({ path }) => answers[path]?.() ?? new Response(null, { status: 404 });
}

Deno.test("deliver() posts the file as it is", async () => {
  await using it = await start();
  const outcome = await it.sender.deliver(INSTANCE, NEVER);
  assert.deepEqual(outcome, { kind: "accepted", status: "Success" });
  const [{ method, path, headers, body }] = it.peer.got as [GotRequest];
  assert.equal(`${method} ${path}`, "POST /instances");
  assert.equal(headers.get("Content-Length"), String(FILE.length));
  assert.deepEqual(body, new Uint8Array(FILE));
});

for (
  const [what, answer, kind] of [
    ["AlreadyStored", () => Response.json({ ID, Status: "AlreadyStored" }), "accepted"],
    ["FilteredOut", () => Response.json({ ID, Status: "FilteredOut" }), "permanent"],
    ["no JSON", () => new Response("<html>"), "transient"],
    ["status 400", () => new Response("", { status: 400 }), "permanent"],
    ["status 401", () => new Response("", { status: 401 }), "unauthorized"],
    ["status 507", () => new Response("", { status: 507 }), "transient"],
  ] as const
) {
  Deno.test(`deliver() takes ${what} for ${kind}`, async () => {
    await using it = await start(answer);
    assert.equal((await it.sender.deliver(INSTANCE, NEVER)).kind, kind);
  });
}

const FOUND = () => Response.json([{ ID, Type: "Instance", Path: "/x" }]);

for (
  const [what, level, answers, kind] of [
    ["finds it", "commit", { "/tools/lookup": FOUND }, "proven"],
    ["finds another", "commit", {
      "/tools/lookup": () => Response.json([{ ID: "x", Type: "Instance" }]),
    }, "missing"],
    ["finds nothing", "verify", { "/tools/lookup": () => Response.json([]) }, "missing"],
    ["fails", "commit", { "/tools/lookup": () => new Response("", { status: 500 }) }, "pending"],
    ["has the same MD5", "verify", {
      "/tools/lookup": FOUND,
      [`/instances/${ID}/attachments/dicom/md5`]: () => new Response(MD5),
    }, "proven"],
    ["has another MD5", "verify", {
      "/tools/lookup": FOUND,
      [`/instances/${ID}/attachments/dicom/md5`]: () => new Response("0".repeat(32)),
      [`/instances/${ID}/metadata/TransferSyntax`]: () => new Response("1.2.840.10008.1.2.1"),
    }, "missing"],
    ["has transcoded it", "verify", {
      "/tools/lookup": FOUND,
      [`/instances/${ID}/attachments/dicom/md5`]: () => new Response("0".repeat(32)),
      [`/instances/${ID}/metadata/TransferSyntax`]: () => new Response("1.2.840.10008.1.2.4.70"),
    }, "unsupported"],
    ["has no MD5, but the same file", "verify", {
      "/tools/lookup": FOUND,
      [`/instances/${ID}/file`]: () => new Response(FILE),
    }, "proven"],
    ["has neither MD5 nor file", "verify", { "/tools/lookup": FOUND }, "pending"],
  ] as const
) {
  Deno.test(`prove() by ${level}: a peer that ${what} makes it ${kind}`, async () => {
    await using it = await start(table(answers));
    const [proof] = await it.sender.prove([INSTANCE], level, NEVER);
    assert.equal(proof?.kind, kind);
    assert.equal(new TextDecoder().decode(it.peer.got[0]!.body), INSTANCE.sopInstanceUid);
  });
}

Deno.test("probe() asks for /system, and tells who is not let in", async () => {
  await using open = await start(() => Response.json({}));
  await open.sender.probe(NEVER);
  assert.equal(open.peer.got[0]?.path, "/system");
  await using closed = await start(() => new Response("", { status: 401 }));
  await assert.rejects(closed.sender.probe(NEVER), { code: "unauthorized" });
  await using broken = await start(() => new Response("", { status: 500 }));
  await assert.rejects(broken.sender.probe(NEVER), { code: "network" });
});
