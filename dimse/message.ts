import { createSlabs } from "../core/bytes/slabs.ts";
import { DicomError } from "../core/errors.ts";
import {
  decodeCommand,
  encodeCommand,
  HAS_DATA_SET,
  type KnownCommand,
  MAXIMUM_COMMAND_SIZE,
  NO_DATA_SET,
} from "./command.ts";
import { PDU_HEADER_SIZE } from "./pdu.ts";
import { DATA_HEADER_SIZE, type Pdv, readPdv, writeDataHeader } from "./pdv.ts";
import type { ReceivedPdu } from "./pdu_stream.ts";

/** A message that arrives. */
export interface Message {
  readonly contextId: number;
  readonly command: KnownCommand;
  /** To be read once; a chunk is good until the next is asked for. What is not read is passed over. */
  readonly dataSet: AsyncIterable<Uint8Array> | undefined;
}

/** A message to be sent; Command Data Set Type follows from `dataSet`. */
export interface OutgoingMessage {
  readonly contextId: number;
  readonly command: KnownCommand;
  readonly dataSet?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Where messages come from. */
export interface MessageSource {
  /** The next P-DATA-TF PDU, good until the next is asked for; undefined if none follows. */
  nextData(): Promise<ReceivedPdu | undefined>;
  /** Whether a presentation context was accepted. */
  accepts(contextId: number): boolean;
  /** The remote does not send messages; `fact` says what it sent. */
  violated(fact: string): void;
}

/** Longest fragment to send where the remote sets no limit or a higher one, with its headers. */
const LONGEST_PDU = 131_072;
/** Shortest PDU that is sent, whatever the remote asks. */
const SHORTEST_PDU = 128;
const PDV_HEADER_SIZE = 6;
/** Two of the longest PDUs, with their headers. */
const buffers = createSlabs(2 * (LONGEST_PDU + PDU_HEADER_SIZE), 8);

/** Puts messages together from presentation data values (PS3.8 Annex E), data sets as they come. */
export class MessageReader {
  readonly #source: MessageSource;
  #pdu: ReceivedPdu | undefined;
  #at = 0;
  #dataSet: AsyncGenerator<Uint8Array> | undefined;

  constructor(source: MessageSource) {
    this.#source = source;
  }

  /** Whether nothing of the PDU that was read last is left. */
  get isEmpty(): boolean {
    return !this.#pdu || this.#at === this.#pdu.end;
  }

  /**
   * The next message, when what is left of the one before has been passed over; undefined if none follows.
   *
   * @throws DicomError `network` if the remote does not send messages
   */
  async next(): Promise<Message | undefined> {
    if (this.#dataSet) { for await (const _ of this.#dataSet); }
    this.#dataSet = undefined;
    try {
      return await this.#readMessage();
    } catch (error) {
      throw this.#tell(error);
    }
  }

  async #readMessage(): Promise<Message | undefined> {
    const first = await this.#nextPdv();
    if (!first) return undefined;
    const { contextId } = first;
    const command = decodeCommand(await this.#commandBytes(first));
    if (command.commandDataSetType !== NO_DATA_SET) this.#dataSet = this.#readDataSet(contextId);
    return { contextId, command, dataSet: this.#dataSet && once(this.#dataSet) };
  }

  async #commandBytes(first: Pdv): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for (let pdv = first;; pdv = await this.#following(first.contextId, true)) {
      if (!pdv.isCommand) throw disorder("a data set without command");
      size += pdv.end - pdv.start;
      if (size > MAXIMUM_COMMAND_SIZE) throw disorder(`a command set of more than ${size} bytes`);
      parts.push(this.#pdu!.bytes.slice(pdv.start, pdv.end)); // the next may take its place
      if (pdv.isLast) return parts.length === 1 ? parts[0]! : joined(parts, size);
    }
  }

  async *#readDataSet(contextId: number): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const pdv = await this.#following(contextId, false);
        if (pdv.end > pdv.start) yield this.#pdu!.bytes.subarray(pdv.start, pdv.end);
        if (pdv.isLast) return;
      }
    } catch (error) {
      throw this.#tell(error);
    }
  }

  #tell(error: unknown): unknown {
    if (error instanceof DicomError) this.#source.violated(error.message);
    return error;
  }

  /** The next value, which must belong to the message that has begun. */
  async #following(contextId: number, isCommand: boolean): Promise<Pdv> {
    const pdv = await this.#nextPdv();
    if (!pdv) throw disorder("the end of a message before its last fragment");
    if (pdv.contextId === contextId && pdv.isCommand === isCommand) return pdv;
    throw disorder("a fragment of another message within one");
  }

  async #nextPdv(): Promise<Pdv | undefined> {
    while (!this.#pdu || this.isEmpty) {
      this.#pdu = await this.#source.nextData();
      if (!this.#pdu) return undefined;
      this.#at = this.#pdu.start;
    }
    const pdv = readPdv(this.#pdu.bytes, this.#at, this.#pdu.end);
    if (!this.#source.accepts(pdv.contextId)) {
      throw disorder(`presentation context ${pdv.contextId}, which was not accepted`);
    }
    this.#at = pdv.end;
    return pdv;
  }
}

