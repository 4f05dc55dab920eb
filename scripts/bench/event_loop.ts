/**
 * How long pictures of 2,000 x 2,000 hold up the event loop of the server: it runs in this process, where a timer of
 * 1 ms shows the gaps, and is asked by another one.
 *
 *   deno run -A scripts/bench/event_loop.ts [--pictures 200]
 */
import { parseArgs } from "node:util";
import { element, part10 } from "../../tests/support/dicom.ts";
import { startServer } from "../../tests/support/server.ts";

const SIDE = 2000;
const CLIENTS = 4;
const PATHS = ["preview", "rendered?width=500", "image-uint16"] as const;

/** Asks for pictures; runs in a process of its own. */
const CLIENT = `
const [url, id, count] = Deno.args;
const paths = ${JSON.stringify(PATHS)};
let next = 0;
await Promise.all(Array.from({ length: ${CLIENTS} }, async () => {
  for (let at = next++; at < Number(count); at = next++) {
    const response = await fetch(url + "/instances/" + id + "/" + paths[at % paths.length]);
    await response.arrayBuffer();
    if (!response.ok) throw new Error("status " + response.status);
  }
}));
`;

function picture(): Uint8Array<ArrayBuffer> {
  const pixels = Uint16Array.from({ length: SIDE * SIDE }, (_, at) => (at * 7919) % 4096);
  const uid = "1.2.826.0.1.3680043.10.1414.8.1";
  return part10({
    instance: { sopInstanceUid: uid, sopClassUid: "1.2.840.10008.5.1.4.1.1.2" },
    pieces: [
      element(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2"),
      element(0x00080018, "UI", uid),
      element(0x0020000d, "UI", `${uid}.1`),
      element(0x0020000e, "UI", `${uid}.2`),
      element(0x00280002, "US", [1]),
      element(0x00280004, "CS", "MONOCHROME2"),
      element(0x00280010, "US", [SIDE]),
      element(0x00280011, "US", [SIDE]),
      element(0x00280100, "US", [16]),
      element(0x00280101, "US", [12]),
      element(0x00280102, "US", [11]),
      element(0x00280103, "US", [0]),
      element(0x7fe00010, "OW", new Uint8Array(pixels.buffer)),
    ],
  });
}

/** Asks for pictures from another process. @returns gaps between turns of the event loop meanwhile, in ms */
async function gapsWhile(url: string, id: string, count: number): Promise<number[]> {
  const args = [
    "run",
    "--quiet",
    "--allow-net",
    `data:text/javascript,${encodeURIComponent(CLIENT)}`,
  ];
  const client = new Deno.Command(Deno.execPath(), { args: [...args, url, id, String(count)] });
  const gaps: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  }, 1);
  const { success } = await client.spawn().status;
  clearInterval(timer);
  if (!success) throw new Error("Cannot measure: the client failed");
  return gaps.sort((a, b) => a - b);
}

const { values } = parseArgs({ options: { pictures: { type: "string", default: "200" } } });
await using server = await startServer({ DicomServerEnabled: false });
const response = await fetch(`${server.url}/instances`, { method: "POST", body: picture() });
const { ID } = await response.json();
for (const [name, count] of [["first", 20], ["then", Number(values.pictures)]] as const) {
  const gaps = await gapsWhile(server.url, ID, count);
  const at = (share: number) => gaps[Math.floor((gaps.length - 1) * share)]!.toFixed(1);
  console.log(
    `${name} ${count} pictures: gaps of ${at(0.5)} ms (median), ${at(0.99)}, ${at(1)} (longest)`,
  );
}
