/** A patient that may have to make room. */
export interface Recyclable {
  /** Public identifier. */
  readonly id: string;
}

/** Which patients stay, and which go first. */
export interface Recycling {
  /** @returns whether the patient is there. `at` is the time, in milliseconds since 1970 */
  setProtected(id: string, isProtected: boolean, at: number): Promise<boolean>;
  /** Whether the relay has something to deliver of a patient, by public identifier. */
  hasOpenDuties(id: string): Promise<boolean>;
  /**
   * Patients without protection, first the one that received nothing for the longest time. One that has lost its
   * protection counts as one that received something then.
   */
  recyclable(page: { readonly skip: number; readonly limit: number }): Promise<Recyclable[]>;
}
