/** When what is being waited for must have happened. */
export class Deadline {
  #at = Infinity;

  /** Starts anew: `ms` from now. */
  set(ms: number): void {
    this.#at = performance.now() + ms;
  }

  /** Nothing is being waited for. */
  clear(): void {
    this.#at = Infinity;
  }

  /** Whether it was before `now`, in ms as `performance.now()` gives them. */
  isPast(now: number): boolean {
    return this.#at < now;
  }
}
