/**
 * What queries and jobs ask of the platform, counted by the local platform's meter as the design
 * counts. The figures are exact for these corpora: a change of one unit is to be noticed.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteDocument } from '../../src/index/delete';
import { meterStore } from '../../src/platform/metered-store';
import { rankChunks, type SearchScope, search } from '../../src/retrieval/search';
import {
  type IndexSite,
  keysLike,
  LIST_KEY,
  openIndexSite,
  wordProvider,
} from '../support/index-site';

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
  it('of one small library is three round trips: catalogue; list, words and key; records', async () => {
    await site.index(corpus(100, 'alpha'));
    expect(await costOf(10)).toEqual({
      // Catalogue 1, key 1, list and words of 6 KB 1; 20 chunks by vectors and 20 by words, some of
      // them the same: records of 0.9 KB in two batches.
      hits: 10,
      requests: 5,
      roundTrips: 3,
      readUnits: 8,
      writeUnits: 0,
    });
  });

  it('reads the records of all hits in batches side by side', async () => {
    await site.index(corpus(100, 'alpha'));
    expect(await costOf(60)).toEqual({
      // Sixty by vectors and sixty by words are nearly all: four batches of 3 or 2.
      hits: 60,
      requests: 7,
      roundTrips: 3,
      readUnits: 13,
      writeUnits: 0,
    });
  });

  it('of five libraries is three round trips too', async () => {
    for (const name of ['alpha', 'bravo', 'charlie', 'delta', 'echo']) {
      await site.index(corpus(20, name), { library: name });
    }
    expect(await costOf(10)).toEqual({
      // Catalogue 1, key 1, five lists in one batch 1, some 90 records in four batches 12.
      hits: 10,
      requests: 7,
      roundTrips: 3,
      readUnits: 15,
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

describe('what a query reads, trip by trip', () => {
  /** The kinds of values behind the keys of each batch; batches side by side are one trip. */
  async function tripsOf(text: string): Promise<{ trips: string[]; roundTrips: number }> {
    const trips: Set<string>[] = [];
    let open = 0;
    const { reading } = await site.measure((platform) => {
      const { kv } = platform;
      const batchGet: typeof kv.batchGet = async (keys) => {
        if (open === 0) trips.push(new Set());
        for (const key of keys) trips.at(-1)?.add(KIND.exec(key)?.[1] ?? key);
        open += 1;
        try {
          return await kv.batchGet(keys);
        } finally {
          open -= 1;
        }
      };
      // A key of the provider would be read beside the heads, and is nothing of the index.
      const secrets = { ...platform.secrets, get: async () => 'sk-local-test' };
      const counted = { ...platform, secrets, kv: { ...kv, batchGet } };
      return rankChunks(counted, { text, scope: 'all', k: 10 });
    });
    const kinds = trips.map((letters) => [...letters].sort().join(''));
    return { trips: kinds, roundTrips: reading.roundTrips };
  }

  it('of a flat segment: its list and words, then records', async () => {
    await site.index(topics(60));
    expect(await tripsOf(QUERY)).toEqual({ trips: ['hp', 'r'], roundTrips: 3 });
    await removeOne();
    expect(await tripsOf(QUERY)).toEqual({ trips: ['hpx', 'r'], roundTrips: 3 });
  });

  it('of a table in the catalogue: words and tombstones, lists, then records', async () => {
    await site.index(topics(400));
    expect(await tripsOf(QUERY)).toEqual({ trips: ['h', 'p', 'r'], roundTrips: 4 });
    await removeOne();
    expect(await tripsOf(QUERY)).toEqual({ trips: ['hx', 'p', 'r'], roundTrips: 4 });
  });

  it('of a table of its own: table, words and tombstones; lists and postings; records and places', async () => {
    await site.index(topics(1_540), { provider: wordProvider({ dimensions: 512 }) });
    expect(await tripsOf(QUERY)).toEqual({ trips: ['ch', 'bp', 'rt'], roundTrips: 4 });
    await removeOne();
    expect(await tripsOf(QUERY)).toEqual({ trips: ['chx', 'bp', 'rt'], roundTrips: 4 });
  });

  it('of segments of every form, and of several libraries: four trips still', async () => {
    const provider = wordProvider({ dimensions: 512 });
    await site.index(topics(1_540), { provider });
    await site.index({ 'small.md': 'Topic 3 is small too.' }, { provider });
    await removeOne();
    await site.index(topics(300), { provider, library: 'inline' });
    await site.index(topics(30), { provider, library: 'flat' });
    expect(await tripsOf(QUERY)).toEqual({ trips: ['chpx', 'bp', 'rt'], roundTrips: 4 });
  });

  it('is a few lists of many, and few of the records', async () => {
    await site.index(topics(800), { provider: wordProvider({ dimensions: 512 }) });
    const { reading } = await site.measure((platform) =>
      rankChunks(platform, { text: QUERY, scope: 'all', k: 10 }),
    );
    const lists = await keysLike(site, LIST_KEY);
    expect(lists.length).toBeGreaterThan(50);
    // All lists are 9 units, and all records 90.
    expect(reading.readUnits).toBeLessThanOrEqual(16);
  });

  it('of an item that is grounded is four trips, and few units', async () => {
    await site.index(topics(1_540), { provider: wordProvider({ dimensions: 512 }) });
    const { result, reading } = await site.measure((platform) =>
      search(platform, { text: QUERY, scope: 'all', k: 10 }),
    );
    expect(result.hits).toHaveLength(10);
    expect({ units: reading.readUnits, trips: reading.roundTrips }).toEqual({
      units: 11,
      trips: 4,
    });
  });

  /** The letter of the kind of value that a key names. */
  const KIND = /^l:[0-9a-f]+:(?:s:[0-9a-f]+:)?([a-z]):/;
  const QUERY = 'What holds for topic 3 and word3a word3b word3c?';
  const removeOne = () =>
    site.run((platform) => deleteDocument(platform, { library: 'rules', document: '1.md' }));

  /** Documents of one chunk, forty to a topic, with words that its topic alone has. */
  function topics(count: number): Record<string, string> {
    const topicCount = Math.max(1, Math.round(count / 40));
    return Object.fromEntries(
      Array.from({ length: count }, (_, i) => {
        const topic = i % topicCount;
        const words = Array.from('abcdefgh', (letter) => `word${topic}${letter}`).join(' ');
        return [`${i}.md`, `Topic ${topic} holds: ${words}, and number${i} too.`];
      }),
    );
  }
});

