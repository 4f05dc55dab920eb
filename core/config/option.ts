import type * as z from "zod";

/**
 * What becomes of an option that is set: `served` does what it says; `later` is not served yet and gives a warning;
 * `partly` does a part of it and gives a warning; `unneeded` has no meaning here and gives a warning; `refused` concerns security and cannot be honoured, so any
 * value but the default stops the start.
 */
export type OptionState = "served" | "partly" | "later" | "unneeded" | "refused";

/** Turns a path as written into one that does not depend on the working directory. */
export type ResolvePath = (path: string) => string;

/** One configuration option, by Orthanc's name and in Orthanc's units. */
export interface Option<S extends z.ZodType = z.ZodType> {
  /** Its description says what is expected, as "whole number, 0 to 65535". */
  readonly schema: S;
  /** As it would be written in the file; undefined if unset. */
  readonly default: z.input<S>;
  /** One line. */
  readonly description: string;
  readonly state: OptionState;
  /** Of a `refused` or `unneeded` option: why; of one that is served `partly`: what is. */
  readonly reason?: string;
  /** Where Orthanc has no such option. */
  readonly own?: true;
  /** Another name for it in a file. */
  readonly alias?: string;
  /** The option whose value it takes when unset, in place of `default`. */
  readonly defaultFrom?: string;
  /** Its value holds passwords, so no message shows it. */
  readonly secret?: true;
  /** `value` with each path in it resolved. */
  paths?(value: z.output<S>, resolve: ResolvePath): z.output<S>;
}

/** Declares an option; checks that the default is of the schema's input type. */
export function option<S extends z.ZodType>(row: Option<S>): Option<S> {
  return row;
}

/** For options whose value is one path; an empty one stays empty. */
export function onePath<T extends string | undefined>(path: T, resolve: ResolvePath): T | string {
  return path ? resolve(path) : path;
}

/** For options whose value is a list of paths. */
export function eachPath(paths: string[], resolve: ResolvePath): string[] {
  return paths.map(resolve);
}
