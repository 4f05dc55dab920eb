import { BUILD_COMMIT } from "../../core/build_info.ts";
import { OUTPOST_VERSION } from "../../core/version.ts";

/** The version, with what it was made of: `outpost 0.1.0 (commit 1b4e28ba2fa1, Deno 2.9.6)`. */
export function versionLine(): string {
  return `outpost ${OUTPOST_VERSION} (commit ${
    BUILD_COMMIT ?? "unknown"
  }, Deno ${Deno.version.deno})`;
}
