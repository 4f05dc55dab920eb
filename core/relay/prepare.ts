import { memorySource } from "../bytes/source.ts";
import { sha256Of, sha256OfBytes } from "../bytes/digest.ts";
import { readFully } from "../dicom/decode.ts";
import { DicomError } from "../errors.ts";
import type { FileStore, OpenFile } from "../ports.ts";
import type { DutyInstance } from "../ports/destinations.ts";
import type { ClaimedDuty } from "../ports/duties.ts";
import { type Bucket, throttled } from "./bucket.ts";

/** Files up to so many bytes are read once, checked, and sent from memory. */
const READ_AT_ONCE = 16_777_216;

/** What a chain of actions has made of a file. */
export interface Changed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly ids: DutyInstance["ids"];
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
}

/** What preparing needs. */
export interface PreparePorts {
  readonly files: Pick<FileStore, "open">;
  /** What the chain of a duty makes of its instance. @throws DicomError if it cannot be changed so */
  change(duty: ClaimedDuty): Promise<Changed>;
  /** The name of this server among those that an instance has passed. */
  hop(): string;
}

/** How a duty is to be read. */
export interface PrepareOptions {
  readonly buckets: readonly Bucket[];
  readonly signal: AbortSignal;
}

/** Makes instances of duties. */
export interface Prepare {
  /**
   * What is to be sent. It has the SHA-256 that was noted when the instance was stored: a damaged file is never
   * delivered.
   *
   * @throws DicomError `corrupted-file` or `missing-file`
   */
  toSend(duty: ClaimedDuty, options: PrepareOptions): Promise<DutyInstance>;
  /** What was sent, to be asked for: nothing of it stays in memory. */
  forProof(duty: ClaimedDuty, options: PrepareOptions): Promise<DutyInstance>;
}

/** Makes the functions that open what duties are about. */
export function createPrepare(ports: PreparePorts): Prepare {
  const { files, change, hop } = ports;
  const plain = (duty: ClaimedDuty) => ({ ...asStored(duty), hops: [...duty.hops, hop()] });

  async function toSend(
    duty: ClaimedDuty,
    { buckets, signal }: PrepareOptions,
  ): Promise<DutyInstance> {
    const { uuid, size, sha256, chain } = duty;
    const open = (file: OpenFile) => throttled(file, buckets, signal);
    if (size > READ_AT_ONCE && chain === "") {
      await using file = await files.open(uuid);
      check(duty, file.size, await sha256Of(file));
      return { ...plain(duty), size, sha256, open: async () => open(await files.open(uuid)) };
    }
    const bytes = await readChecked(files, duty);
    const inOneGo = (sent: Uint8Array) => () => Promise.resolve(open(inMemory(sent)));
    if (chain === "") return { ...plain(duty), size, sha256, open: inOneGo(bytes) };
    const { bytes: changed, ...identity } = await change(duty);
    return {
      ...plain(duty),
      ...identity,
      size: changed.length,
      sha256: await sha256OfBytes(changed),
      open: inOneGo(changed),
    };
  }

  return {
    toSend,
    async forProof(duty, options) {
      const { uuid, size, sha256, chain } = duty;
      if (chain === "") return { ...plain(duty), size, sha256, open: () => files.open(uuid) };
      const sent = await toSend(duty, options);
      return { ...sent, open: async () => (await toSend(duty, options)).open() };
    },
  };
}

async function readChecked(
  files: PreparePorts["files"],
  duty: ClaimedDuty,
): Promise<Uint8Array<ArrayBuffer>> {
  await using file = await files.open(duty.uuid);
  const bytes = new Uint8Array(await readFully(file, 0, file.size));
  check(duty, bytes.length, await sha256OfBytes(bytes));
  return bytes;
}

/** @throws DicomError `corrupted-file` */
function check({ instance, size, sha256 }: ClaimedDuty, givenSize: number, given: string): void {
  if (size === givenSize && sha256 === given) return;
  const fact = "its file is not what was stored";
  throw new DicomError("corrupted-file", `Cannot send instance ${instance}: ${fact}`);
}

function inMemory(bytes: Uint8Array): OpenFile {
  return { ...memorySource(bytes), [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** An instance as it is stored, and how it is to be sent. */
function asStored(duty: ClaimedDuty) {
  const { callingAet, proofToken } = duty;
  const { sopClassUid, sopInstanceUid, transferSyntaxUid, studyInstanceUid, seriesInstanceUid } =
    duty;
  return {
    sopClassUid,
    sopInstanceUid,
    transferSyntaxUid,
    studyInstanceUid,
    seriesInstanceUid,
    ...(callingAet !== "" && { callingAet }),
    ...(proofToken !== "" && { proofToken }),
    ids: { Patient: duty.patient, Study: duty.study, Series: duty.series, Instance: duty.instance },
  };
}