describe('a job', () => {
  /** Indexes, and counts apart what it uses of the index and what of its own account. */
  async function costsOf(texts: Record<string, string>) {
    let publishes = 0;
    let ofIndex = { readUnits: 0, writeUnits: 0 };
    const { result, reading } = await site.local.measure('index', () =>
      site.run(async (platform) => {
        const index = meterStore(platform.kv);
        const { kv } = platform;
        const of = (key = '') => (key.startsWith('l:') ? index.kv : kv);
        const split: typeof kv = {
          ...kv,
          batchGet: (keys) => of(keys[0]).batchGet(keys),
          batchSet: (items) => of(items[0]?.key).batchSet(items),
          batchDelete: (keys) => of(keys[0]).batchDelete(keys),
          query: (options) => of(options.prefix).query(options),
        };
        const beforePublish = async () => {
          publishes += 1;
        };
        const report = await site.index(texts, { overrides: { kv: split }, beforePublish });
        ofIndex = costs(index.used());
        return report;
      }),
    );
    const { embedded, chunks } = result;
    return { embedded, chunks, publishes, index: ofIndex, all: costs(reading) };
  }

  it('writes its records and segment once, and publishes by one transaction', async () => {
    expect(await costsOf(corpus(100, 'alpha'))).toEqual({
      embedded: 100,
      chunks: 100,
      publishes: 1,
      // Records in four batches of 23 KB 12, list, words and documents of 19 KB 2. To seal, the
      // records again, and whether there are values of a seal in steps, 1; to calibrate, list and
      // words once and each record once.
      index: { readUnits: 32, writeUnits: 14 },
      all: { readUnits: 92, writeUnits: 69 },
    });
    const edited = { ...corpus(100, 'alpha'), '7.md': 'Another rule.' };
    expect(await costsOf(edited)).toEqual({
      embedded: 1,
      chunks: 100,
      publishes: 1,
      // A record 1; tombstones, list and documents of the new segment 1. The document table to plan,
      // to seal and to clean up 3; its record, and whether there are values of steps or of the sweep.
      index: { readUnits: 6, writeUnits: 2 },
      all: { readUnits: 59, writeUnits: 48 },
    });
    expect(await costsOf(edited)).toEqual({
      embedded: 0,
      chunks: 100,
      publishes: 0,
      index: { readUnits: 3, writeUnits: 0 },
      all: { readUnits: 30, writeUnits: 32 },
    });
  });
});

function costs({ readUnits, writeUnits }: { readUnits: number; writeUnits: number }) {
  return { readUnits, writeUnits };
}
