// Has the package embedded in the executable; nothing of it runs but its WebAssembly.
import "dcmjs-codecs/package.json" with { type: "json" };

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * The WebAssembly of all codecs that are not our own, compiled once beside the main thread. Workers that get it by
 * message need no permission, not even to read it.
 */
export function nativeCodecsModule(): Promise<WebAssembly.Module> {
  compiled ??= compile();
  return compiled;
}

/** The executable holds the file compressed by gzip, since what is embedded stays in memory. */
async function compile(): Promise<WebAssembly.Module> {
  const url = new URL(import.meta.resolve("dcmjs-codecs/build/dcmjs-native-codecs.wasm"));
  const { readable } = await Deno.open(url);
  const isCompressed = url.pathname.endsWith(".gz");
  const bytes = isCompressed ? readable.pipeThrough(new DecompressionStream("gzip")) : readable;
  return await WebAssembly.compile(await new Response(bytes).arrayBuffer());
}
