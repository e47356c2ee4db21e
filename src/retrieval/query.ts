/**
 * What is searched for: one text, which is embedded, and its parts with weights, whose words are
 * looked up.
 */

import { analyze, WORD } from '../analysis/terms';

export interface QueryPart {
  text: string;
  /** How often a word of this part counts. */
  weight: number;
}

export interface SearchQuery {
  /** What is embedded. */
  text: string;
  /** What is looked up by its words; without them, the text as one part. */
  parts?: readonly QueryPart[];
}

export interface QueryTerm {
  term: string;
  /** Occurrences in the query, each with the weight of its part. */
  frequency: number;
  /** The word that the term was first made of, as the query writes it. */
  word: string;
}

/** Two terms beside each other in the query, in the order of their code units. */
export interface QueryPair {
  first: string;
  second: string;
  /** As of a term. */
  frequency: number;
}

/** What a query is looked up by. */
export interface QueryWords {
  terms: readonly QueryTerm[];
  pairs: readonly QueryPair[];
}

/** Of a search that goes by vectors alone. */
export const NO_WORDS: QueryWords = { terms: [], pairs: [] };

/** Characters of a word that is shown as it stands; longer ones are text without spaces. */
const WORD_SHOWN_CHARACTERS_MAX = 40;

/** The distinct terms and pairs of a query, in the order they first occur. */
export function queryWords({ text, parts }: SearchQuery): QueryWords {
  const terms = new Map<string, QueryTerm>();
  const pairs = new Map<string, QueryPair>();
  for (const part of parts ?? [{ text, weight: 1 }]) {
    let before: string | undefined;
    for (const term of analyze(part.text)) {
      const known = terms.get(term);
      if (known === undefined) terms.set(term, { term, frequency: part.weight, word: term });
      else known.frequency += part.weight;
      if (before !== undefined && before !== term) addPair(pairs, before, term, part.weight);
      before = term;
    }
    for (const [word] of part.text.matchAll(WORD)) {
      if (word.length > WORD_SHOWN_CHARACTERS_MAX) continue;
      for (const term of analyze(word)) {
        const known = terms.get(term);
        if (known?.word === term) known.word = word;
      }
    }
  }
  return { terms: [...terms.values()], pairs: [...pairs.values()] };
}

function addPair(pairs: Map<string, QueryPair>, a: string, b: string, weight: number): void {
  const [first, second] = a < b ? [a, b] : [b, a];
  const key = `${first} ${second}`;
  const known = pairs.get(key);
  if (known === undefined) pairs.set(key, { first, second, frequency: weight });
  else known.frequency += weight;
}
