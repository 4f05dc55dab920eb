import { type LockFile, nameOf } from "./lock.ts";

/** What a bill of materials is about. */
export interface Product {
  readonly version: string;
  readonly commit: string;
  /** The runtime that is embedded, such as `2.9.6`. */
  readonly denoVersion: string;
  readonly lock: LockFile;
}

/** The bill of materials of the executable (CycloneDX 1.5): the runtime and every npm package in it. */
export function makeSbom({ version, commit, denoVersion, lock }: Product): object {
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": "outpost",
        name: "outpost",
        version,
        properties: [{ name: "commit", value: commit }],
      },
    },
    components: [
      {
        type: "platform",
        "bom-ref": "deno",
        name: "deno",
        version: denoVersion,
        purl: `pkg:github/denoland/deno@v${denoVersion}`,
      },
      ...Object.entries(lock.npm).map(([id, { integrity }]) => packageComponent(id, integrity)),
    ],
    dependencies: [
      { ref: "outpost", dependsOn: ["deno", ...Object.keys(lock.npm)] },
    ],
  };
}

function packageComponent(id: string, integrity: string) {
  const name = nameOf(id);
  const version = id.slice(name.length + 1).replace(/_.*$/, ""); // without peer dependencies
  return {
    type: "library",
    "bom-ref": id,
    name,
    version,
    purl: `pkg:npm/${name.replace(/^@/, "%40")}@${version}`,
    hashes: [{ alg: "SHA-512", content: hexOf(integrity) }],
  };
}

/** `sha512-` and base64, as hexadecimal digits. */
function hexOf(integrity: string): string {
  return Uint8Array.fromBase64(integrity.replace(/^sha512-/, "")).toHex();
}
