import { escapeXml } from "../core/dicom/xml/escape.ts";

/**
 * A JSON value as XML, as Orthanc converts its answers: members become elements, elements of arrays `item`.
 * Names that XML does not allow, such as `0008,0005`, stand in the attribute `name` of an element `member`,
 * where Orthanc's own output cannot be parsed.
 */
export function toXml(value: unknown): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n<root>${content(value, "  ", "\n")}</root>\n`;
}

function content(value: unknown, indent: string, end: string): string {
  if (value === null || typeof value !== "object") return escapeXml(String(value));
  const members = Array.isArray(value)
    ? value.map((item): [string, unknown] => ["item", item])
    : Object.entries(value).filter(([, member]) => member !== undefined);
  if (members.length === 0) return "";
  const lines = members.map(([name, member]) => {
    const [open, close] = tags(name);
    return `${indent}<${open}>${content(member, `${indent}  `, `\n${indent}`)}</${close}>`;
  });
  return `\n${lines.join("\n")}${end}`;
}

function tags(name: string): [open: string, close: string] {
  if (/^[A-Za-z_][\w.-]*$/.test(name)) return [name, name];
  return [`member name="${escapeXml(name)}"`, "member"];
}
