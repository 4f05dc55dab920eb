/**
 * The judge of the relay at the far end of a link: takes instances as an Orthanc peer does and prints UID and SHA-256 of
 * each, a line an instance. `far_judge.ts PORT`
 */
import { startJudge } from "../../tests/support/relay_judge.ts";

await using judge = startJudge({
  port: Number(Deno.args[0]),
  hostname: "0.0.0.0",
  seen: (uid, digest) => console.log(`${uid} ${digest}`),
});
console.log(judge.url);
await new Promise<void>((resolve) => Deno.addSignalListener("SIGTERM", resolve));
