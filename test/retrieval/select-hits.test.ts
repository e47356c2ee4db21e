import { describe, expect, it } from 'vitest';
import type { RankedChunk } from '../../src/retrieval/rank-libraries';
import { selectHits } from '../../src/retrieval/select-hits';

const KNOBS = { duplicates: 'dropped', documentHitsMax: 2 } as const;

function chunk(
  document: string,
  text: string,
  { headings = ['Rules'], library = 'rules' } = {},
): RankedChunk {
  const record = { document, headings, text };
  return { library: { id: library }, record } as unknown as RankedChunk;
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
  it('drops what stands in a better hit word for word, also of another library', () => {
    const said = 'A release needs two approvals. It is announced a day before.';
    const again = '**A  release** needs\ntwo approvals.';
    const chunks = [chunk('a', said), chunk('b', again, { library: 'more' })];
    expect(select(chunks)).toEqual({ kept: [said], dropped: [[again, 'duplicate']] });
    expect(select([...chunks].reverse()).kept).toEqual([again, said]);
  });

  it.each([
    ['a number', 'Severity 1 is answered in 15 minutes.', 'Severity 2 is answered in 4 hours.'],
    ['a "not"', 'Deploys on Friday are not allowed.', 'Deploys on Friday are allowed.'],
    ['a part of a word', 'Tokens expire in 30 days.', 'Tokens expire in 3'],
    ['the order', 'The owner asks the manager.', 'The manager asks the owner.'],
  ])('keeps rules that differ in %s', (_, one, other) => {
    expect(select([chunk('a', one), chunk('b', other)]).kept).toEqual([one, other]);
  });

  it('keeps the same words under another heading, which are another rule', () => {
    const text = 'Answer within the hour.';
    const of = (heading: string) => chunk('a', text, { headings: ['Support', heading] });
    expect(select([of('Severity 1'), of('Severity 2')]).kept).toEqual([text, text]);
    expect(select([of('Severity 1'), of('Severity 1')]).kept).toEqual([text]);
  });

  it('tells apart what has no words', () => {
    const texts = ['🚀 🚀', 'A rule.', '🛑', '🚀'];
    const chunks = texts.map((text, i) => chunk(`${i}`, text));
    expect(select(chunks).kept).toEqual(texts.slice(0, 3));
  });

  it('makes room for other documents, and gives it back where they do not fill it', () => {
    const chunks = [chunk('a', 'one'), chunk('a', 'two'), chunk('a', 'three'), chunk('b', 'four')];
    expect(select(chunks, 3)).toEqual({
      kept: ['one', 'two', 'four'],
      dropped: [['three', 'cap']],
    });
    expect(select(chunks, 4)).toEqual({ kept: ['one', 'two', 'three', 'four'], dropped: [] });
    const other = chunk('a', 'three', { library: 'more' });
    expect(select([...chunks.slice(0, 2), other], 3).kept).toHaveLength(3);
  });

  it('says of every chunk that is no hit why', () => {
    const chunks = [chunk('a', 'one'), chunk('b', 'two'), chunk('c', 'three')];
    expect(select(chunks, 1).dropped).toEqual([
      ['two', 'rank'],
      ['three', 'rank'],
    ]);
    expect(select(chunks, 3, () => false)).toEqual({
      kept: [],
      dropped: chunks.map(({ record }) => [record.text, 'threshold']),
    });
  });
});
