import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddingProvider } from '../../src/embedding/provider';
import { GroundworkError } from '../../src/errors';
import { loadCatalogue, loadManifest } from '../../src/index/catalogue';
import { deleteDocument } from '../../src/index/delete';
import { RETIRED_GRACE_MS } from '../../src/index/retire';
import { deleteLibrary } from '../../src/jobs/delete-all';
import { codeRejectedBy } from '../support/error-code';
import { type IndexSite, openIndexSite, wordProvider } from '../support/index-site';

const TRANSACTION = { kind: 'kvs', path: '/api/v1/transaction' } as const;

let site: IndexSite;
beforeEach(async () => {
  site = await openIndexSite();
});
afterEach(() => site.close());

/** Providers that answer only when all of them were asked: their jobs have all planned by then. */
function providersAtOneTime(count: number): EmbeddingProvider[] {
  let arrived = 0;
  let open: () => void = () => undefined;
  const everybody = new Promise<void>((resolve) => {
    open = resolve;
  });
  return Array.from({ length: count }, () => {
    const inner = wordProvider();
    return {
      ...inner,
      async doEmbed(texts, purpose) {
        arrived += 1;
        if (arrived === count) open();
        await everybody;
        return inner.doEmbed(texts, purpose);
      },
    };
  });
}

const codeOf = (outcome: PromiseSettledResult<unknown>) =>
  outcome.status === 'rejected' && GroundworkError.isInstance(outcome.reason)
    ? outcome.reason.code
    : outcome.status;

const catalogue = () => site.run((platform) => loadCatalogue(platform.entities));

describe('jobs on one library, planned from the same generation', () => {
  it.each([
    ['that is new', false],
    ['with documents', true],
  ])(
    'one wins, the others get publish_lost and leave nothing (a library %s)',
    async (_, isThere) => {
      if (isThere) await site.index({ 'a.md': 'The first text.' });
      const words = ['Winner0', 'Winner1', 'Winner2', 'Winner3'];
      const outcomes = await Promise.allSettled(
        providersAtOneTime(4).map((provider, i) =>
          site.index({ 'a.md': `Text of ${words[i]}.` }, { provider }),
        ),
      );
      expect(outcomes.map(codeOf).sort()).toEqual([
        'fulfilled',
        ...new Array<string>(3).fill('publish_lost'),
      ]);
      const winner = words[outcomes.findIndex(({ status }) => status === 'fulfilled')];
      const stored = await site.storedText();
      for (const word of words) expect(stored.includes(word)).toBe(word === winner);
      const generations = isThere ? 2 : 1;
      const plain = (await site.keys()).filter((key) => key.startsWith('plain/'));
      expect(plain).toHaveLength(3 * generations);
      const manifests = (await site.keys()).filter((key) =>
        key.startsWith('entity/index-manifest'),
      );
      expect(manifests).toHaveLength(1);
      expect((await catalogue()).libraries).toMatchObject([
        { name: 'rules', generation: generations },
      ]);
      expect((await site.rank('text'))[0]?.text).toBe(`Text of ${winner}.`);
    },
  );

  it('a job loses to a deletion of its library and leaves nothing', async () => {
    await site.index({ 'a.md': 'The first text.' });
    const provider = wordProvider();
    const embed = provider.doEmbed.bind(provider);
    provider.doEmbed = async (texts, purpose) => {
      await site.run((platform) => deleteLibrary(platform, 'rules'));
      return embed(texts, purpose);
    };
    const job = site.index({ 'a.md': 'The second text.' }, { provider });
    expect(await codeRejectedBy(job)).toBe('publish_lost');
    expect(await site.keys()).toEqual([
      'entity/catalogue/catalogue',
      'secret//provider-key:openai',
    ]);
  });

  it('a deletion of a document that loses to a job leaves nothing of its own', async () => {
    await site.index({ 'a.md': 'Alpha text.', 'b.md': 'Bravo text.' });
    const expected = await keysAfterEdit();
    let isFirst = true;
    const deletion = site.run(async (platform) => {
      const { kv } = platform;
      const batchSet: typeof kv.batchSet = async (items) => {
        if (isFirst) {
          isFirst = false;
          await site.index({ 'b.md': 'Other bravo text.' });
        }
        return kv.batchSet(items);
      };
      const options = { library: 'rules', document: 'a.md' };
      return deleteDocument({ ...platform, kv: { ...kv, batchSet } }, options);
    });
    expect(await codeRejectedBy(deletion)).toBe('publish_lost');
    expect((await site.keys()).length).toBe(expected);
    expect(await site.rank('alpha')).toHaveLength(2);
  });
});

/** How many keys there are after one edit: records 2 + 1, two segments of two values, and items. */
async function keysAfterEdit(): Promise<number> {
  return (await site.keys()).length + 1 + 2;
}

describe('libraries published side by side', () => {
  it('all succeed, whoever publishes first', async () => {
    const names = Array.from({ length: 5 }, (_, i) => `library ${i}`);
    const outcomes = await Promise.allSettled(
      providersAtOneTime(5).map((provider, i) =>
        site.index({ 'a.md': `Text of number${i}.` }, { provider, library: names[i] ?? '' }),
      ),
    );
    expect(outcomes.map(codeOf)).toEqual(new Array(5).fill('fulfilled'));
    const { generation, libraries } = await catalogue();
    expect(generation).toBe(5);
    expect(libraries.map(({ name }) => name)).toEqual(names);
    for (const i of names.keys()) {
      expect((await site.rank(`number${i}`, { library: names[i] ?? '' }))[0]?.text).toContain(
        `${i}`,
      );
    }
  });
});

