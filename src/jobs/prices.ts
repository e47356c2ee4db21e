/**
 * What others charge, as data: an estimate says which date its prices are of, and a changed price
 * is a changed line here. Prices in US dollars, without tax and without free allowances.
 */

/** The day on which every price below was read. */
export const PRICE_DATE = '2026-11-22';

/** Source: openai.com/api/pricing. Embeddings are charged by their input alone. */
const OPENAI_USD_PER_MILLION_TOKENS: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 0.02,
  'text-embedding-3-large': 0.13,
};

/**
 * Source: developer.atlassian.com/platform/forge/forge-platform-pricing. Charged to the developer
 * of the app, beyond an allowance for all its installations together.
 */
export const FORGE_USD = {
  perGigabyteRead: 0.055,
  perGigabyteWritten: 1.09,
  /** Memory as declared, in units of 1,024 MB, times the seconds a function runs or waits. */
  perGigabyteSecond: 0.000025,
} as const;

/** Price of a million tokens; undefined for a model that the table does not have. */
export function usdPerMillionTokens(provider: string, model: string): number | undefined {
  // They run inside the app, on memory and time that Forge charges for.
  if (provider === 'builtin' || provider === 'lexical') return 0;
  if (provider !== 'openai') return undefined;
  const prices = OPENAI_USD_PER_MILLION_TOKENS;
  return Object.hasOwn(prices, model) ? prices[model] : undefined;
}
