import type { Modality } from "../config/modality.ts";
import type { DataSet } from "../dicom/data_set.ts";
import type { NewDataSet } from "../dicom/new_data_set.ts";
import { DicomError } from "../errors.ts";
import type { DicomClient, QueryModel, RemoteAe } from "../ports/dicom_client.ts";
import { findIdentifier, type FindQuery } from "./find_identifier.ts";

/** A remote modality, and how this server talks with it. */
export interface RemoteModality {
  /** Under which it is configured. */
  readonly name: string;
  readonly modality: Modality;
  readonly remote: RemoteAe;
}

/** A query that a remote has answered. */
export interface AnsweredQuery extends FindQuery {
  readonly id: string;
  readonly target: RemoteModality;
  readonly answers: readonly DataSet[];
}

/** Queries of remote modalities; the last are kept with their answers. */
export interface Queries {
  /** Asks, without keeping the answers. @throws DicomError as `DicomClient.find()`, `too-large` */
  find(target: RemoteModality, query: FindQuery, signal: AbortSignal): Promise<readonly DataSet[]>;
  /** The same of a modality worklist (PS3.4 Annex K). */
  findWorklist(
    target: RemoteModality,
    identifier: NewDataSet,
    signal: AbortSignal,
  ): Promise<readonly DataSet[]>;
  /** Asks, and keeps query and answers. */
  run(target: RemoteModality, query: FindQuery, signal: AbortSignal): Promise<AnsweredQuery>;
  /** Sorted. */
  ids(): readonly string[];
  get(id: string): AnsweredQuery | undefined;
  remove(id: string): void;
}

/** Answers that one query may have in memory. */
const MAXIMUM_ANSWERS = 100_000;

/** Keeps the last `size` queries (option `QueryRetrieveSize`); 0 for no limit. */
export function createQueries(client: Pick<DicomClient, "find">, size: number): Queries {
  const kept = new Map<string, AnsweredQuery>();

  async function ask(
    { remote }: RemoteModality,
    request: { readonly model: QueryModel; readonly identifier: NewDataSet },
    signal: AbortSignal,
  ): Promise<readonly DataSet[]> {
    const answers: DataSet[] = [];
    for await (const answer of client.find(remote, request, signal)) {
      if (answers.length === MAXIMUM_ANSWERS) {
        const fact = `it has more than ${MAXIMUM_ANSWERS} answers`;
        throw new DicomError("not-enough-memory", `Cannot query "${remote.calledAet}": ${fact}`);
      }
      answers.push(answer);
    }
    return answers;
  }

  const queries: Queries = {
    find(target, query, signal) {
      const identifier = findIdentifier(query, target.modality.manufacturer);
      const model = query.level === "Patient" ? "patient-root" : "study-root";
      return ask(target, { model, identifier }, signal);
    },
    findWorklist: (target, identifier, signal) =>
      ask(target, { model: "worklist", identifier }, signal),
    async run(target, query, signal) {
      const answers = await queries.find(target, query, signal);
      const answered = { ...query, id: crypto.randomUUID(), target, answers };
      kept.set(answered.id, answered);
      if (size > 0 && kept.size > size) kept.delete(kept.keys().next().value!);
      return answered;
    },
    ids: () => [...kept.keys()].sort(),
    get: (id) => kept.get(id),
    remove: (id) => void kept.delete(id),
  };
  return queries;
}
