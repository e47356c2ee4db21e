import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuseByRank } from '../../src/retrieval/fusion';

const item = (name: string, score: number) => ({ name, score });
const names = (items: readonly { name: string }[]) => items.map(({ name }) => name).join(' ');

describe('fusion by rank', () => {
  it('leaves a single ranking as it is', () => {
    const ranking = [item('a', 0.9), item('b', 0.9), item('c', 0.1)];
    expect(fuseByRank([ranking])).toEqual(ranking);
    expect(fuseByRank([])).toEqual([]);
    expect(fuseByRank([[], ranking, []])).toEqual(ranking);
  });

  it('takes all first places before all second places, whatever their scores', () => {
    const high = [item('a1', 0.99), item('a2', 0.98), item('a3', 0.97)];
    const low = [item('b1', 0.2), item('b2', 0.1)];
    expect(names(fuseByRank([high, low]))).toBe('a1 b1 a2 b2 a3');
    expect(names(fuseByRank([low, high]))).toBe('a1 b1 a2 b2 a3');
  });

  it('orders equal ranks by score, and equal scores by the order of the rankings', () => {
    const rankings = [[item('a', 0.5)], [item('b', 0.7)], [item('c', 0.5)]];
    expect(names(fuseByRank(rankings))).toBe('b a c');
  });

  it('loses and doubles nothing and keeps the order of every ranking', () => {
    const scores = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(scores, { maxLength: 6 }), (lists) => {
        const rankings = lists.map((list, source) =>
          [...list]
            .sort((x, y) => y - x)
            .map((score, i) => ({ name: `${source}/${i}`, score, source })),
        );
        const fused = fuseByRank(rankings);
        expect(fused).toHaveLength(rankings.flat().length);
        for (const [source, ranking] of rankings.entries()) {
          expect(fused.filter((entry) => entry.source === source)).toEqual(ranking);
        }
      }),
    );
  });
});
