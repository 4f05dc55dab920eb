import type { NewInstance } from "../ports.ts";

/** Another form of the file of an instance. */
export interface FileExchange {
  /** UUID of the file that is to go. */
  readonly before: string;
  /** The instance as the new file, which is durable, describes it. */
  readonly instance: NewInstance;
}

/** Changes of what is stored that nobody is to notice. */
export interface Upkeep {
  /**
   * Puts another file in the place of that of an instance, which `expectFile()` has marked; whatever else is known of the
   * instance stays, and nothing is logged. The file before is marked to be removed.
   *
   * @returns false if nothing was done: the instance has another file by now, or the relay still owes what it has
   */
  exchangeFile(exchange: FileExchange): Promise<boolean>;
}
