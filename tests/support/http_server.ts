import type { HttpServer } from "../../core/ports/http_client.ts";

/** A server at `url`, without secrets and time limit. */
export function httpServer(url: string, more: Partial<HttpServer> = {}): HttpServer {
  return {
    url,
    username: "",
    password: "",
    headers: {},
    certificateFile: "",
    certificateKeyFile: "",
    certificateKeyPassword: "",
    timeoutMs: 0,
    ...more,
  };
}
