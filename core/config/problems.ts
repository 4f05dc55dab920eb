import { DicomError } from "../errors.ts";

const MAXIMUM = 50;

/** What is wrong with a configuration, collected so that all of it can be mended at once. */
export class Problems {
  readonly #lines: string[] = [];
  #count = 0;

  /** Notes a problem. `line` says where, what was expected and what was given, and no secret. */
  add(line: string): void {
    if (++this.#count <= MAXIMUM) this.#lines.push(line);
  }

  /** @throws DicomError `configuration`, one problem a line, if there is any */
  throwIfAny(): void {
    if (this.#count === 0) return;
    const more = this.#count > MAXIMUM ? [`and ${this.#count - MAXIMUM} more`] : [];
    const lines = [...this.#lines, ...more].join("\n  ");
    throw new DicomError("configuration", `Cannot use the configuration:\n  ${lines}`);
  }
}
