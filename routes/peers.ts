import { Hono } from "hono";
import * as z from "zod";
import type { App } from "../core/app.ts";
import { sendable } from "../core/archive/sendable.ts";
import type { Wanted } from "../core/archive/transcoding.ts";
import { peer, shownPeer, shownPeerInShort } from "../core/config/peer.ts";
import { findTransferSyntax } from "../core/dicom/transfer_syntax.ts";
import { DicomError } from "../core/errors.ts";
import { ask, jsonOf } from "../core/relay/http/ask.ts";
import { noteTargets } from "./access/audit_requests.ts";
import { bodyOf, readJson } from "./body.ts";
import { empty } from "./errors.ts";
import { answerJob, JobOptions } from "./jobs.ts";
import { readStore } from "./modalities/store.ts";
import { flag, json, text } from "./respond.ts";
import { checkedFile, names } from "./schemas.ts";

/** Body of a store in its long form. */
export const PeerStore = JobOptions.extend({
  Resources: names,
  Compress: z.boolean().default(false),
  Transcode: z.string().optional(),
});

/** What can be done with a peer. */
const OPERATIONS = ["configuration", "store", "store-straight", "system"];

/** The peers, and what they can be asked for. */
export function peerRoutes(app: App): Hono {
  const { peers } = app;
  return new Hono()
    .get("/", (c) => {
      const all = peers.list();
      if (!flag(c, "expand")) return json(c, all.map(({ name }) => name));
      return json(c, Object.fromEntries(all.map(({ name, peer }) => [name, shownPeer(peer)])));
    })
    .get("/:name", (c) => {
      return peers.get(c.req.param("name")) ? json(c, OPERATIONS) : empty(c, 404);
    })
    .get("/:name/configuration", (c) => json(c, shownPeer(peers.named(c.req.param("name")))))
    .put("/:name", async (c) => {
      const body = await readJson(c);
      if (body === undefined) return empty(c, 404); // as Orthanc
      await peers.set(c.req.param("name"), checkedFile(body, peer));
      return text(c, "");
    })
    .delete("/:name", async (c) => {
      const name = c.req.param("name");
      if (await peers.remove(name)) return text(c, "");
      throw new DicomError("unknown-resource", `Unknown Orthanc peer: ${name}`);
    })
    .get("/:name/system", async (c) => {
      const server = peers.serverOf(c.req.param("name"));
      const line = { http: app.http, server };
      const reply = await ask(line, { method: "GET", path: "system" }, c.req.raw.signal);
      return json(c, jsonOf(reply, server));
    })
    .post("/:name/store", async (c) => {
      const name = c.req.param("name");
      const known = peers.named(name);
      const body = checkedFile(await readStore(c), PeerStore);
      const { resources, instances } = await sendable(app.index, body.Resources);
      const input = {
        resources,
        instances,
        peer: name,
        shownPeer: shownPeerInShort(known),
        compress: body.Compress,
        transcode: wantedSyntax(app, body.Transcode),
        permissive: body.Permissive,
      };
      noteTargets(c, body.Resources);
      await app.exports.log(resources, name);
      return answerJob(c, app, { type: "OrthancPeerStore", input, options: body });
    })
    .post("/:name/store-straight", async (c) => {
      const server = peers.serverOf(c.req.param("name"));
      return json(c, await app.peerStoreStraight(bodyOf(c), server, c.req.raw.signal));
    });
}

function wantedSyntax({ config }: App, to: string | undefined): Wanted | null {
  if (to === undefined) return null;
  if (findTransferSyntax(to)) return { to, quality: config.dicomLossyTranscodingQuality };
  throw new DicomError("bad-file", "Cannot transcode: unknown transfer syntax");
}
