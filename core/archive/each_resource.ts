import type { Index } from "../ports.ts";
import type { Query, Wanted } from "./query.ts";
import type { Resource } from "./resource.ts";

/** Resources read at a time. */
const PAGE = 200;
/** The same in an order of the client's, which is made anew for each page. */
const ORDERED_PAGE = 5000;

/** What a query finds, in its order, read from the index page by page, so that memory holds one. */
export async function* eachResource(
  index: Pick<Index, "find">,
  query: Query,
  wanted: Wanted,
): AsyncGenerator<Resource> {
  const isOrdered = query.orderBy.length > 0;
  let { after, since } = query;
  for (let left = query.limit || Infinity; left > 0;) {
    const limit = Math.min(isOrdered ? ORDERED_PAGE : PAGE, left);
    const page = await index.find({ ...query, after, since, limit }, wanted);
    yield* page;
    if (page.length < limit) return;
    left -= page.length;
    after = isOrdered ? "" : page.at(-1)!.id;
    since = isOrdered ? since + page.length : 0;
  }
}
