import { encodeAscii } from "../bytes/codec.ts";
import { ByteWriter } from "../bytes/writer.ts";
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from "./implementation.ts";

/** What the file meta information of a received instance says. */
export interface NewFileMeta {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** AE title of the sender. */
  readonly sourceAet: string;
}

const PREAMBLE_SIZE = 128;
const VERSION = Uint8Array.of(0x00, 0x01);
const NUL = 0x00;
const SPACE = 0x20;

/** Preamble and file meta information of a new file (PS3.10 Table 7.1-1), in Explicit VR Little Endian. */
export function encodeFileMeta(meta: NewFileMeta): Uint8Array {
  const body = new ByteWriter(true);
  body.u16(0x0002).u16(0x0001).slice(encodeAscii("OB")).u16(0).u32(VERSION.length).slice(VERSION);
  writeText(body, 0x0002, { vr: "UI", text: meta.sopClassUid });
  writeText(body, 0x0003, { vr: "UI", text: meta.sopInstanceUid });
  writeText(body, 0x0010, { vr: "UI", text: meta.transferSyntaxUid });
  writeText(body, 0x0012, { vr: "UI", text: IMPLEMENTATION_CLASS_UID });
  writeText(body, 0x0013, { vr: "SH", text: IMPLEMENTATION_VERSION_NAME });
  writeText(body, 0x0016, { vr: "AE", text: meta.sourceAet });
  const file = new ByteWriter(true);
  file.slice(new Uint8Array(PREAMBLE_SIZE)).slice(encodeAscii("DICM"));
  file.u16(0x0002).u16(0x0000).slice(encodeAscii("UL")).u16(4).u32(body.take().length);
  return file.slice(body.take()).take();
}

function writeText(
  to: ByteWriter,
  element: number,
  { vr, text }: { readonly vr: "UI" | "SH" | "AE"; readonly text: string },
): void {
  const bytes = encodeAscii(text);
  const padding = bytes.length % 2;
  to.u16(0x0002).u16(element).slice(encodeAscii(vr)).u16(bytes.length + padding).slice(bytes);
  if (padding) to.u8(vr === "UI" ? NUL : SPACE);
}
