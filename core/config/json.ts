import { DicomError } from "../errors.ts";

/** A member of the outermost object: where its key starts in the text. */
export interface JsonMember {
  readonly key: string;
  readonly value: unknown;
  readonly offset: number;
}

/** Names that would reach the prototype of a plain object. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);
const MAXIMUM_DEPTH = 64;

const SPACE = /[ \t\r\n\ufeff]+|\/\/[^\r\n]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /true|false|null/y;
/** A reference to the environment in place of a value, as `"HttpPort": ${PORT:-8042}`; it is read as text. */
const REFERENCE = /\$\{[^}"\r\n]*\}/y;

/**
 * The members of the object that `text` is, in JSON (RFC 8259) with comments and trailing commas. Objects inside
 * it have no prototype and no key twice; the members of the outermost one are as written, repeated or not.
 * @throws DicomError `bad-json`, with line and column and none of the text
 */
export function parseJsonObject(text: string): readonly JsonMember[] {
  const parser = new JsonParser(text);
  return parser.whole(() => parser.members(1));
}

/** As `parseJsonObject`, for any value. */
export function parseJsonValue(text: string): unknown {
  const parser = new JsonParser(text);
  return parser.whole(() => parser.value(0));
}

/** `line:column` of an offset in `text`, both from 1. */
export function positionOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return `${before.split("\n").length}:${offset - lineStart + 1}`;
}

/** One pass over a text. */
class JsonParser {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** What `read` finds, if nothing follows it. */
  whole<T>(read: () => T): T {
    this.#skipSpace();
    const result = read();
    this.#skipSpace();
    if (this.#offset < this.#text.length) this.#fail("expected the end of the text");
    return result;
  }

  /** The value at the current place, which is inside `depth` others. */
  value(depth: number): unknown {
    const next = this.#text[this.#offset];
    if (next === "{") return this.#object(depth + 1);
    if (next === "[") return this.#array(depth + 1);
    if (next === '"') return this.#string();
    const scalar = this.#take(NUMBER) ?? this.#take(WORD);
    if (scalar !== undefined) return JSON.parse(scalar);
    return this.#take(REFERENCE) ?? this.#fail("expected a value");
  }

  /** The members of the object at the current place. */
  members(depth: number): readonly JsonMember[] {
    const members: JsonMember[] = [];
    this.#sequence(["{", "}"], depth, () => {
      const offset = this.#offset;
      if (this.#text[offset] !== '"') this.#fail('expected a key in "double quotes"');
      const key = this.#string();
      if (FORBIDDEN_KEYS.has(key)) this.#fail(`${key} is no key`, offset);
      this.#skipSpace();
      this.#expect(":");
      this.#skipSpace();
      members.push({ key, value: this.value(depth), offset });
    });
    return members;
  }

  #object(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = Object.create(null);
    for (const { key, value, offset } of this.members(depth)) {
      if (key in object) this.#fail("this key is in the object already", offset);
      object[key] = value;
    }
    return object;
  }

  #array(depth: number): unknown[] {
    const items: unknown[] = [];
    this.#sequence(["[", "]"], depth, () => items.push(this.value(depth)));
    return items;
  }

  /** Items between two brackets, with commas between them and perhaps after the last. */
  #sequence([open, close]: readonly [string, string], depth: number, item: () => void): void {
    this.#expect(open);
    if (depth > MAXIMUM_DEPTH) this.#fail(`more than ${MAXIMUM_DEPTH} levels of nesting`);
    this.#skipSpace();
    while (this.#text[this.#offset] !== close) {
      item();
      this.#skipSpace();
      if (this.#text[this.#offset] === close) break;
      this.#expect(",", `expected , or ${close}`);
      this.#skipSpace();
    }
    this.#offset++;
  }

  #string(): string {
    const start = this.#offset;
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') {
      end += this.#text[end] === "\\" ? 2 : 1;
    }
    this.#offset = end + 1;
    try {
      return JSON.parse(this.#text.slice(start, this.#offset));
    } catch {
      this.#fail("this string does not end, or has a character that must be escaped", start);
    }
  }

  #skipSpace(): void {
    while (
      this.#take(SPACE) !== undefined || this.#skipBlockComment()
    ) { /* until neither is there */ }
  }

  #skipBlockComment(): boolean {
    if (!this.#text.startsWith("/*", this.#offset)) return false;
    const end = this.#text.indexOf("*/", this.#offset + 2);
    if (end < 0) this.#fail("this comment does not end");
    this.#offset = end + 2;
    return true;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text)?.[0];
    this.#offset += found?.length ?? 0;
    return found;
  }

  #expect(character: string, message = `expected ${character}`): void {
    if (this.#text[this.#offset] !== character) this.#fail(message);
    this.#offset++;
  }

  #fail(fact: string, offset = this.#offset): never {
    throw new DicomError(
      "bad-json",
      `Cannot read JSON: ${positionOf(this.#text, offset)}: ${fact}`,
    );
  }
}
