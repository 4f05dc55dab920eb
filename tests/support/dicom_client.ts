import type { DataSet } from "../../core/dicom/data_set.ts";
import { decodeDataSet } from "../../core/dicom/decode.ts";
import { defaultCharacterSets } from "../../core/dicom/charset.ts";
import { encodeDataSet } from "../../core/dicom/encode.ts";
import { newDataSetOf } from "../../core/dicom/json/new_data_set.ts";
import type { NewDataSet } from "../../core/dicom/new_data_set.ts";
import { EXPLICIT_LITTLE_ENDIAN } from "../../core/dicom/transfer_syntax.ts";
import { DicomError } from "../../core/errors.ts";
import type { DicomClient, RemoteAe } from "../../core/ports/dicom_client.ts";
import { tagName } from "../../core/dicom/dictionary.ts";

/** What a client was asked to do, in order; data sets by names of attributes. */
export interface Asked {
  readonly service: "echo" | "find" | "move" | "get" | "open" | "store" | "commit";
  readonly remote: RemoteAe;
  readonly [detail: string]: unknown;
}

/** A client that talks with nobody. */
export interface FakeClient extends DicomClient {
  readonly asked: readonly Asked[];
}

/** How it behaves. */
export interface FakeClientOptions {
  /** Answers to C-FIND, by names of attributes. */
  readonly answers?: readonly Readonly<Record<string, string>>[];
  /** DIMSE statuses of the retrievals and stores to come; success when there are no more. */
  readonly statuses?: readonly number[];
  /** What C-GET brings, and C-MOVE to this server. */
  readonly received?: readonly string[];
  /** Services wait for this before they do anything. */
  readonly gate?: Promise<void>;
}

/** Makes a client that does as it is told; the remote `DEAD` cannot be reached. */
export function createFakeClient(options: FakeClientOptions = {}): FakeClient {
  const asked: Asked[] = [];
  const statuses = [...options.statuses ?? []];

  async function ask(event: Asked): Promise<void> {
    asked.push(event);
    await options.gate;
    if (event.remote.calledAet === "DEAD") {
      throw new DicomError("network", 'connecting to AET "DEAD": Connection refused');
    }
  }

  function conclude(): void {
    const status = statuses.shift() ?? 0x0000;
    if (status === 0x0000) return;
    throw new DicomError("network", "the remote refuses", { dimseStatus: status });
  }

  return {
    asked,
    echo: (remote, { alsoFind }) => ask({ service: "echo", remote, alsoFind }),
    async *find(remote, { model, identifier }) {
      await ask({ service: "find", remote, model, identifier: shown(identifier) });
      for (const answer of options.answers ?? []) yield dataSetOf(answer);
    },
    async *move(remote, { identifier, destinationAet, received }) {
      await ask({ service: "move", remote, identifier: shown(identifier), destinationAet });
      if (destinationAet === remote.callingAet) options.received?.forEach(received);
      yield { remaining: 1, completed: 1, failed: 0, warning: 0 };
      conclude();
    },
    async *get(remote, { identifier, received }) {
      await ask({ service: "get", remote, identifier: shown(identifier) });
      options.received?.forEach(received);
      yield { remaining: 0, completed: 1, failed: 0, warning: 0 };
      conclude();
    },
    async openStore(remote, { kinds, allowTranscoding, moveOriginator }) {
      await ask({ service: "open", remote, kinds, allowTranscoding, moveOriginator });
      return {
        async store({ file, ...instance }) {
          await ask({ service: "store", remote, size: file.size, ...instance });
          conclude();
          return 0x0000;
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
    arrived() {},
    requestCommitment: (remote, { references }) => ask({ service: "commit", remote, references }),
    reportCommitment: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function shown(identifier: NewDataSet): Readonly<Record<string, unknown>> {
  return Object.fromEntries(identifier.map(({ tag, value }) => [tagName(tag), value]));
}

function dataSetOf(answer: Readonly<Record<string, string>>): DataSet {
  const encoding = EXPLICIT_LITTLE_ENDIAN;
  const characterSet = "ISO_IR 192";
  const bytes = encodeDataSet(newDataSetOf(answer), { encoding, characterSet });
  return decodeDataSet(bytes, encoding, {
    defaultSets: defaultCharacterSets("Utf8"),
    maximumLength: bytes.length,
  });
}
