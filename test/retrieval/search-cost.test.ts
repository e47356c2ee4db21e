/**
 * What queries and jobs ask of the platform, counted by the local platform's meter as the design
 * counts. The figures are exact for these corpora: a change of one unit is to be noticed.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rankChunks, type SearchScope } from '../../src/retrieval/search';
import { type IndexSite, openIndexSite } from '../support/index-site';

let site: IndexSite;
beforeEach(async () => {
  site = await openIndexSite();
});
afterEach(() => site.close());

/** Documents of one chunk of some 600 characters each. */
function corpus(count: number, word: string): Record<string, string> {
  const numbers = Array.from({ length: count }, (_, i) => i);
  return Object.fromEntries(
    numbers.map((i) => [`${i}.md`, `Rule ${i} of ${word}. `.padEnd(600, `Reviewed by ${word}. `)]),
  );
}

async function costOf(k: number, scope: SearchScope = 'all') {
  const { result, reading } = await site.measure((platform) =>
    rankChunks(platform, { text: 'rule of alpha', scope, k }),
  );
  const { requests, roundTrips, readUnits, writeUnits } = reading;
  return { hits: result.length, requests, roundTrips, readUnits, writeUnits };
}

describe('a query', () => {
  it('of one library is three round trips: catalogue; segment and key; records', async () => {
    await site.index(corpus(100, 'alpha'));
    expect(await costOf(10)).toEqual({
      // Catalogue 1, key 1, segment of 27 KB 3, ten records of 0.9 KB 1.
      hits: 10,
      requests: 4,
      roundTrips: 3,
      readUnits: 6,
      writeUnits: 0,
    });
  });

  it('reads records in batches of 25 side by side', async () => {
    await site.index(corpus(100, 'alpha'));
    expect(await costOf(60)).toEqual({
      // The ten records are now 25, 25 and 10: 3, 3 and 1.
      hits: 60,
      requests: 6,
      roundTrips: 3,
      readUnits: 12,
      writeUnits: 0,
    });
  });

  it('of five libraries is three round trips too', async () => {
    for (const name of ['alpha', 'bravo', 'charlie', 'delta', 'echo']) {
      await site.index(corpus(20, name), { library: name });
    }
    expect(await costOf(10)).toEqual({
      // Catalogue 1, key 1, five segments of 5.6 KB 5, ten records 1.
      hits: 10,
      requests: 8,
      roundTrips: 3,
      readUnits: 8,
      writeUnits: 0,
    });
  });

  it('of no library is one read', async () => {
    const nothing = { hits: 0, requests: 1, roundTrips: 1, readUnits: 1, writeUnits: 0 };
    expect(await costOf(10)).toEqual(nothing);
    await site.index(corpus(3, 'alpha'), { projects: ['PAY'] });
    expect(await costOf(10, { project: 'HR' })).toEqual(nothing);
    expect(site.server.requests).toHaveLength(0);
  });

  it('embeds its text once, however many libraries of the same model there are', async () => {
    for (const name of ['alpha', 'bravo', 'charlie']) {
      await site.index(corpus(2, name), { library: name });
    }
    await costOf(10);
    expect(site.server.requests.map(({ texts }) => texts)).toEqual([['rule of alpha']]);
  });
});

describe('a job', () => {
  it('writes its records and segment once, and publishes by one transaction', async () => {
    const first = await site.local.measure('index', () => site.index(corpus(100, 'alpha')));
    // Records in four batches of 23 KB 12, segment 3, manifest, catalogue and transaction 1 each.
    expect(costs(first.reading)).toEqual({ readUnits: 2, writeUnits: 18 });
    const edited = { ...corpus(100, 'alpha'), '7.md': 'Another rule.' };
    const second = await site.local.measure('index', () => site.index(edited));
    expect(second.result).toMatchObject({ embedded: 1, chunks: 100 });
    // One record and the segment in one batch 3, transaction 1; the segment before was read.
    expect(costs(second.reading)).toEqual({ readUnits: 6, writeUnits: 4 });
    const third = await site.local.measure('index', () => site.index(edited));
    expect(costs(third.reading)).toEqual({ readUnits: 5, writeUnits: 0 });
  });
});

function costs({ readUnits, writeUnits }: { readUnits: number; writeUnits: number }) {
  return { readUnits, writeUnits };
}
