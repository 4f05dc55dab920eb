import type { Operation } from "./openapi_operations.ts";
import { PeerStore } from "./peers.ts";

const JSON_TYPE = "application/json";
const TEXT = "text/plain";
const ONE = "/peers/:name";

/** Peers: remote servers with this REST API. */
export const PEER_OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/peers",
    summary: "The peers",
    query: ["expand"],
    answer: JSON_TYPE,
  },
  { method: "get", path: ONE, summary: "What a peer can be asked for", answer: JSON_TYPE },
  {
    method: "get",
    path: `${ONE}/configuration`,
    summary: "How it is configured, without secrets",
    answer: JSON_TYPE,
  },
  { method: "put", path: ONE, summary: "Add a peer, or change it", body: JSON_TYPE, answer: TEXT },
  { method: "delete", path: ONE, summary: "Forget a peer", answer: TEXT },
  {
    method: "get",
    path: `${ONE}/system`,
    summary: "What the peer says it is and can do",
    answer: JSON_TYPE,
  },
  {
    method: "post",
    path: `${ONE}/store`,
    summary: "Send resources to it",
    body: PeerStore,
    answer: JSON_TYPE,
  },
  {
    method: "post",
    path: `${ONE}/store-straight`,
    summary: "Send a file to it without storing it",
    body: "application/dicom",
    answer: JSON_TYPE,
  },
];
