/**
 * The steps of a query, each left out or set otherwise, one a row. A row says what the whole is
 * worth without that step; docs/tuning.md says what each knob does.
 */

import { type JudgedQuery, queryOf } from '../../cli/judged-queries';
import { toIssue } from '../../cli/read-issue';
import { descriptionText, queryWith } from '../../src/refinement/issue-text';
import { DEFAULT_KNOBS, type SearchKnobs } from '../../src/retrieval/knobs';
import type { SearchQuery } from '../../src/retrieval/query';

export interface Step {
  name: string;
  knobs?: Partial<SearchKnobs>;
  queryOf?: (judged: JudgedQuery) => SearchQuery;
  /** Of items alone; questions have one part. */
  isOfItems?: boolean;
  /** Of libraries with vectors alone. */
  isOfVectors?: boolean;
}

type ShortIssue = NonNullable<JudgedQuery['issue']>;

/** The item changed before a query is made of it; a question stays as it is. */
function ofItem(change: (issue: ShortIssue) => ShortIssue): NonNullable<Step['queryOf']> {
  return (judged) =>
    queryOf(judged.issue === undefined ? judged : { ...judged, issue: change(judged.issue) });
}

export const STEPS: readonly Step[] = [
  { name: 'words alone', knobs: { signals: 'words' }, isOfVectors: true },
  { name: 'vectors alone', knobs: { signals: 'vectors' }, isOfVectors: true },
  { name: 'words of the chunk alone, not of its document', knobs: { documentWeight: 0 } },
  { name: 'words of the document twice as heavy', knobs: { documentWeight: 0.8 } },
  { name: 'repeated words of the query count in full', knobs: { querySaturation: 1_000 } },
  { name: 'texts of candidates not reread', knobs: { presenceWeight: 0, pairWeight: 0 } },
  { name: 'presence of words not counted', knobs: { presenceWeight: 0 } },
  { name: 'pairs of words not counted', knobs: { pairWeight: 0 } },
  { name: 'weight of vectors 0.1', knobs: { vectorWeight: 0.1 }, isOfVectors: true },
  { name: 'weight of vectors 0.7', knobs: { vectorWeight: 0.7 }, isOfVectors: true },
  { name: 'ten candidates of each half', knobs: { candidatesEach: 10 }, isOfVectors: true },
  { name: 'a hundred candidates of each half', knobs: { candidatesEach: 100 }, isOfVectors: true },
  { name: 'terms for 10 KB a query', knobs: { postingBytesMax: 10_000 } },
  { name: 'terms for 20 KB a query', knobs: { postingBytesMax: 20_000 } },
  { name: 'all terms, also frequent ones', knobs: { frequencyShareMax: 1, postingBytesMax: 1e9 } },
  { name: 'every list of vectors read', knobs: { coverageBesideWords: 1 }, isOfVectors: true },
  { name: 'duplicates kept', knobs: { duplicates: 'kept' } },
  { name: 'no cap per document', knobs: { documentHitsMax: Number.POSITIVE_INFINITY } },
  { name: 'at most two of a document', knobs: { documentHitsMax: 2 } },
  {
    name: 'summary counted once',
    isOfItems: true,
    queryOf: (judged) => {
      const { text, parts } = queryOf(judged);
      return parts === undefined
        ? { text }
        : { text, parts: parts.map((part) => ({ ...part, weight: 1 })) };
    },
  },
  {
    name: 'without the summary',
    isOfItems: true,
    // An item that has nothing else keeps it, as there must be something to search for.
    queryOf: ofItem((issue) => (issue.description ? { ...issue, summary: '' } : issue)),
  },
  {
    name: 'without the description',
    isOfItems: true,
    queryOf: ofItem((issue) => ({ ...issue, description: null })),
  },
  {
    name: 'without labels',
    isOfItems: true,
    queryOf: ofItem((issue) => ({ ...issue, labels: [] })),
  },
  {
    name: 'with what templates put there',
    isOfItems: true,
    queryOf: (judged) => {
      if (judged.issue === undefined) return queryOf(judged);
      const issue = toIssue(judged.issue);
      return queryWith(issue, descriptionText(issue.description));
    },
  },
  {
    name: 'with the type of the item',
    isOfItems: true,
    queryOf: ofItem((issue) => ({ ...issue, labels: [...issue.labels, issue.type] })),
  },
];

export function knobsOf({ knobs }: Pick<Step, 'knobs'>): SearchKnobs {
  return { ...DEFAULT_KNOBS, ...knobs };
}
