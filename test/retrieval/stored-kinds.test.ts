/**
 * Queries of a library that has values of every kind: a centroid table of its own, posting lists,
 * tombstones and records, of a clustered segment and of a flat one. Whichever of them is missing,
 * damaged, newer, or replaced meanwhile, a query says so or answers from one generation whole.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deleteDocument } from '../../src/index/delete';
import type { JsonValue, KeyValueStore } from '../../src/platform/ports';
import { EXHAUSTIVE_KNOBS } from '../../src/retrieval/knobs';
import { type Hit, rankChunks } from '../../src/retrieval/search';
import { codeRejectedBy, errorRejectedBy } from '../support/error-code';
import {
  DOCUMENTS_KEY,
  type IndexSite,
  keysLike,
  LIST_KEY,
  openIndexSite,
  RECORD_KEY,
  TABLE_KEY,
  TOMBSTONES_KEY,
  wordProvider,
} from '../support/index-site';

const QUERY = 'Which rule of version and team5?';
const provider = wordProvider({ dimensions: 512 });

/** Many enough that the centroid table does not stand in the catalogue. */
function version(name: string, count = 1_540): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${i}.md`, `Rule ${i} of team${i % 20}, ${name}.`]),
  );
}

async function openLargeSite(): Promise<IndexSite> {
  const opened = await openIndexSite();
  await opened.index(version('old'), { provider });
  await opened.index({ 'added.md': 'Which rule of version and team5, added.' }, { provider });
  await opened.run((platform) => deleteDocument(platform, { library: 'rules', document: '3.md' }));
  return opened;
}

let site: IndexSite;
beforeAll(async () => {
  site = await openLargeSite();
});
afterAll(() => site.close());

const KINDS: [kind: string, pattern: RegExp][] = [
  ['posting list', LIST_KEY],
  ['centroid table', TABLE_KEY],
  ['set of tombstones', TOMBSTONES_KEY],
  ['record', RECORD_KEY],
];

/** Everything read: whichever value of a kind is amiss, the query meets it. */
function rankAll(of = site): Promise<readonly Hit[]> {
  const request = { text: QUERY, scope: 'all' as const, k: 10 };
  return of.run((platform) => rankChunks(platform, request, { knobs: EXHAUSTIVE_KNOBS }));
}

/** Changes one value of the kind, and puts it back. */
async function withOne<T>(pattern: RegExp, change: Change, work: () => Promise<T>): Promise<T> {
  const keys = await keysLike(site, pattern);
  const key = keys[keys.length >> 1] ?? '';
  const value = (await site.valueAt(key)) as { body: string; checksum: number };
  const changed = change(value);
  if (changed === undefined) await site.removeValue(key);
  else await site.replaceValue(key, changed);
  try {
    return await work();
  } finally {
    await site.replaceValue(key, value);
  }
}

type Change = (value: { body: string; checksum: number }) => JsonValue | undefined;

describe('a query', () => {
  it('answers of a library with values of every kind', async () => {
    for (const [, pattern] of KINDS) expect(await keysLike(site, pattern)).not.toEqual([]);
    const hits = await rankAll();
    expect(hits.map(({ document }) => document)).toContain('added.md');
    expect(hits).toHaveLength(10);
  });

  it.each(KINDS)('reports value_missing for a %s that is gone', async (_, pattern) => {
    const requests = site.server.requests.length;
    const error = await withOne(
      pattern,
      () => undefined,
      () => errorRejectedBy(rankAll()),
    );
    expect(error?.code).toBe('value_missing');
    expect(error?.message).toMatch(/index the library again/);
    // Nothing newer to read: the query does not start over.
    expect(site.server.requests.length - requests).toBe(1);
  });

  const DAMAGES: [what: string, change: Change, code: string][] = [
    ['shortened', ({ body, ...rest }) => ({ ...rest, body: body.slice(4) }), 'value_corrupt'],
    ['one letter off', ({ body, ...rest }) => ({ ...rest, body: offByOne(body) }), 'value_corrupt'],
    ['of another kind', (value) => ({ ...value, kind: 'work' }), 'value_corrupt'],
    ['no envelope at all', () => 'damaged', 'value_corrupt'],
    ['of a newer format', (value) => ({ ...value, format: 7 }), 'format_newer'],
  ];

  it.each(
    KINDS.flatMap(([kind, pattern]) =>
      DAMAGES.map(([what, change, code]) => ({ kind, what, pattern, change, code })),
    ),
  )('reports a $kind, $what, by $code', async ({ pattern, change, code }) => {
    expect(await withOne(pattern, change, () => codeRejectedBy(rankAll()))).toBe(code);
  });

  it('reports two values of a kind that were exchanged', async () => {
    for (const pattern of [LIST_KEY, RECORD_KEY]) {
      const [a = '', b = ''] = await keysLike(site, pattern);
      const [first, second] = [await site.valueAt(a), await site.valueAt(b)];
      await site.replaceValue(a, second);
      await site.replaceValue(b, first);
      expect(await codeRejectedBy(rankAll())).toBe('value_corrupt');
      await site.replaceValue(a, first);
      await site.replaceValue(b, second);
    }
  });

  it('needs no document table; a job does', async () => {
    const expected = await rankAll();
    const isEdited = () => site.index({ 'added.md': 'Edited.' }, { provider });
    await withOne(
      DOCUMENTS_KEY,
      () => undefined,
      async () => {
        expect(await rankAll()).toEqual(expected);
        expect(await codeRejectedBy(isEdited())).toBe('value_missing');
      },
    );
    await withOne(
      DOCUMENTS_KEY,
      () => 'damaged',
      async () => {
        expect(await rankAll()).toEqual(expected);
        expect(await codeRejectedBy(isEdited())).toBe('value_corrupt');
      },
    );
  });
});

describe('a query that something happens behind', () => {
  const trips: [trip: string, pattern: RegExp][] = [
    ['heads', /:[cx]:/],
    ['lists', /:p:/],
    ['records', /:r:/],
  ];
  let own: IndexSite;
  beforeEach(async () => {
    own = await openLargeSite();
  });
  afterEach(() => own.close());

  /** Searches, with something happening just before the first read of the kind. */
  function rankWhile(
    pattern: RegExp,
    interference: () => Promise<unknown>,
  ): Promise<readonly Hit[]> {
    let isDone = false;
    return own.run((platform) => {
      const { kv } = platform;
      const batchGet: KeyValueStore['batchGet'] = async (keys) => {
        if (!isDone && keys.some((key) => pattern.test(key))) {
          isDone = true;
          await interference();
        }
        return kv.batchGet(keys);
      };
      const request = { text: QUERY, scope: 'all' as const, k: 30 };
      return rankChunks({ ...platform, kv: { ...kv, batchGet } }, request);
    });
  }

  const versionsOf = (hits: readonly Hit[]) =>
    [...new Set(hits.map(({ text }) => /, (\w+)/.exec(text)?.[1] ?? ''))].sort();
  const editTeam5 = (name: string) => {
    const texts = Object.entries(version(name)).filter((_, i) => i % 20 === 5);
    return own.index(Object.fromEntries(texts), { provider });
  };
  const removeAdded = () =>
    own.run((platform) => deleteDocument(platform, { library: 'rules', document: 'added.md' }));

  it.each(trips)('sees the generation before when one is published at its %s', async (_, at) => {
    const hits = await rankWhile(at, () => editTeam5('new'));
    expect(versionsOf(hits)).toEqual(['added', 'old']);
    expect(versionsOf(await rankAll(own))).toEqual(['added', 'new']);
  });

  it.each(trips)('starts over and succeeds when it is swept at its %s', async (_, at) => {
    const hits = await rankWhile(at, async () => {
      await editTeam5('middle');
      await editTeam5('new');
      await removeAdded();
    });
    expect(hits).toHaveLength(30);
    expect(versionsOf(hits)).toEqual(['new']);
  });
});

function offByOne(body: string): string {
  const middle = body.length >> 1;
  const other = body[middle] === 'A' ? 'B' : 'A';
  return body.slice(0, middle) + other + body.slice(middle + 1);
}
