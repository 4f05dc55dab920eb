import { characterSets, decodeText, defaultCharacterSets } from "./charset.ts";

const latin1 = defaultCharacterSets("Latin1");

/** Specific Character Set and value, each byte written as one character. */
const VALUES: Readonly<Record<string, readonly [string, string]>> = {
  "ASCII, 12 bytes": ["ISO_IR 100", "Doe^John^Q. "],
  "ASCII, 64 bytes": ["ISO_IR 100", "0123456789abcdef".repeat(4)],
  "ASCII, 4 kB": ["ISO_IR 100", "0123456789abcdef".repeat(256)],
  "ISO_IR 100, 12 bytes": ["ISO_IR 100", "Buc^J\xe9r\xf4me "],
  "ISO_IR 144, 12 bytes": ["ISO_IR 144", "\xbb\xee\xdace\xdc\xd1yp\xd3  "],
  "ISO_IR 192, 24 bytes": ["ISO_IR 192", "Wang=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1 "],
  "GB18030, 24 bytes": ["GB18030", "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab= "],
  "ISO 2022 IR 87, 40 bytes": ["\\ISO 2022 IR 87", "Yamada=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"],
};

for (const [name, [charset, value]] of Object.entries(VALUES)) {
  const sets = characterSets(charset, latin1);
  const bytes = Uint8Array.from(value, (character) => character.charCodeAt(0));
  Deno.bench(name, { group: "decodeText" }, () => {
    decodeText(bytes, sets, { personName: true });
  });
}

Deno.bench("cached", { group: "characterSets" }, () => {
  characterSets("ISO 2022 IR 6\\ISO 2022 IR 87", latin1);
});
