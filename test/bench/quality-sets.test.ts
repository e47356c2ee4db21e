/** The judged sets as they are turned into eval's format; skipped where there are none. */
import { describe, expect, it } from 'vitest';
import { linesOf } from '../../bench/quality/judged-set';
import { loadSet, SET_NAMES } from '../../bench/quality/load-sets';
import { parseJudgedQueries } from '../../cli/judged-queries';

const data = process.env['GROUNDWORK_DATA'];
const folded = (text: string) => text.replace(/\s+/g, ' ');

describe.skipIf(data === undefined)('a judged set', () => {
  it.each(SET_NAMES)('%s can be found in what is indexed, every passage of it', async (name) => {
    const { documents, queries } = await loadSet(name, data ?? '');
    const texts = new Map(
      documents.map((document) => [document.name, folded(Buffer.from(document.bytes).toString())]),
    );
    expect(texts.size).toBe(documents.length);
    const judged = parseJudgedQueries(name, linesOf(queries));
    expect(new Set(judged.map(({ id }) => id)).size).toBe(judged.length);
    expect(judged.length).toBeGreaterThanOrEqual(50);
    for (const { id, relevant } of judged) {
      for (const { document, quote } of relevant) {
        expect(texts.has(document), `${id}: ${document}`).toBe(true);
        if (quote === undefined) continue;
        expect(texts.get(document)?.includes(folded(quote)), `${id}: its quote`).toBe(true);
      }
    }
  });

  it('of known items has none of its queries in what is indexed', async () => {
    const { documents, queries } = await loadSet('handbook-ja', data ?? '');
    const whole = documents.map(({ bytes }) => Buffer.from(bytes).toString()).join('\n');
    expect(queries.filter(({ query = '' }) => whole.includes(query))).toEqual([]);
    expect(queries.every(({ relevant }) => relevant.length === 1)).toBe(true);
  });
});
