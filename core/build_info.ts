/** Commit that the executable was made of; `deno task build` writes it. */
export const BUILD_COMMIT: string | undefined = undefined;
