import type { Context } from "hono";
import * as z from "zod";
import { DicomError } from "../core/errors.ts";
import { readJson } from "./body.ts";
import { parseLevel } from "./levels.ts";

/** A level by any of the names that Orthanc accepts. */
export const level = z.string().transform((text, context) => {
  const known = parseLevel(text);
  if (known) return known;
  context.addIssue({ code: "custom", message: "it is not a level", params: { outOfRange: true } });
  return z.NEVER;
});

/** A list of texts. */
export const names = z.array(z.string());

/**
 * The body of a request, checked.
 *
 * @throws DicomError `bad-request` or `out-of-range`, naming the first field that is wrong
 */
export async function readObject<S extends z.ZodType>(c: Context, schema: S): Promise<z.infer<S>> {
  return checked(await readJson(c), schema, "bad-request");
}

/**
 * A body that was read, checked, where Orthanc speaks of a bad file.
 *
 * @throws DicomError `bad-file` or `out-of-range`, naming the first field that is wrong
 */
export function checkedFile<S extends z.ZodType>(value: unknown, schema: S): z.infer<S> {
  return checked(value, schema, "bad-file");
}

function checked<S extends z.ZodType>(
  value: unknown,
  schema: S,
  code: "bad-request" | "bad-file",
): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  if (issue.path.length === 0) {
    throw new DicomError(code, "The body must contain a JSON object");
  }
  const outOfRange = issue.code === "too_small" ||
    (issue.code === "custom" && issue.params?.outOfRange);
  const message = `Field "${issue.path.join(".")}" is wrong: ${issue.message}`;
  throw new DicomError(outOfRange ? "out-of-range" : code, message);
}
