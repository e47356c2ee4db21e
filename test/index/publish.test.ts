import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultAction, FaultRule } from '../../emulator/faults';
import { GroundworkError } from '../../src/errors';
import { loadCatalogue, loadManifest } from '../../src/index/catalogue';
import { deleteDocument } from '../../src/index/delete';
import { CATALOGUE_ENTITY } from '../../src/index/keys';
import { RETIRED_GRACE_MS } from '../../src/index/retire';
import { deleteLibrary } from '../../src/jobs/delete-all';
import type { IndexReport } from '../../src/jobs/drive-here';
import { codeRejectedBy } from '../support/error-code';
import { type IndexSite, openIndexSite, wordProvider } from '../support/index-site';
import { namedKeys } from '../support/stored-keys';
import { withoutLeases } from '../support/watched-platform';

const TRANSACTION = { kind: 'kvs', path: '/api/v1/transaction' } as const;
const NOT_APPLIED: FaultAction = { type: 'timeout', applied: false };

let site: IndexSite;
beforeEach(async () => {
  site = await openIndexSite();
});
afterEach(() => site.close());

/** Providers that answer only when all of them were asked: their jobs have all planned by then. */
function providersAtOneTime(count: number): ReturnType<typeof wordProvider>[] {
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

/** Lets the first publish of a job meet a fault, and no other call. */
const failNext = (action: FaultAction) => async (nth: number) => {
  if (nth === 1) site.local.calls.setFaults([{ match: TRANSACTION, nth: 1, action }]);
};

const codeOf = (outcome: PromiseSettledResult<unknown>) =>
  outcome.status === 'rejected' && GroundworkError.isInstance(outcome.reason)
    ? outcome.reason.code
    : outcome.status;

const catalogue = () => site.run((platform) => loadCatalogue(platform.entities));

const WORDS = ['Winner0', 'Winner1', 'Winner2', 'Winner3'];

describe('jobs on one library at one time', () => {
  /** All have published, one on top of the other, and nothing else is left of them. */
  async function expectOneAfterAnother(
    outcomes: readonly PromiseSettledResult<IndexReport>[],
    before: number,
  ): Promise<void> {
    expect(outcomes.map(codeOf)).toEqual(new Array(4).fill('fulfilled'));
    const generations = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value.generation : 0,
    );
    const order = [...generations].sort((a, b) => a - b);
    expect(order).toEqual([1, 2, 3, 4].map((nth) => before + nth));
    const words = order.map((generation) => WORDS[generations.indexOf(generation)]);
    expect((await catalogue()).libraries).toMatchObject([
      { name: 'rules', generation: before + 4 },
    ]);
    expect((await site.rank('text'))[0]?.text).toBe(`Text of ${words[3]}.`);
    await site.sweepLater();
    const stored = await site.storedText();
    expect(words.map((word) => stored.includes(word ?? ''))).toEqual([false, false, true, true]);
    expect(stored).not.toContain('first');
    expect(await site.keys()).toEqual((await namedKeys(site)).keys);
  }

  it.each([
    ['that is new', 0],
    ['with documents', 1],
  ])('take turns, and each embeds its own documents once (a library %s)', async (_, before) => {
    if (before > 0) await site.index({ 'a.md': 'The first text.' });
    const providers = WORDS.map(() => wordProvider());
    const outcomes = await Promise.allSettled(
      providers.map((provider, i) => site.index({ 'a.md': `Text of ${WORDS[i]}.` }, { provider })),
    );
    await expectOneAfterAnother(outcomes, before);
    expect(providers.map(({ embedded }) => embedded.length)).toEqual([1, 1, 1, 1]);
  });

  it.each([
    ['that is new', 0],
    ['with documents', 1],
  ])(
    'planned from one generation publish on top of who won, and embed nothing twice (a library %s)',
    async (_, before) => {
      if (before > 0) await site.index({ 'a.md': 'The first text.' });
      const providers = providersAtOneTime(4);
      const outcomes = await Promise.allSettled(
        providers.map((provider, i) =>
          site.run((platform) =>
            site.index(
              { 'a.md': `Text of ${WORDS[i]}.` },
              { provider, overrides: withoutLeases(platform) },
            ),
          ),
        ),
      );
      await expectOneAfterAnother(outcomes, before);
      expect(providers.map(({ embedded }) => embedded.length)).toEqual([1, 1, 1, 1]);
    },
  );

  it('a job ends by a deletion of its library and leaves nothing', async () => {
    await site.index({ 'a.md': 'The first text.' });
    const provider = wordProvider();
    const embed = provider.doEmbed.bind(provider);
    provider.doEmbed = async (texts, purpose) => {
      await site.run((platform) => deleteLibrary(platform, 'rules'));
      return embed(texts, purpose);
    };
    const job = site.index({ 'a.md': 'The second text.' }, { provider });
    expect(await codeRejectedBy(job)).toBe('library_deleted');
    expect(provider.embedded).toHaveLength(1);
    expect(await site.keys()).toEqual([
      'entity/catalogue/catalogue',
      'secret//provider-key:openai',
    ]);
    expect(await site.leases()).toEqual([]);
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

/** How many keys there are after one edit: records 2 + 1, two segments of three values, and items. */
async function keysAfterEdit(): Promise<number> {
  return (await site.keys()).length + 1 + 3;
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
    const provider = wordProvider();
    const report = await site.index(
      { 'a.md': 'The second text.' },
      { provider, beforePublish: failNext({ type: 'timeout', applied: true }) },
    );
    expect(report).toMatchObject({ generation, indexed: 1, chunks: 1 });
    expect(provider.embedded).toHaveLength(1);
    expect((await site.rank('text'))[0]?.text).toBe('The second text.');
    expect((await catalogue()).libraries[0]?.generation).toBe(generation);
    expect(await site.keys()).toEqual((await namedKeys(site)).keys);
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

  it('is not taken for success when it was not carried out, and then leaves nothing', async () => {
    await site.index({ 'a.md': 'The first text.' });
    const stored = await site.storedText();
    const beforePublish = failNext({ type: 'timeout', applied: false });
    const job = site.index({ 'a.md': 'The second text.' }, { beforePublish });
    expect(await codeRejectedBy(job)).toBe('publish_unknown');
    expect((await site.rank('text'))[0]?.text).toBe('The first text.');
    expect((await catalogue()).libraries[0]?.generation).toBe(1);
    expect(await site.storedText()).toBe(stored);
  });

  it('is carried out too late for a job that was ended meanwhile', async () => {
    await site.index({ 'a.md': 'The first text.' });
    let publish: () => Promise<boolean> = async () => true;
    const job = site.run((platform) => {
      const { entities } = platform;
      const transact: typeof entities.transact = async (sets) => {
        if (sets.every(({ entity }) => entity !== CATALOGUE_ENTITY)) return entities.transact(sets);
        publish = () => entities.transact(sets);
        site.local.calls.setFaults([{ match: TRANSACTION, nth: 1, action: NOT_APPLIED }]);
        return entities.transact(sets);
      };
      const late = { overrides: { entities: { ...entities, transact } } };
      return site.index({ 'a.md': 'The second text.' }, late);
    });
    expect(await codeRejectedBy(job)).toBe('publish_unknown');
    const stored = await site.storedText();
    // It was on its way all the time, and meets a job that is gone.
    expect(await site.run(() => publish())).toBe(false);
    expect(await site.storedText()).toBe(stored);
    expect((await site.rank('text'))[0]?.text).toBe('The first text.');
  });

  it('is told from a race that somebody else won, and the job publishes after that', async () => {
    await site.index({ 'a.md': 'The first text.' });
    const provider = wordProvider();
    const report = await site.index(
      { 'a.md': 'The later text.' },
      {
        provider,
        beforePublish: async (nth) => {
          if (nth > 1) return;
          await site.run((platform) =>
            site.index({ 'a.md': 'The winning text.' }, { overrides: withoutLeases(platform) }),
          );
          await failNext(NOT_APPLIED)(nth);
        },
      },
    );
    expect(report).toMatchObject({ generation: 3, indexed: 1, chunks: 1 });
    expect(provider.embedded).toHaveLength(1);
    expect((await site.rank('text'))[0]?.text).toBe('The later text.');
    expect(await site.keys()).toEqual((await namedKeys(site)).keys);
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
  const failing = (path: string): FaultRule => ({
    match: { kind: 'kvs', path },
    action: { type: 'fail', status: 503, code: 'SERVICE_UNAVAILABLE' },
  });

  it('that fails does not fail the job, and the next job sweeps what is left', async () => {
    await site.index({ 'a.md': 'The oldest text.' });
    await site.index({ 'a.md': 'The middle text.' });
    await site.index({ 'a.md': 'The newer text.' });
    site.pass(RETIRED_GRACE_MS);
    site.local.calls.setFaults([failing('/api/v1/batch/delete')]);
    const report = await site.index({ 'a.md': 'The new text.' }, { keepsEmbedded: true });
    expect(report).toMatchObject({ generation: 4, indexed: 1, embedded: 1, chunks: 1 });
    expect(site.logged).toEqual(['job_run_failed', 'cleanup_failed']);
    site.local.calls.setFaults([]);
    expect(await site.storedText()).toContain('oldest');
    site.pass(RETIRED_GRACE_MS);
    await site.index({ 'a.md': 'The newest text.' }, { keepsEmbedded: true });
    const stored = await site.storedText();
    expect(stored).not.toContain('oldest');
    expect(stored).not.toContain('middle');
    await site.sweepLater();
    expect((await site.keys()).filter((key) => key.startsWith('plain/'))).toHaveLength(8);
    expect(await site.keys()).toEqual((await namedKeys(site)).keys);
  });

  it('leaves no text unnamed when the function dies right after its publish', async () => {
    await site.index({ 'a.md': 'The oldest text.' });
    await site.index({ 'a.md': 'The middle text.' });
    const job = site.index(
      { 'a.md': 'The newer text.' },
      { beforePublish: failNext({ type: 'crash-after' }) },
    );
    await expect(job).rejects.toThrow();
    expect((await site.rank('text'))[0]?.text).toBe('The newer text.');
    await site.index({ 'a.md': 'The newest text.' }, { keepsEmbedded: true });
    await site.sweepLater();
    expect(await site.storedText()).not.toMatch(/oldest|middle/);
    expect(await site.keys()).toEqual((await namedKeys(site)).keys);
  });
});
