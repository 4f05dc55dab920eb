import type { Socket } from "./socket.ts";

/** A connection of Deno, over TCP or TLS, as a socket that sends at once. */
export function socketOf(conn: Deno.Conn): Socket {
  const secure = "handshake" in conn;
  if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
  let isClosed = false;
  return {
    remoteAddress: (conn.remoteAddr as Deno.NetAddr).hostname,
    secure,
    read: (into) => conn.read(into),
    write: (bytes) => conn.write(bytes),
    closeWrite: () => conn.closeWrite(),
    close() {
      if (isClosed) return;
      isClosed = true;
      conn.close();
    },
  };
}