/** How to send. */
export interface MessageSink {
  /** Longest body of a P-DATA-TF PDU that the remote receives, in bytes; 0 for no limit. */
  readonly maximumLength: number;
  /** Sends whole PDUs; the bytes are free again when it resolves. */
  write(pdus: Uint8Array): Promise<void>;
}

/**
 * Sends a message: command and the start of the data set at once, the rest in large pieces.
 *
 * @throws what the data set or `write` throws; the message is then incomplete
 */
export async function writeMessage(message: OutgoingMessage, sink: MessageSink): Promise<void> {
  const { contextId, dataSet } = message;
  const commandDataSetType = dataSet ? HAS_DATA_SET : NO_DATA_SET;
  const command = encodeCommand({ ...message.command, commandDataSetType });
  if (!dataSet && command.length <= longestFragment(sink)) {
    return await sink.write(onePdu(contextId, command));
  }
  const packer = new Packer(contextId, sink);
  try {
    await packer.append(command, true);
    packer.complete();
    if (dataSet) await packDataSet(packer, dataSet);
    await packer.flush();
  } finally {
    packer.release();
  }
}

async function packDataSet(packer: Packer, dataSet: NonNullable<OutgoingMessage["dataSet"]>) {
  for await (const chunk of dataSet) await packer.append(chunk, false);
  await packer.append(NOTHING, false); // even an empty data set has a fragment
  packer.complete();
}

/** A command set that fits into one PDU. */
function onePdu(contextId: number, command: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(DATA_HEADER_SIZE + command.length);
  bytes.set(command, DATA_HEADER_SIZE);
  const [start, end] = [DATA_HEADER_SIZE, bytes.length];
  writeDataHeader(bytes, { contextId, isCommand: true, isLast: true, start, end });
  return bytes;
}

/** Bytes of a full fragment; fragments are even. */
function longestFragment({ maximumLength }: MessageSink): number {
  const length = Math.min(maximumLength === 0 ? LONGEST_PDU : maximumLength, LONGEST_PDU);
  return (Math.max(length, SHORTEST_PDU) - PDV_HEADER_SIZE) & ~1;
}

const NOTHING = new Uint8Array();

/** Gathers P-DATA-TF PDUs of one value each in a buffer. */
class Packer {
  readonly #contextId: number;
  readonly #sink: MessageSink;
  readonly #longest: number;
  #buffer: Uint8Array<ArrayBuffer> = buffers.take();
  /** Start of the open fragment, and its kind. */
  #open: { readonly start: number; readonly isCommand: boolean } | undefined;
  #end = 0;

  constructor(contextId: number, sink: MessageSink) {
    this.#contextId = contextId;
    this.#sink = sink;
    this.#longest = longestFragment(sink);
  }

  /** Adds to the open fragment; a full one is closed when more follows, and sent when the buffer is full. */
  async append(bytes: Uint8Array, isCommand: boolean): Promise<void> {
    for (let at = 0;;) {
      const room = this.#open ? this.#open.start + this.#longest - this.#end : 0;
      const count = Math.min(room, bytes.length - at);
      this.#buffer.set(bytes.subarray(at, at + count), this.#end);
      this.#end += count;
      at += count;
      if (this.#open && at === bytes.length) return;
      this.#close(false);
      if (this.#buffer.length - this.#end < DATA_HEADER_SIZE + this.#longest) await this.flush();
      this.#end += DATA_HEADER_SIZE;
      this.#open = { start: this.#end, isCommand };
    }
  }

  /** Closes the last fragment of the command set or data set. */
  complete(): void {
    this.#close(true);
  }

  /** Sends what is closed. */
  async flush(): Promise<void> {
    if (this.#end > 0) await this.#sink.write(this.#buffer.subarray(0, this.#end));
    this.#end = 0;
  }

  release(): void {
    buffers.give(this.#buffer);
    this.#buffer = new Uint8Array();
  }

  #close(isLast: boolean): void {
    if (!this.#open) return;
    const { start, isCommand } = this.#open;
    const pdv = { contextId: this.#contextId, isCommand, isLast, start, end: this.#end };
    writeDataHeader(this.#buffer, pdv);
    this.#open = undefined;
  }
}

/** The same chunks; ending the loop over them early does not end `chunks`, so that the rest can be passed over. */
function once(chunks: AsyncGenerator<Uint8Array>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) };
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function disorder(fact: string): DicomError {
  return new DicomError("network", `Cannot read message: the remote sent ${fact}`);
}
