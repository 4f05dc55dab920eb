import type { Clock } from "../../core/ports.ts";

/** A time limit that is set and cleared often: the clock is asked only when the old appointment does not serve. */
export class Deadline implements Disposable {
  readonly #clock: Clock;
  readonly #expire: () => void;
  #ms = 0;
  #at = Infinity;
  #appointment: (Disposable & { readonly at: number }) | undefined;

  constructor(clock: Clock, expire: () => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  /** Starts anew, `ms` from now; 0 for no limit. */
  set(ms: number): void {
    this.#ms = ms;
    this.#at = ms === 0 ? Infinity : this.#clock.now() + ms;
    if (this.#at < (this.#appointment?.at ?? Infinity)) this.#arrange();
  }

  /** Starts anew with the same limit, if it is set. */
  touch(): void {
    if (this.#at !== Infinity) this.set(this.#ms);
  }

  /** Nothing is waited for. */
  clear(): void {
    this.#at = Infinity;
  }

  [Symbol.dispose](): void {
    this.clear();
    this.#appointment?.[Symbol.dispose]();
    this.#appointment = undefined;
  }

  #arrange(): void {
    this.#appointment?.[Symbol.dispose]();
    const at = this.#at;
    const timer = this.#clock.schedule(at, () => this.#due());
    this.#appointment = { at, [Symbol.dispose]: () => timer[Symbol.dispose]() };
  }

  #due(): void {
    this.#appointment = undefined;
    if (this.#at === Infinity) return;
    if (this.#clock.now() < this.#at) return this.#arrange();
    this.#at = Infinity;
    this.#expire();
  }
}
