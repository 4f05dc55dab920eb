/** What came of a fault: whether all that was promised held, and what was measured. */
export interface Finding {
  readonly holds: boolean;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A fault that is injected at full scale. */
export interface Fault {
  /** What is done, and what `amount` counts, in one line. */
  readonly description: string;
  /** What is promised, at full scale. */
  readonly amount: number;
  run(amount: number): Promise<Finding>;
}
