import type * as z from "zod";
import { FindWorklist, Keys } from "./modalities/find.ts";
import { Get, Move } from "./modalities/retrieve.ts";
import { Store } from "./modalities/store.ts";
import { DicomEcho, Echo } from "./modalities.ts";
import type { Operation } from "./openapi_operations.ts";
import { ChildQuery, Query, RetrieveAnswers } from "./queries.ts";
import { StorageCommitment } from "./storage_commitment.ts";

const JSON_TYPE = "application/json";
const TEXT = "text/plain";

const ONE = "/modalities/:name";
const QUERY = "/queries/:id";
const ANSWER = `${QUERY}/answers/:index`;
const DIALECT = ["short", "full", "simplify"];

/** Remote modalities, queries of them, jobs, and storage commitment. */
export const REMOTE_OPERATIONS: readonly Operation[] = [
  get("/modalities", "The remote modalities", ["expand"]),
  get(ONE, "What a modality can be asked for"),
  get(`${ONE}/configuration`, "How it is configured"),
  {
    method: "put",
    path: ONE,
    summary: "Add a modality, or change it",
    body: JSON_TYPE,
    answer: TEXT,
  },
  { method: "delete", path: ONE, summary: "Forget a modality", answer: TEXT },
  post(`${ONE}/echo`, "Test it by C-ECHO", Echo),
  post("/tools/dicom-echo", "Test by C-ECHO what need not be configured", DicomEcho),
  post(`${ONE}/store`, "Send resources to it by C-STORE", Store),
  post(`${ONE}/store-straight`, "Send a file to it without storing it", "application/dicom"),
  post(`${ONE}/move`, "Have it send resources, by C-MOVE", Move),
  post(`${ONE}/get`, "Retrieve resources from it by C-GET", Get),
  post(`${ONE}/query`, "Ask it by C-FIND; the answers are kept", Query),
  post(`${ONE}/find-worklist`, "Ask for its worklist by C-FIND", FindWorklist),
  post(`${ONE}/find`, "Ask for patients, studies and series (deprecated)", Keys),
  post(`${ONE}/find-patient`, "Ask for patients (deprecated)", Keys),
  post(`${ONE}/find-study`, "Ask for studies (deprecated)", Keys),
  post(`${ONE}/find-series`, "Ask for series (deprecated)", Keys),
  post(`${ONE}/find-instance`, "Ask for instances (deprecated)", Keys),
  post(`${ONE}/storage-commitment`, "Ask it to commit itself to what it stores", StorageCommitment),
  get("/queries", "The queries that are kept"),
  get(QUERY, "What can be asked of a query"),
  { method: "delete", path: QUERY, summary: "Forget a query", answer: TEXT },
  { method: "get", path: `${QUERY}/level`, summary: "Level of a query", answer: TEXT },
  { method: "get", path: `${QUERY}/modality`, summary: "Whom it asked", answer: TEXT },
  get(`${QUERY}/query`, "What it asked for", DIALECT),
  get(`${QUERY}/answers`, "Its answers", ["expand", ...DIALECT]),
  post(`${QUERY}/retrieve`, "Retrieve all its answers", RetrieveAnswers),
  get(ANSWER, "What can be done with an answer"),
  get(`${ANSWER}/content`, "What an answer says", DIALECT),
  post(`${ANSWER}/retrieve`, "Retrieve an answer", RetrieveAnswers),
  post(`${ANSWER}/query-studies`, "Ask for the studies below an answer", ChildQuery),
  post(`${ANSWER}/query-series`, "Ask for the series below an answer", ChildQuery),
  post(`${ANSWER}/query-instances`, "Ask for the instances below an answer", ChildQuery),
  get("/jobs", "The jobs of the server", ["expand", "state", "type", "since", "limit"]),
  get("/jobs/:id", "One job"),
  { method: "delete", path: "/jobs/:id", summary: "Forget a job that has ended", answer: TEXT },
  post("/jobs/:id/cancel", "End it at once"),
  post("/jobs/:id/pause", "Stop it for a while"),
  post("/jobs/:id/resume", "Let it go on"),
  post("/jobs/:id/resubmit", "Start it anew after a failure"),
  get("/storage-commitment/:id", "What a modality has reported on storage commitment"),
  post("/storage-commitment/:id/remove", "Remove here what a modality has committed itself to"),
];

function get(path: string, summary: string, query: readonly string[] = []): Operation {
  return { method: "get", path, summary, query, answer: JSON_TYPE };
}

function post(path: string, summary: string, body?: string | z.ZodType): Operation {
  return {
    method: "post",
    path,
    summary,
    ...(body !== undefined && { body }),
    answer: JSON_TYPE,
  };
}
