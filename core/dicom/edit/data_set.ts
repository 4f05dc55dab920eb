import { type DataElement, DataSet } from "../data_set.ts";
import type { NewDataSet, NewElement } from "../new_data_set.ts";
import type { Tag } from "../tag.ts";
import { valueText } from "../values.ts";
import type { Vr } from "../vr.ts";

/** What stands at a tag of a data set that is being edited. */
export type EditedElement =
  /** As in the file. */
  | { readonly kind: "stored"; readonly element: DataElement }
  /** New: text, or bytes in the byte order of the data set. */
  | { readonly kind: "value"; readonly vr: Vr; readonly value: string | Uint8Array }
  /** A sequence whose items were asked for; `stored` is what it was in the file. */
  | {
    readonly kind: "sequence";
    readonly items: EditedDataSet[];
    readonly stored: DataElement | undefined;
  };

/**
 * A data set, or an item, that can be changed. What nobody touches stays where it is in the file: values that were
 * not loaded need not be.
 */
export class EditedDataSet {
  readonly #elements = new Map<Tag, EditedElement>();
  #isTouched = false;

  /** @param stored what the file has; it stays as it is */
  constructor(readonly stored: DataSet, isNew = false) {
    for (const element of stored.elements) {
      this.#elements.set(element.tag, { kind: "stored", element });
    }
    this.#isTouched = isNew;
  }

  /** Whether it, or an item of it, is not as in the file any more. */
  get isTouched(): boolean {
    if (this.#isTouched) return true;
    for (const element of this.#elements.values()) {
      if (element.kind === "sequence" && isChanged(element)) return true;
    }
    return false;
  }

  /** In the order of tags. */
  get elements(): readonly (readonly [Tag, EditedElement])[] {
    return [...this.#elements].sort(([a], [b]) => a - b);
  }

  get tags(): readonly Tag[] {
    return [...this.#elements.keys()];
  }

  get(tag: Tag): EditedElement | undefined {
    return this.#elements.get(tag);
  }

  has(tag: Tag): boolean {
    return this.#elements.has(tag);
  }

  vrOf(tag: Tag): Vr | undefined {
    const element = this.#elements.get(tag);
    if (!element) return undefined;
    if (element.kind === "sequence") return "SQ";
    return element.kind === "value" ? element.vr : element.element.vr;
  }

  /** The text at `tag`; undefined where there is none, or it was not loaded. */
  text(tag: Tag): string | undefined {
    const element = this.#elements.get(tag);
    if (!element || element.kind === "sequence") return undefined;
    if (element.kind === "stored") return valueText(element.element, this.stored);
    return typeof element.value === "string" ? element.value : undefined;
  }

  /** Puts an element in place of what may be there. */
  set({ tag, vr, value }: NewElement): void {
    this.#isTouched = true;
    if (typeof value === "string" || value instanceof Uint8Array) {
      this.#elements.set(tag, { kind: "value", vr, value });
      return;
    }
    const items = value.map((item) => this.newItem(item));
    this.#elements.set(tag, { kind: "sequence", items, stored: undefined });
  }

  /** Empties the value at `tag`, if there is an element. */
  clear(tag: Tag): void {
    const vr = this.vrOf(tag);
    if (vr !== undefined) this.set({ tag, vr, value: vr === "SQ" ? [] : "" });
  }

  remove(tag: Tag): void {
    if (this.#elements.delete(tag)) this.#isTouched = true;
  }

  /** The items of the sequence at `tag`, to be changed or added to; undefined where there is no sequence. */
  items(tag: Tag): EditedDataSet[] | undefined {
    const element = this.#elements.get(tag);
    if (!element || element.kind === "value") return undefined;
    if (element.kind === "sequence") return element.items;
    if (!element.element.items) return undefined;
    const items = element.element.items.map((item) => new EditedDataSet(item));
    this.#elements.set(tag, { kind: "sequence", items, stored: element.element });
    return items;
  }

  /** An item for the sequence at `tag` of this data set, in the encoding of those that it has. */
  newItem(elements: NewDataSet, tag?: Tag): EditedDataSet {
    const sibling = tag === undefined ? undefined : this.items(tag)?.[0];
    const encoding = sibling?.stored.encoding ?? this.stored.encoding;
    const item = new EditedDataSet(new DataSet(encoding, () => this.stored.characterSets), true);
    elements.forEach((element) => item.set(element));
    return item;
  }
}

/** Whether a sequence is not as in the file any more. */
export function isChanged(
  { items, stored }: Extract<EditedElement, { kind: "sequence" }>,
): boolean {
  return stored?.items?.length !== items.length || items.some((item) => item.isTouched);
}
