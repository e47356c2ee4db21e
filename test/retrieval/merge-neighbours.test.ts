import { describe, expect, it } from 'vitest';
import { mergeNeighbours } from '../../src/retrieval/merge-neighbours';
import { hitOf } from '../support/hits';

const TEXT = 'First rule. Second rule. Third rule. Fourth rule.';

/** A hit that is this slice of one document. */
function slice(start: number, end: number, rank: number, more: object = {}) {
  return hitOf({ rank, start, end, text: TEXT.slice(start, end), ...more });
}

describe('hits that stand next to each other', () => {
  it('are one passage with the text as it was, whatever their order', () => {
    for (const hits of [
      [slice(0, 12, 1), slice(12, 25, 2)],
      [slice(12, 25, 1), slice(0, 12, 2)],
    ]) {
      const [merged, ...others] = mergeNeighbours(hits);
      expect(others).toEqual([]);
      expect(merged).toMatchObject({ start: 0, end: 25, text: TEXT.slice(0, 25), rank: 1 });
    }
  });

  it('say once what both have', () => {
    const [merged] = mergeNeighbours([slice(0, 20, 1), slice(12, 37, 2), slice(14, 18, 3)]);
    expect(merged).toMatchObject({ start: 0, end: 37, text: TEXT.slice(0, 37) });
  });

  it('need what stood around the first and the last of them, and nothing at the seam', () => {
    const table = { lead: '| head |\n', trail: '\n```' };
    const [merged] = mergeNeighbours([slice(0, 12, 1, table), slice(12, 25, 2, { trail: '!' })]);
    expect(merged).toMatchObject({ lead: '| head |\n', trail: '!', text: TEXT.slice(0, 25) });
  });

  it('have the headings that both stand under, and the scores of the better one', () => {
    const [merged] = mergeNeighbours([
      slice(0, 12, 2, { headings: ['Release', 'Approval'], score: 1, cosine: 0.1 }),
      slice(12, 25, 1, { headings: ['Release', 'Rollback'], score: 2, cosine: 0.2 }),
    ]);
    expect(merged).toMatchObject({ headings: ['Release'], score: 2, cosine: 0.2, rank: 1 });
  });

  it('stay apart where text stands between them, or another document', () => {
    const apart = [slice(0, 12, 1), slice(25, 37, 2), slice(12, 25, 3, { document: 'other.md' })];
    expect(mergeNeighbours(apart)).toEqual(apart);
  });
});

describe('passages', () => {
  it('come by the best hit of their document, and in its order', () => {
    const hits = [
      slice(25, 37, 1, { document: 'a.md' }),
      slice(0, 12, 2, { document: 'b.md' }),
      slice(0, 12, 3, { document: 'a.md' }),
    ];
    const order = mergeNeighbours(hits).map(({ document, start }) => `${document} ${start}`);
    expect(order).toEqual(['a.md 0', 'a.md 25', 'b.md 0']);
  });
});
