/** Text for elements and attributes; characters that XML 1.0 does not allow (production 2) become U+FFFD. */
export function escapeXml(text: string): string {
  return text.toWellFormed()
    // deno-lint-ignore no-control-regex -- those are what XML forbids
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"\r]/g, (character) => ENTITIES[character]!);
}

/** A carriage return that stands for itself would be read as a line feed (XML 1.0 Section 2.11). */
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#13;",
};
