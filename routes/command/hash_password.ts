import { hashPassword } from "../../core/passwords.ts";
import { createToken, hashToken } from "../../core/security/tokens.ts";
import type { Command } from "../command.ts";

/** Longest password, in bytes. */
const MAXIMUM_LENGTH = 1024;

/** Hashes a password for `RegisteredUsers`. It is read from standard input, so no shell history has it. */
export const hashPasswordCommand: Command = {
  usage: "hash-password [--token]",
  summary:
    "Read a password from standard input and print its hash for RegisteredUsers (--token: make a token for ApiTokens)",

  async run(args) {
    if (args.length === 1 && args[0] === "--token") return printNewToken();
    if (args.length > 0) {
      console.error("outpost: hash-password takes no argument; type or pipe the password");
      return 2;
    }
    const password = Deno.stdin.isTerminal() ? await typeHidden() : await readInput();
    if (password === "" || password.length > MAXIMUM_LENGTH) {
      console.error("outpost: the password is empty or longer than 1024 characters");
      return 1;
    }
    console.log(await hashPassword(password));
    return 0;
  },
};

/** Prints a token, which nothing else keeps, and what the configuration keeps of it. */
function printNewToken(): number {
  const token = createToken();
  console.log(`token: ${token}\nhash:  ${hashToken(token)}`);
  return 0;
}

/** What is typed until the return key, without showing it. */
async function typeHidden(): Promise<string> {
  await Deno.stderr.write(new TextEncoder().encode("Password: "));
  Deno.stdin.setRaw(true, { cbreak: true });
  try {
    const typed: number[] = [];
    const key = new Uint8Array(1);
    while (await Deno.stdin.read(key) !== null && key[0] !== 0x0d && key[0] !== 0x0a) {
      if (key[0] === 0x7f || key[0] === 0x08) typed.pop();
      else typed.push(key[0]!);
    }
    return new TextDecoder().decode(Uint8Array.from(typed));
  } finally {
    Deno.stdin.setRaw(false);
    console.error("");
  }
}

/** The first line of standard input. */
async function readInput(): Promise<string> {
  const text = await new Response(Deno.stdin.readable).text();
  return text.replace(/\r?\n[^]*$/, "");
}
