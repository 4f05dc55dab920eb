import { createSlabs } from "../core/bytes/slabs.ts";
import { DicomError } from "../core/errors.ts";
import type { Socket } from "../core/net/socket.ts";
import { MAXIMUM_CONTROL_SIZE, PDU_HEADER_SIZE, type PduKind, pduKind } from "./pdu.ts";
import { readPduLength } from "./pdv.ts";

/** What an association has to read into while nothing much comes. */
const SMALL = 32_768;
/** What it has while much comes; kept for the next that needs one. */
const large = createSlabs(524_288, 8);
/** A buffer with less room at its end is tidied or exchanged before more is read. */
const ROOM = 16_384;
/** Body of the PDUs that hold but a reason, with room for peers that pad. */
const SHORT_BODY = 256;

/** A whole PDU where it lies in the buffer; good until more is read. */
export interface ReceivedPdu {
  readonly type: number;
  readonly kind: PduKind;
  readonly bytes: Uint8Array;
  /** The body, after the header, is from `start` to `end`. */
  readonly start: number;
  readonly end: number;
}

/** PDUs from a socket, parsed where they were read: one buffer a connection, no copy. */
export class PduStream {
  #slab: Uint8Array<ArrayBuffer> = new Uint8Array(SMALL);
  #start = 0;
  #end = 0;
  readonly #socket: Pick<Socket, "read">;
  readonly #longest: Readonly<Record<PduKind, number>>;

  /** @param maximumLength longest body of a P-DATA-TF PDU, in bytes */
  constructor(socket: Pick<Socket, "read">, maximumLength: number) {
    this.#socket = socket;
    this.#longest = {
      associateRequest: MAXIMUM_CONTROL_SIZE,
      associateAccept: MAXIMUM_CONTROL_SIZE,
      associateReject: SHORT_BODY,
      data: maximumLength,
      releaseRequest: SHORT_BODY,
      releaseReply: SHORT_BODY,
      abort: SHORT_BODY,
    };
  }

  /** Bytes that were read and belong to no PDU that was taken. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** Whether what was read begins with a type of PDU that PS3.8 does not have. */
  get isUnknown(): boolean {
    return this.buffered > 0 && pduKind(this.#slab[this.#start]!) === undefined;
  }

  /**
   * Takes the next PDU if all of it was read.
   *
   * @throws DicomError `network` as soon as its header shows a type that is none, or a length beyond the limit
   */
  take(): ReceivedPdu | undefined {
    const size = this.#sizeOfNext();
    if (size === undefined || this.buffered < size) return undefined;
    const type = this.#slab[this.#start]!;
    const start = this.#start + PDU_HEADER_SIZE;
    this.#start += size;
    return { type, kind: pduKind(type)!, bytes: this.#slab, start, end: this.#start };
  }

  /** Reads once. What was taken may be overwritten. @returns false if the connection ended or was lost */
  async fill(): Promise<boolean> {
    this.#makeRoom();
    try {
      const room = this.#slab.subarray(this.#end);
      const count = await this.#socket.read(room) ?? 0;
      this.#end += count;
      if (count === room.length && count > 0 && this.#slab.length < large.size) {
        this.#exchange(large.take());
      }
      return count > 0;
    } catch {
      return false; // reset, or closed by us: either way nothing follows
    }
  }

  /** Drops what was read: after a PDU that is none, nobody knows where the next starts. */
  discard(): void {
    this.#start = this.#end;
  }

  /** Gives a large buffer back while nothing is expected soon, if nothing is in it. */
  rest(): void {
    if (this.buffered > 0 || this.#slab.length === SMALL) return;
    this.#exchange(new Uint8Array(SMALL));
  }

  /** Header and body, once the header was read; within the limits. */
  #sizeOfNext(): number | undefined {
    if (this.buffered < PDU_HEADER_SIZE) return undefined;
    const type = this.#slab[this.#start]!;
    const kind = pduKind(type);
    if (!kind) throw new DicomError("network", `Cannot read PDU: type is 0x${type.toString(16)}`);
    const length = readPduLength(this.#slab, this.#start);
    const longest = this.#longest[kind];
    if (length <= longest) return PDU_HEADER_SIZE + length;
    throw new DicomError(
      "network",
      `Cannot read PDU ${kind}: ${length} bytes, at most ${longest} are allowed`,
    );
  }

  /** Room at the end, by moving what is left to the start or into a larger buffer, as far as it is filled. */
  #makeRoom(): void {
    if (this.buffered === 0) this.#start = this.#end = 0;
    if (this.#slab.length - this.#end >= ROOM) return;
    const wanted = this.buffered + ROOM;
    if (wanted <= this.#slab.length) return this.#exchange(this.#slab);
    this.#exchange(wanted <= large.size ? large.take() : new Uint8Array(2 * this.#slab.length));
  }

  #exchange(slab: Uint8Array<ArrayBuffer>): void {
    const left = this.#slab.subarray(this.#start, this.#end);
    slab.set(left); // may be the same buffer: overlapping bytes are moved properly
    if (slab !== this.#slab) large.give(this.#slab);
    [this.#slab, this.#start, this.#end] = [slab, 0, left.length];
  }
}
