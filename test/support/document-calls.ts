/** What a provider was asked for, apart from the texts that calibrate a threshold. */
import { FOREIGN_ITEMS } from '../../src/retrieval/foreign-items';

const FOREIGN_TEXTS = new Set(FOREIGN_ITEMS);

export const isForeignText = (text: string): boolean => FOREIGN_TEXTS.has(text);

/** The calls for documents and queries, in order. */
export function documentCalls<Call extends { texts: readonly string[] }>(server: {
  requests: readonly Call[];
}): Call[] {
  return server.requests.filter(({ texts }) => !texts.some(isForeignText));
}
