/** Hits for the tests of packing and prompt section. */
import type { Hit } from '../../src/retrieval/search';

/** A hit; those of other ranks stand elsewhere in the document. */
export function hitOf(overrides: Partial<Hit> = {}): Hit {
  const { rank = 1 } = overrides;
  return {
    rank,
    score: 0.8,
    cosine: 0.8,
    library: 'rules',
    document: 'release.md',
    headings: ['Release'],
    start: 100 * rank,
    end: 100 * rank + 10,
    text: 'Two reviewers approve.',
    lead: '',
    trail: '',
    applies: true,
    ...overrides,
  };
}
