/**
 * Regular expressions whose matching takes time in proportion to the text, whatever the pattern: literals, `.`, classes,
 * `\d \w \s` and their opposites, groups, `|`, `* + ? {m,n}`, `^`, `$`. There are no back-references and no look-around.
 */
export interface LinearRegex {
  /** Whether some part of `text` fits. */
  test(text: string): boolean;
}

const MOST_STATES = 1000;
const MOST_REPEATS = 100;
const LONGEST_PATTERN = 256;
const DEEPEST = 20;

type Test = (code: number) => boolean;

/** A state of the automaton: goes on by a character, at once, or at an edge of the text. */
type State =
  | { readonly kind: "character"; readonly test: Test; next: number }
  | { readonly kind: "split"; readonly to: number[] }
  | { readonly kind: "edge"; readonly edge: "start" | "end"; next: number }
  | { readonly kind: "match" };

/** A piece of pattern that can be built any number of times. */
type Piece = (build: Builder, next: number) => number;

/** Compiles a pattern (Thompson's construction); undefined if it is not one. */
export function compileRegex(pattern: string): LinearRegex | undefined {
  if (pattern.length > LONGEST_PATTERN) return undefined;
  try {
    const parser = new Parser(pattern);
    const piece = parser.alternatives(0);
    if (!parser.done) return undefined;
    const build = new Builder();
    const start = piece(build, build.add({ kind: "match" }));
    return { test: (text) => run(build.states, start, text) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class Builder {
  readonly states: State[] = [];

  add(state: State): number {
    if (this.states.length >= MOST_STATES) throw new SyntaxError("pattern is too large");
    return this.states.push(state) - 1;
  }
}

/** Recursive descent; each method reads one level of the grammar. */
class Parser {
  #at = 0;
  readonly #characters: readonly string[];

  constructor(pattern: string) {
    this.#characters = [...pattern];
  }

  get done(): boolean {
    return this.#at === this.#characters.length;
  }

  alternatives(depth: number): Piece {
    if (depth > DEEPEST) throw new SyntaxError("groups are too deep");
    const branches = [this.#sequence(depth)];
    while (this.#take("|")) branches.push(this.#sequence(depth));
    if (branches.length === 1) return branches[0]!;
    return (build, next) =>
      build.add({ kind: "split", to: branches.map((branch) => branch(build, next)) });
  }

  #sequence(depth: number): Piece {
    const pieces: Piece[] = [];
    while (!this.done && this.#peek() !== "|" && this.#peek() !== ")") {
      pieces.push(this.#repeated(depth));
    }
    return (build, next) => pieces.reduceRight((then, piece) => piece(build, then), next);
  }

  #repeated(depth: number): Piece {
    const piece = this.#atom(depth);
    if (this.#take("*")) return repeat(piece, 0, Infinity);
    if (this.#take("+")) return repeat(piece, 1, Infinity);
    if (this.#take("?")) return repeat(piece, 0, 1);
    const counts = /^\{(\d{1,3})(,?)(\d{0,3})\}/.exec(
      this.#characters.slice(this.#at, this.#at + 9).join(""),
    );
    if (!counts) return piece;
    this.#at += counts[0].length;
    const least = Number(counts[1]);
    const most = counts[2] === "" ? least : counts[3] === "" ? Infinity : Number(counts[3]);
    if (Math.max(least, most === Infinity ? 0 : most) > MOST_REPEATS || most < least) {
      throw new SyntaxError("wrong count");
    }
    return repeat(piece, least, most);
  }

  #atom(depth: number): Piece {
    const character = this.#next();
    switch (character) {
      case "(": {
        if (this.#take("?") && !this.#take(":")) throw new SyntaxError("look-around");
        const inner = this.alternatives(depth + 1);
        this.#expect(")");
        return inner;
      }
      case "^":
        return (build, next) => build.add({ kind: "edge", edge: "start", next });
      case "$":
        return (build, next) => build.add({ kind: "edge", edge: "end", next });
      case ".":
        return single(() => true);
      case "[":
        return single(this.#class());
      case "\\":
        return single(this.#escaped());
      case "*":
      case "+":
      case "?":
      case "{":
        throw new SyntaxError("nothing to repeat");
      default:
        return single(is(character));
    }
  }

  #class(): Test {
    const isNegated = this.#take("^");
    const tests: Test[] = [];
    while (this.#peek() !== "]" || tests.length === 0) {
      const first = this.#next();
      if (first === "\\") {
        tests.push(this.#escaped());
        continue;
      }
      if (this.#peek() !== "-" || this.#characters[this.#at + 1] === "]") {
        tests.push(is(first));
        continue;
      }
      this.#at++;
      const [from, to] = [codeOf(first), codeOf(this.#next())];
      if (to < from) throw new SyntaxError("wrong range");
      tests.push((code) => code >= from && code <= to);
    }
    this.#expect("]");
    return (code) => tests.some((test) => test(code)) !== isNegated;
  }

  #escaped(): Test {
    const character = this.#next();
    const named = CLASSES[character.toLowerCase()];
    if (named) return character === character.toLowerCase() ? named : (code) => !named(code);
    if (/[A-Za-z0-9]/.test(character)) throw new SyntaxError("unknown escape");
    return is(character);
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #next(): string {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw new SyntaxError("pattern ends early");
    return character;
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw new SyntaxError(`expected ${character}`);
  }
}

const CLASSES: Readonly<Record<string, Test>> = {
  d: (code) => code >= 0x30 && code <= 0x39,
  w: (code) => /\w/.test(String.fromCodePoint(code)),
  s: (code) => /\s/.test(String.fromCodePoint(code)),
};

function is(character: string): Test {
  const wanted = codeOf(character);
  return (code) => code === wanted;
}

function codeOf(character: string): number {
  return character.codePointAt(0)!;
}

function single(test: Test): Piece {
  return (build, next) => build.add({ kind: "character", test, next });
}

function repeat(piece: Piece, least: number, most: number): Piece {
  return (build, next) => {
    let then = most === Infinity ? loop(piece, build, next) : next;
    if (most !== Infinity) {
      for (let n = least; n < most; n++) {
        then = build.add({ kind: "split", to: [piece(build, then), next] });
      }
    }
    for (let n = 0; n < least; n++) then = piece(build, then);
    return then;
  };
}

function loop(piece: Piece, build: Builder, next: number): number {
  const to: number[] = [];
  const start = build.add({ kind: "split", to });
  to.push(piece(build, start), next);
  return start;
}

/** All states are followed at the same time, so each character costs at most one step for each state. */
function run(states: readonly State[], start: number, text: string): boolean {
  const characters = [...text];
  let current = new Set<number>();
  for (let at = 0; at <= characters.length; at++) {
    const edge = { start: at === 0, end: at === characters.length };
    const reached = reach(states, [start, ...current], edge);
    if (reached.matched) return true;
    const code = characters[at]?.codePointAt(0);
    if (code === undefined) break;
    current = new Set();
    for (const state of reached.waiting) if (state.test(code)) current.add(state.next);
  }
  return false;
}

/** Where one gets from `from` without reading a character. */
function reach(
  states: readonly State[],
  from: readonly number[],
  edges: { readonly start: boolean; readonly end: boolean },
): { matched: boolean; waiting: Extract<State, { kind: "character" }>[] } {
  const seen = new Set(from);
  const waiting: Extract<State, { kind: "character" }>[] = [];
  for (const number of seen) { // what is added meanwhile comes too
    const state = states[number]!;
    if (state.kind === "match") return { matched: true, waiting };
    if (state.kind === "character") waiting.push(state);
    else if (state.kind === "split") state.to.forEach((next) => seen.add(next));
    else if (edges[state.edge]) seen.add(state.next);
  }
  return { matched: false, waiting };
}