describe('an answer lost after the transaction was carried out', () => {
  it.each([
    ['a library with documents', 2],
    ['a new library', 1],
  ])('is recognised as success (%s)', async (_, generation) => {
    if (generation === 2) await site.index({ 'a.md': 'The first text.' });
    const action = { type: 'timeout', applied: true } as const;
    site.local.calls.setFaults([{ match: TRANSACTION, nth: 1, action }]);
    const report = await site.index({ 'a.md': 'The second text.' });
    expect(report).toMatchObject({ generation, indexed: 1, chunks: 1 });
    expect((await site.rank('text'))[0]?.text).toBe('The second text.');
    expect((await catalogue()).libraries[0]?.generation).toBe(generation);
  });

  it('is recognised for the deletion of a library', async () => {
    await site.index({ 'a.md': 'The first text.' });
    const action = { type: 'timeout', applied: true } as const;
    site.local.calls.setFaults([{ match: TRANSACTION, action }]);
    await site.run((platform) => deleteLibrary(platform, 'rules'));
    expect(await site.keys()).toEqual([
      'entity/catalogue/catalogue',
      'secret//provider-key:openai',
    ]);
  });

  it('is not taken for success when it was not carried out', async () => {
    await site.index({ 'a.md': 'The first text.' });
    const action = { type: 'timeout', applied: false } as const;
    site.local.calls.setFaults([{ match: TRANSACTION, nth: 1, action }]);
    const job = site.index({ 'a.md': 'The second text.' });
    expect(await codeRejectedBy(job)).toBe('publish_unknown');
    expect((await site.rank('text'))[0]?.text).toBe('The first text.');
    expect((await catalogue()).libraries[0]?.generation).toBe(1);
  });

  it('is told from a race that somebody else won', async () => {
    await site.index({ 'a.md': 'The first text.' });
    const job = site.run(async (platform) => {
      const { entities } = platform;
      const transact: typeof entities.transact = async () => {
        await site.index({ 'a.md': 'The winning text.' });
        throw new TypeError('fetch failed');
      };
      return site.index(
        { 'a.md': 'The losing text.' },
        { overrides: { entities: { ...entities, transact } } },
      );
    });
    expect(await codeRejectedBy(job)).toBe('publish_lost');
    expect(await site.storedText()).not.toContain('losing');
  });
});

describe('the index manifest', () => {
  it('agrees with the catalogue and names publisher, live and previous generation', async () => {
    await site.index({ 'a.md': 'One.' });
    const [first] = (await catalogue()).libraries;
    await site.index({ 'a.md': 'Two.' });
    const [second] = (await catalogue()).libraries;
    const manifest = await site.run((platform) =>
      loadManifest(platform.entities, second?.id ?? ''),
    );
    expect(manifest).toMatchObject({
      generation: 2,
      segments: second?.segments,
      previous: { generation: 1, fingerprint: first?.fingerprint, segments: first?.segments },
      retired: [],
      publisher: second?.segments[0]?.id,
    });
  });
});

describe('sweeping', () => {
  it('that fails does not fail the job, and the next job sweeps what is left', async () => {
    await site.index({ 'a.md': 'The oldest text.' });
    await site.index({ 'a.md': 'The middle text.' });
    await site.index({ 'a.md': 'The newer text.' });
    site.pass(RETIRED_GRACE_MS);
    const action = { type: 'fail', status: 503, code: 'SERVICE_UNAVAILABLE' } as const;
    site.local.calls.setFaults([{ match: { kind: 'kvs', path: '/api/v1/batch/delete' }, action }]);
    expect(await site.index({ 'a.md': 'The new text.' })).toMatchObject({ generation: 4 });
    expect(site.logged).toContain('sweep_failed');
    site.local.calls.setFaults([]);
    expect(await site.storedText()).toContain('oldest');
    site.pass(RETIRED_GRACE_MS);
    await site.index({ 'a.md': 'The newest text.' });
    const stored = await site.storedText();
    expect(stored).not.toContain('oldest');
    expect(stored).not.toContain('middle');
    await site.sweepLater();
    expect((await site.keys()).filter((key) => key.startsWith('plain/'))).toHaveLength(6);
  });

  it('leaves no text unnamed when the function dies right after its publish', async () => {
    await site.index({ 'a.md': 'The oldest text.' });
    await site.index({ 'a.md': 'The middle text.' });
    site.local.calls.setFaults([{ match: TRANSACTION, action: { type: 'crash-after' } }]);
    await expect(site.index({ 'a.md': 'The newer text.' })).rejects.toThrow();
    site.local.calls.setFaults([]);
    expect((await site.rank('text'))[0]?.text).toBe('The newer text.');
    await site.index({ 'a.md': 'The newest text.' });
    await site.sweepLater();
    expect(await site.storedText()).not.toMatch(/oldest|middle/);
  });
});
