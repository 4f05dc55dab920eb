import { hashPassword } from "../../core/passwords.ts";
import type { Command } from "../command.ts";

/** Longest password, in bytes. */
const MAXIMUM_LENGTH = 1024;

/** Hashes a password for `RegisteredUsers`. It is read from standard input, so no shell history has it. */
export const hashPasswordCommand: Command = {
  usage: "hash-password",
  summary: "Read a password from standard input and print its hash for RegisteredUsers",

  async run(args) {
    if (args.length > 0) {
      console.error("outpost: hash-password takes no argument; type or pipe the password");
      return 2;
    }
    const password = Deno.stdin.isTerminal() ? prompt("Password:") ?? "" : await readInput();
    if (password === "" || password.length > MAXIMUM_LENGTH) {
      console.error("outpost: the password is empty or longer than 1024 characters");
      return 1;
    }
    console.log(await hashPassword(password));
    return 0;
  },
};

/** The first line of standard input. */
async function readInput(): Promise<string> {
  const text = await new Response(Deno.stdin.readable).text();
  return text.replace(/\r?\n[^]*$/, "");
}
