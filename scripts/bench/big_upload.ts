import { createInstanceMaker } from "./instances.ts";
import { type BenchServer, memoryOf } from "./servers.ts";

/** Bytes of one 512 × 512 frame of 16 bits. */
const FRAME_BYTES = 524_288;
const FRAMES = 2048;
/** Frames between two looks at the memory of the server. */
const LOOK = 32;

/** What a large upload cost. */
export interface BigUpload {
  readonly seconds: number;
  /** Resident memory of the server, in megabytes. */
  readonly before: number;
  readonly peak: number;
}

/** What one multi-frame instance of 1 GB is made of: its head, then the frame again and again. */
export function bigInstance() {
  const single = createInstanceMaker(512, 512, "7").next();
  const head = single.slice(0, single.length - FRAME_BYTES);
  const frame = single.subarray(single.length - FRAME_BYTES);
  const pixelBytes = FRAME_BYTES * FRAMES;
  new DataView(head.buffer).setUint32(head.length - 4, pixelBytes, true);
  return { head, frame, frames: FRAMES, length: head.length + pixelBytes };
}

/** Uploads one multi-frame instance of 1 GB, frame by frame, and watches the memory of the server. */
export async function uploadBig(server: BenchServer): Promise<BigUpload> {
  const { head, frame, frames, length } = bigInstance();
  const before = await memoryOf(server.pid, "VmRSS");
  let peak = before;
  const started = performance.now();
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const request =
    `POST /instances HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${length}\r\n\r\n`;
  await writeAll(conn, new TextEncoder().encode(request));
  await writeAll(conn, head);
  for (let count = 0; count < frames; count++) {
    await writeAll(conn, frame);
    if (count % LOOK === 0) peak = Math.max(peak, await memoryOf(server.pid, "VmRSS"));
  }
  const answer = new Uint8Array(65_536);
  const count = await conn.read(answer);
  peak = Math.max(peak, await memoryOf(server.pid, "VmRSS"));
  const status = new TextDecoder().decode(answer.subarray(0, count ?? 0)).slice(9, 12);
  if (status !== "200") throw new Error(`${server.name} answered ${status} to 1 GB`);
  return { seconds: (performance.now() - started) / 1000, before, peak };
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}
