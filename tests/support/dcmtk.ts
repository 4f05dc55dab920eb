import { defaultCharacterSets } from "../../core/dicom/charset.ts";
import { DataSetBuilder } from "../../core/dicom/data_set.ts";
import { decodeFile } from "../../core/dicom/decode.ts";
import { memorySource } from "../../core/bytes/source.ts";
import { type TagsJson, tagsJson } from "../../core/dicom/json/tags.ts";
import { freePort } from "./peer.ts";

/** What a program said. */
export interface Said {
  readonly code: number;
  readonly output: string;
}

/** Runs a program of DCMTK to its end. */
export async function run(program: string, ...args: readonly (string | number)[]): Promise<Said> {
  const command = new Deno.Command(program, {
    args: args.map(String),
    env: { TCP_NODELAY: "1" },
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + text.decode(stderr) };
}

/** The tags of a file, by name. */
export async function tagsOf(path: string): Promise<TagsJson> {
  let builder: DataSetBuilder | undefined;
  await decodeFile(memorySource(await Deno.readFile(path)), {
    sink: ({ encoding }) =>
      builder = new DataSetBuilder(encoding, {
        defaultSets: defaultCharacterSets("Ascii"),
        maximumLength: 1e6,
      }),
    maximumInflated: 1e9,
  });
  return tagsJson(builder!.root, { dialect: "simplified" });
}

/** Runs findscu; gives its exit code, what it printed and the answers. */
export async function findscu(
  port: number,
  options: readonly string[],
  keys: readonly string[],
): Promise<Said & { readonly answers: readonly TagsJson[] }> {
  const folder = await Deno.makeTempDir();
  try {
    const said = await run(
      "findscu",
      ...["-v", ...options, "-X", "-od", folder],
      ...keys.flatMap((key) => ["-k", key]),
      ...["127.0.0.1", `${port}`],
    );
    const names = (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
    const answers = await Promise.all(names.map((name) => tagsOf(`${folder}/${name}`)));
    return { ...said, answers };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A storescp that keeps what it gets in `folder`. */
export interface StoreScp extends AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  /** What it printed, when it has been ended. */
  end(): Promise<string>;
}

const STARTING_MS = 120_000;

/** Starts storescp and waits until it listens. */
export async function storescp(...options: readonly string[]): Promise<StoreScp> {
  const port = freePort();
  const folder = await Deno.makeTempDir();
  const process = new Deno.Command("storescp", {
    args: ["-v", ...options, "-od", folder, `${port}`],
    env: { TCP_NODELAY: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = process.output();
  await connectable(port);
  let isEnded = false;
  const end = async () => {
    if (!isEnded) process.kill("SIGTERM");
    isEnded = true;
    const { stdout, stderr } = await output;
    const text = new TextDecoder();
    return text.decode(stdout) + text.decode(stderr);
  };
  return {
    port,
    folder,
    end,
    async [Symbol.asyncDispose]() {
      await end();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Waits until something listens on a port of this machine. */
export async function connectable(port: number): Promise<void> {
  for (const until = Date.now() + STARTING_MS; Date.now() < until;) {
    try {
      (await Deno.connect({ port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`Cannot connect to port ${port}`);
}
