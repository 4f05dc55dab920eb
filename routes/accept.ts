/** What a client takes, with how much it would like it. */
interface Accepted {
  readonly type: string;
  readonly quality: number;
}

/**
 * The media type to answer with (RFC 9110, Section 12.5.1): of those on offer the one that the client names most
 * precisely, of these the one that it likes most, of these the one that it names, or we offer, first.
 *
 * @param accept the header field; undefined for a client that takes anything
 * @returns undefined if the client takes none of them
 */
export function negotiate<Type extends string>(
  accept: string | undefined,
  offered: readonly Type[],
): Type | undefined {
  const accepted = parseAccept(accept ?? "*/*");
  for (const matches of [isSame, isSubtype, isAny]) {
    const choices = accepted
      .filter(({ type, quality }) => quality > 0 && offered.some((offer) => matches(type, offer)))
      .toSorted((a, b) => b.quality - a.quality);
    const [best] = choices;
    if (best) return offered.find((offer) => matches(best.type, offer));
  }
  return undefined;
}

const isSame = (type: string, offer: string) => type === offer;
const isSubtype = (type: string, offer: string) => type === offer.replace(/\/.*/, "/*");
const isAny = (type: string) => type === "*/*";

function parseAccept(accept: string): Accepted[] {
  return accept.split(",").map((part) => {
    const [type = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    const quality = weight === undefined ? 1 : Number(weight);
    return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 };
  });
}
