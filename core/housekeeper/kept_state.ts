import type * as z from "zod";
import type { Properties } from "../ports.ts";

/** A value that is kept over the end of the process. */
export interface KeptState<T> {
  /** As it was kept last, or the first value where there is none that is understood. */
  read(): Promise<T>;
  write(value: T): Promise<void>;
}

/** Keeps a value as the property `name`. */
export function createKeptState<T>(
  properties: Properties,
  { name, schema, first }: {
    readonly name: string;
    readonly schema: z.ZodType<T>;
    readonly first: T;
  },
): KeptState<T> {
  return {
    async read() {
      const { success, data } = schema.safeParse(parse(await properties.property(name)));
      return success ? data : first;
    },
    write: (value) => properties.setProperty(name, JSON.stringify(value)),
  };
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
