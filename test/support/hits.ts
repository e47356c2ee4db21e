/** Hits for the tests of packing and prompt section. */
import type { Hit } from '../../src/retrieval/search';

export function hitOf(overrides: Partial<Hit> = {}): Hit {
  return {
    rank: 1,
    score: 0.8,
    library: 'rules',
    document: 'release.md',
    headings: ['Release'],
    start: 0,
    end: 10,
    text: 'Two reviewers approve.',
    lead: '',
    trail: '',
    applies: true,
    ...overrides,
  };
}
