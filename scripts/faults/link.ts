/**
 * A link that can be made bad: two TUN devices, one of them in a network namespace of its own, and this process between
 * them, which passes IP packets on as a link of such a quality would. Needs root; the kernel needs no `netem`.
 */

/** How good the link is. */
export interface Quality {
  /** Share of packets that are lost, 0 to 1; 1 for a link that is cut. */
  readonly loss: number;
  /** One way, in milliseconds. */
  readonly delayMs: number;
  /** Each way; Infinity for no limit. */
  readonly bytesPerSecond: number;
}

/** A link that works. */
export const GOOD: Quality = { loss: 0, delayMs: 0, bytesPerSecond: Infinity };
/** A link that is cut somewhere on the way: nobody is told. */
export const CUT: Quality = { ...GOOD, loss: 1 };

/** A link to a namespace. */
export interface Link extends AsyncDisposable {
  quality: Quality;
  /** Address at the far end. */
  readonly farAddress: string;
  /** Command that runs a program at the far end. */
  far(program: string, args: readonly string[]): Deno.Command;
}

const NAMESPACE = "outpost-far";
const NEAR = { device: "outpost-near", address: "10.213.7.1" };
const FAR = { device: "outpost-far", address: "10.213.7.2" };
const MTU = 1400;
const O_RDWR_NONBLOCK = 0x802;
const TUNSETIFF = 0x400454can;
const IFF_TUN_NO_PI = 0x1001;
const POLLIN = 1;
const POLL_MS = 100;
/** What a router keeps waiting, at most; more is lost. */
const MOST_QUEUED_MS = 1000;

const LIBC = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32", nonblocking: true },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const satisfies Deno.ForeignLibraryInterface;

type Libc = Deno.DynamicLibrary<typeof LIBC>["symbols"];

/** Makes a link. @throws Error where this process may not */
export async function createLink(): Promise<Link> {
  await using stack = new AsyncDisposableStack();
  const library = Deno.dlopen("libc.so.6", LIBC);
  stack.defer(() => library.close());
  const libc = library.symbols;
  await ip("netns", "add", NAMESPACE);
  stack.defer(() => ip("netns", "del", NAMESPACE));
  const near = openTun(libc, NEAR.device);
  stack.defer(() => void libc.close(near));
  const far = openTun(libc, FAR.device);
  stack.defer(() => void libc.close(far));
  await ip("link", "set", FAR.device, "netns", NAMESPACE);
  const inFar = ["netns", "exec", NAMESPACE, "ip"];
  for (
    const [prefix, { device, address }, peer] of [[[], NEAR, FAR], [inFar, FAR, NEAR]] as const
  ) {
    await ip(...prefix, "addr", "add", address, "peer", peer.address, "dev", device);
    await ip(...prefix, "link", "set", device, "mtu", String(MTU), "up");
  }
  await ip(...inFar, "link", "set", "lo", "up");
  let isEnded = false;
  const link = {
    quality: GOOD,
    farAddress: FAR.address,
    far: (program: string, args: readonly string[]) =>
      new Deno.Command("ip", {
        args: ["netns", "exec", NAMESPACE, program, ...args],
        env: { TCP_NODELAY: "1" },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }),
  };
  const passing = passPackets(libc, {
    near,
    far,
    isEnded: () => isEnded,
    quality: () => link.quality,
  });
  stack.defer(async () => {
    isEnded = true;
    await passing;
  });
  const owned = stack.move();
  return Object.assign(link, { [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() });
}

async function ip(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command("ip", { args: [...args] }).output();
  if (code !== 0) throw new Error(`ip ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** @returns the file descriptor of a new TUN device */
function openTun(libc: Libc, device: string): number {
  const fd = libc.open(new TextEncoder().encode("/dev/net/tun\0"), O_RDWR_NONBLOCK);
  if (fd < 0) throw new Error("Cannot open /dev/net/tun");
  const request = new Uint8Array(40);
  request.set(new TextEncoder().encode(device));
  new DataView(request.buffer).setUint16(16, IFF_TUN_NO_PI, true);
  if (libc.ioctl(fd, TUNSETIFF, request) < 0) throw new Error(`Cannot make ${device}`);
  return fd;
}

interface Ends {
  readonly near: number;
  readonly far: number;
  isEnded(): boolean;
  quality(): Quality;
}

async function passPackets(libc: Libc, { near, far, isEnded, quality }: Ends): Promise<void> {
  const polled = new DataView(new ArrayBuffer(16));
  [near, far].forEach((fd, n) => {
    polled.setInt32(8 * n, fd, true);
    polled.setInt16(8 * n + 4, POLLIN, true);
  });
  const directions = [[near, createDirection(libc, far)], [
    far,
    createDirection(libc, near),
  ]] as const;
  const packet = new Uint8Array(65_536);
  while (!isEnded()) {
    await libc.poll(new Uint8Array(polled.buffer), 2n, POLL_MS);
    for (const [from, pass] of directions) {
      for (;;) {
        const size = Number(libc.read(from, packet, BigInt(packet.length)));
        if (size <= 0) break;
        pass(packet.subarray(0, size), quality());
      }
    }
  }
}

/** One way of the link: loses, delays and throttles. */
function createDirection(libc: Libc, to: number) {
  let freeAt = 0;
  return (packet: Uint8Array<ArrayBuffer>, { loss, delayMs, bytesPerSecond }: Quality): void => {
    const now = performance.now();
    if (Math.random() < loss || freeAt - now > MOST_QUEUED_MS) return;
    freeAt = Math.max(now, freeAt) + packet.length / bytesPerSecond * 1000;
    const waitMs = freeAt - now + delayMs;
    if (waitMs < 1) return void libc.write(to, packet, BigInt(packet.length));
    const copy = packet.slice();
    setTimeout(() => libc.write(to, copy, BigInt(copy.length)), waitMs);
  };
}
