/**
 * Writes the generated pages of `docs/`: `deno run -A scripts/make_docs.ts`. With `--check` it writes nothing, and
 * exits 1 if a page would change.
 */
import { OPTION_GROUPS } from "../core/config.ts";
import type { Option, OptionState } from "../core/config/option.ts";
import { conformancePage } from "./conformance_page.ts";

/** Each generated page and its text, to be formatted. */
const PAGES: Readonly<Record<string, () => string>> = {
  "docs/CONFIG.md": configurationPage,
  "docs/CONFORMANCE.md": conformancePage,
};

const STATES: Readonly<Record<OptionState, string>> = {
  served: "yes",
  partly: "partly",
  later: "not yet",
  unneeded: "no meaning",
  refused: "refused",
};

const CONFIGURATION_INTRODUCTION = `# Configuration

<!-- made from core/config.ts by scripts/make_docs.ts -->

Outpost reads Orthanc's configuration: one JSON file, or all \`*.json\` files of a folder, with \`//\` and \`/* */\`
comments and trailing commas. An option may be set in one place only. Relative paths start at the folder of the file
that sets them. Sizes are in MB of 2^20 bytes and durations in seconds.

\`\${NAME}\` in a text is replaced by the environment variable, and \`\${NAME:-default}\` by the default where the
variable is unset or empty; where all of a text is replaced, it may stand for a number, true or false. A variable
that is unset and has no default stops the start.

Each option is a flag and an environment variable too: \`HttpPort\` is \`--http-port=8043\` (or \`--HttpPort 8043\`)
and \`OUTPOST_HTTP_PORT\`. Their values are JSON, or else text. A flag goes before a variable, a variable before a
file. Other users of the machine can see flags: give passwords in a file or a variable.

The start stops, and names everything that is wrong at once, when a key is unknown, a value is not what is expected,
or options contradict each other. The column *served* says what becomes of an option that is set: **yes**, it does
what it says; **partly**, **not yet** and **no meaning** here, a warning names it; **refused**, any value but the default stops
the start, because security would suffer.
`;

function configurationPage(): string {
  const groups = Object.entries(OPTION_GROUPS).map(([title, options]) => {
    const rows = Object.entries(options).map(([name, option]) => optionRow(name, option));
    return [
      `## ${title}\n`,
      "| option | value | default | what | served |",
      "|---|---|---|---|---|",
      ...rows,
    ].join("\n");
  });
  return [CONFIGURATION_INTRODUCTION, ...groups].join("\n\n") + "\n";
}

function optionRow(name: string, option: Option): string {
  const { schema, description, state, reason } = option;
  const own = option.own ? " (Outpost's own)" : "";
  const what = reason === undefined ? description : `${description}; ${reason}`;
  const cells = [
    `\`${name}\`${own}`,
    schema.description ?? "",
    defaultOf(option),
    what,
    STATES[state],
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function defaultOf(option: Option): string {
  if (option.defaultFrom !== undefined) return `that of \`${option.defaultFrom}\``;
  return option.default === undefined ? "unset" : `\`${JSON.stringify(option.default)}\``;
}

/** `text` as the formatter of the repository leaves it. */
async function format(text: string): Promise<string> {
  const args = ["fmt", "--ext=md", "-"];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("Cannot format a page: deno fmt failed");
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  const isCheck = Deno.args.includes("--check");
  for (const [path, make] of Object.entries(PAGES)) {
    const file = new URL(`../${path}`, import.meta.url);
    const text = await format(make());
    if (text === await Deno.readTextFile(file).catch(() => undefined)) continue;
    console.log(isCheck ? `${path} is out of date` : `${path} written`);
    if (isCheck) Deno.exitCode = 1;
    else await Deno.writeTextFile(file, text);
  }
}
