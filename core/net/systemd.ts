/** Tells systemd how the server is (sd_notify(3)); without systemd, nobody. */
export interface ServiceManager extends Disposable {
  ready(): void;
  stopping(): void;
  /** A line for `systemctl status`. */
  status(text: string): void;
}

const MS_PER_US = 0.001;

/**
 * Connects to systemd, as its variables say: `NOTIFY_SOCKET`, and `WATCHDOG_USEC` for how often it wants a sign of
 * life. The sign is sent from the event loop: when that is stuck, the server is started anew.
 *
 * @param folder where a socket of this process may be made
 */
export function connectServiceManager(
  env: (name: string) => string | undefined,
  folder: string,
): ServiceManager {
  const address = env("NOTIFY_SOCKET");
  if (address === undefined || !address.startsWith("/")) return NOBODY;
  const own = `${folder}/outpost-${Deno.pid}.socket`;
  const socket = Deno.listenDatagram({ transport: "unixpacket", path: own });
  const send = (state: string) =>
    void socket.send(new TextEncoder().encode(state), { transport: "unixpacket", path: address })
      .catch(() => {}); // a manager that has gone needs no sign
  const watchdog = Number(env("WATCHDOG_USEC") ?? 0) * MS_PER_US;
  const timer = watchdog > 0 ? setInterval(() => send("WATCHDOG=1"), watchdog / 3) : undefined;
  return {
    ready: () => send("READY=1"),
    stopping: () => send("STOPPING=1"),
    status: (text) => send(`STATUS=${text.replaceAll("\n", " ")}`),
    [Symbol.dispose]() {
      clearInterval(timer);
      socket.close();
      Deno.removeSync(own);
    },
  };
}

const NOBODY: ServiceManager = {
  ready() {},
  stopping() {},
  status() {},
  [Symbol.dispose]() {},
};
