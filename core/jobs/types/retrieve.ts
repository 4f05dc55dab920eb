import { newTextElement } from "../../dicom/json/new_data_set.ts";
import { showTags } from "../../dicom/json/show.ts";
import type { Dialect } from "../../dicom/json/tags.ts";
import type { NewDataSet } from "../../dicom/new_data_set.ts";
import { parseTag } from "../../dicom/tag.ts";
import { DicomError } from "../../errors.ts";
import type { RemoteAe, SubOperations } from "../../ports/dicom_client.ts";
import { defineJob, type JobContext, type JobType } from "../job.ts";

/** What to retrieve. */
export interface Retrieve {
  readonly remote: RemoteAe;
  /** Identifiers, one for each request: texts by tag, as `0020,000d`. */
  readonly queries: readonly Readonly<Record<string, string>>[];
  /** Whether to go on after a request that failed. */
  readonly permissive: boolean;
  /** How clients are shown the queries. */
  readonly dialect: Dialect;
}

/** The same by C-MOVE. */
export interface Move extends Retrieve {
  readonly targetAet: string;
}

/** How a request ended. */
interface Detail {
  /** Of the last response. */
  readonly status: number;
  /** Public identifiers of what came to this server. */
  readonly received: readonly string[];
}

interface Retrieved {
  /** One for each request that ended. */
  readonly details: readonly Detail[];
  /** How much of the present request is done, 0 to 1. */
  readonly part: number;
}

/** Has a remote AE send instances to a third one, or to this server, by C-MOVE (Orthanc's `DicomMoveScu`). */
export const move: JobType<Move, Retrieved> = retrieval<Move>({
  request: ({ remote, targetAet }, { identifier, received }, { client, signal }) =>
    client.move(remote, { identifier, received, destinationAet: targetAet }, signal),
  content: ({ targetAet }) => ({ TargetAet: targetAet }),
});

/** Fetches instances from a remote AE by C-GET (Orthanc's `DicomGetScu`). */
export const get: JobType<Retrieve, Retrieved> = retrieval<Retrieve>({
  request: ({ remote }, { identifier, received }, { client, signal }) =>
    client.get(remote, { identifier, received, sopClassUids: [] }, signal),
  content: () => ({}),
});

/** What the two services have of their own. */
interface Service<Input> {
  request(
    input: Input,
    query: { readonly identifier: NewDataSet; readonly received: (id: string) => void },
    context: JobContext,
  ): AsyncIterable<SubOperations>;
  content(input: Input): Readonly<Record<string, unknown>>;
}

/** The status that stands for failures without one, such as a lost connection (PS3.7 Section C.5.15). */
const PROCESSING_FAILURE = 0x0110;

function retrieval<Input extends Retrieve>(service: Service<Input>): JobType<Input, Retrieved> {
  return defineJob<Input, Retrieved>({
    start: () => ({ details: [], part: 0 }),

    async *run({ input, state }, context) {
      let { details } = state;
      for (const query of input.queries.slice(details.length)) {
        const received: string[] = [];
        const note = (id: string) => void received.push(id);
        const asked = { identifier: identifierOf(query), received: note };
        let failure: DicomError | undefined;
        try {
          for await (const counts of service.request(input, asked, context)) {
            yield { details, part: partOf(counts) };
          }
        } catch (error) {
          if (context.signal.aborted || !(error instanceof DicomError)) throw error;
          failure = error;
        }
        const status = failure ? failure.dimseStatus ?? PROCESSING_FAILURE : 0x0000;
        details = [...details, { status, received }];
        yield { details, part: 0 };
        if (failure) context.log("warning", "Cannot retrieve", { status, reason: failure.message });
        const isSilent = failure?.code === "timeout"; // then each request would cost its time limit
        if (failure && (isSilent || !input.permissive)) throw failure;
      }
    },

    progress: ({ input: { queries }, state: { details, part } }) =>
      queries.length === 0 ? 1 : Math.min(1, (details.length + part) / queries.length),

    content: ({ input, state }) => ({
      Description: "REST API",
      Details: detailsOf(input, state),
      LocalAet: input.remote.callingAet,
      Query: input.queries.map((query) => shown(query, input)),
      RemoteAet: input.remote.calledAet,
      ...service.content(input),
    }),

    failurePayload: ({ input, state }) => ({
      type: "RetrieveJob",
      content: detailsOf(input, state),
    }),
  });
}

function detailsOf(input: Retrieve, { details }: Retrieved) {
  return details.map(({ status, received }, index) => ({
    DimseErrorStatus: status,
    Query: shown(input.queries[index]!, input),
    ReceivedInstancesIds: received,
  }));
}

function shown(query: Retrieve["queries"][number], { dialect }: Retrieve) {
  const values = Object.entries(query).map(([tag, text]) => [parseTag(tag)!, text] as const);
  return showTags(values, dialect);
}

function identifierOf(query: Retrieve["queries"][number]): NewDataSet {
  return Object.entries(query).map(([tag, text]) => newTextElement(parseTag(tag)!, text));
}

function partOf({ remaining, completed, failed, warning }: SubOperations): number {
  const done = completed + failed + warning;
  return done === 0 ? 0 : done / (done + remaining);
}
