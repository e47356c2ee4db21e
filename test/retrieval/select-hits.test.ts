import { describe, expect, it } from 'vitest';
import type { RankedChunk } from '../../src/retrieval/rank-libraries';
import { selectHits } from '../../src/retrieval/select-hits';

const KNOBS = { duplicateCosine: 0.95, documentHitsMax: 2 };

/** A chunk of a document with a direction for its vector, in degrees. */
function chunk(
  document: string,
  degrees: number,
  { text = `${document} ${degrees}`, modelId = 'm', library = 'rules' } = {},
): RankedChunk {
  const angle = (degrees * Math.PI) / 180;
  const values = Int8Array.of(Math.round(127 * Math.cos(angle)), Math.round(127 * Math.sin(angle)));
  const of = { id: library, fingerprint: { modelId } };
  return {
    library: of,
    record: { document, text, vector: { values, scale: 1 / 127 } },
  } as unknown as RankedChunk;
}

function select(chunks: readonly RankedChunk[], k = 10, isWanted = () => true) {
  const { kept, dropped } = selectHits(chunks, { k, knobs: KNOBS, isWanted });
  const nameOf = ({ record }: RankedChunk) => record.text;
  return {
    kept: kept.map(nameOf),
    dropped: dropped.map((one) => [nameOf(one.chunk), one.reason]),
  };
}

describe('selecting hits', () => {
  it('drops what is as near a better one as a duplicate is', () => {
    // Cosines of 15 and 20 degrees: 0.966 and 0.940.
    const { kept, dropped } = select([chunk('a', 0), chunk('b', 15), chunk('c', 20)]);
    expect(kept).toEqual(['a 0', 'c 20']);
    expect(dropped).toEqual([['b 15', 'duplicate']]);
  });

  it('does not compare vectors of two models, and knows the same text all the same', () => {
    const other = { modelId: 'n' };
    expect(select([chunk('a', 0), chunk('b', 0, other)]).kept).toHaveLength(2);
    const said = { text: 'The  same\nrule.' };
    const again = { text: 'The same rule. ', ...other };
    expect(select([chunk('a', 0, said), chunk('b', 90, again)]).dropped).toEqual([
      [again.text, 'duplicate'],
    ]);
  });

  it('makes room for other documents, and gives it back where they do not fill it', () => {
    const chunks = [chunk('a', 0), chunk('a', 40), chunk('a', 80), chunk('b', 120)];
    expect(select(chunks, 3)).toEqual({
      kept: ['a 0', 'a 40', 'b 120'],
      dropped: [['a 80', 'cap']],
    });
    expect(select(chunks, 4)).toEqual({ kept: ['a 0', 'a 40', 'a 80', 'b 120'], dropped: [] });
    const other = chunk('a', 80, { library: 'more' });
    expect(select([...chunks.slice(0, 2), other], 3).kept).toHaveLength(3);
  });

  it('says of every chunk that is no hit why', () => {
    const chunks = [chunk('a', 0), chunk('b', 40), chunk('c', 80)];
    expect(select(chunks, 1).dropped).toEqual([
      ['b 40', 'rank'],
      ['c 80', 'rank'],
    ]);
    expect(select(chunks, 3, () => false)).toEqual({
      kept: [],
      dropped: chunks.map(({ record }) => [record.text, 'threshold']),
    });
  });
});
