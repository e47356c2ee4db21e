import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultAction, PlatformCall } from '../../emulator/faults';
import { createProvider } from '../../src/embedding/create-provider';
import { deleteDocument } from '../../src/index/delete';
import { deleteEverything, deleteLibrary } from '../../src/jobs/delete-all';
import type { IndexReport } from '../../src/jobs/drive-here';
import { indexDocuments } from '../../src/jobs/index-here';
import type { JsonValue } from '../../src/platform/ports';
import { codeRejectedBy } from '../support/error-code';
import {
  DIMENSIONS,
  DOCUMENTS_KEY,
  documentsOf,
  type IndexSite,
  keysLike,
  LIST_KEY,
  openIndexSite,
  RECORD_KEY,
  TOMBSTONES_KEY,
  WORK_KEY,
  wordProvider,
} from '../support/index-site';
import { namedKeys } from '../support/stored-keys';

const RULES = { 'release.md': 'Reviewers approve releases.', 'lunch.md': 'Soup is on Monday.' };
const EDITED = { ...RULES, 'lunch.md': manyChunks('Pasta is on Friday.') };

let site: IndexSite;
beforeEach(async () => {
  site = await openIndexSite();
});
afterEach(() => site.close());

const TRANSACTION = { kind: 'kvs', path: '/api/v1/transaction' } as const;

/** Undefined for a job that failed. */
const settled = (job: Promise<IndexReport>) => job.catch(() => undefined);

/** Runs a job that must fail, and gives its code after making sure that it changed nothing. */
async function failsAndLeavesNothing(job: () => Promise<unknown>): Promise<string | undefined> {
  const keys = await site.keys();
  const stored = await site.storedText();
  const code = await codeRejectedBy(job());
  site.local.calls.setFaults([]);
  expect(await site.keys()).toEqual(keys);
  expect(await site.storedText()).toBe(stored);
  return code;
}

function withOpenAi(texts: Record<string, string>): Promise<unknown> {
  return site.run((platform) =>
    indexDocuments(platform, {
      library: 'rules',
      projects: undefined,
      documents: documentsOf(texts),
      sync: false,
      provider: createProvider({ embedder: 'openai', dimensions: DIMENSIONS, platform }),
    }),
  );
}

describe.each([
  ['a new library', false],
  ['a library with documents', true],
])('a job on %s publishes nothing and leaves nothing behind', (_, isIndexed) => {
  beforeEach(async () => {
    if (isIndexed) await site.index(RULES);
  });

  it('when the provider key is missing', async () => {
    await site.run((platform) => platform.secrets.delete('provider-key:openai'));
    expect(await failsAndLeavesNothing(() => withOpenAi(EDITED))).toBe('provider_key_missing');
  });

  it.each([
    ['refuses the key', 'keyRefused', 'provider_key_refused'],
    ['has no quota left', 'quotaExhausted', 'provider_quota_exhausted'],
    ['does not know the model', 'modelUnknown', 'provider_model_unknown'],
    ['answers with the wrong count', 'wrongCount', 'provider_answer_count'],
    ['answers with the wrong dimensions', 'wrongDimensions', 'provider_answer_dimensions'],
    ['answers with NaN', 'notFinite', 'provider_answer_not_finite'],
    ['answers with a zero vector', 'zeroVector', 'provider_answer_zero_vector'],
    ['answers with broken JSON', 'malformedJson', 'provider_answer_invalid'],
  ] as const)('when the provider %s', async (_what, kind, code) => {
    site.server.script([{ kind }]);
    expect(await failsAndLeavesNothing(() => withOpenAi(EDITED))).toBe(code);
    if (isIndexed) expect((await site.rank('soup'))[0]?.text).toBe('Soup is on Monday.');
  });

  it('when the provider fails at its second call', async () => {
    const once = wordProvider({ textsPerCallMax: 10, parallelCallsMax: 1 });
    let calls = 0;
    const provider = wordProvider({
      textsPerCallMax: 10,
      parallelCallsMax: 1,
      doEmbed: async (texts, purpose) => {
        calls += 1;
        const answer = await once.doEmbed(texts, purpose);
        return calls === 2 ? { ...answer, embeddings: [] } : answer;
      },
    });
    const code = await failsAndLeavesNothing(() => site.index(EDITED, { provider }));
    expect(code).toBe('provider_answer_count');
    // The other lanes were under way, each with a call.
    expect(calls).toBe(4);
  });

  it.each<[string, FaultAction]>([
    ['refused by 503', { type: 'fail', status: 503, code: 'SERVICE_UNAVAILABLE' }],
    ['refused by 429', { type: 'fail', status: 429, code: 'RATE_LIMIT_EXCEEDED' }],
    ['carried out without an answer', { type: 'timeout', applied: true }],
    ['lost', { type: 'timeout', applied: false }],
  ])('unless it has published when a write is %s, whichever it is', async (_, action) => {
    const isWrite = ({ kind, path }: PlatformCall) =>
      kind === 'kvs' && /\/(set|delete|transaction)$/.test(path);
    // The empty catalogue is made before the first publish and is no value of the job's.
    const stored = async () =>
      isIndexed
        ? site.storedText()
        : (await site.keys()).filter((key) => key !== 'entity/catalogue/catalogue');
    let [failed, published] = [0, 0];
    for (let nth = 1, isMet = true; isMet; nth += 1) {
      const before = await stored();
      const firstCall = site.local.calls.count;
      site.local.calls.setFaults([{ match: isWrite, nth, action }]);
      const text = manyChunks(`Pasta is on Friday ${nth}.`);
      const outcome = await settled(site.index({ ...RULES, 'lunch.md': text }));
      isMet =
        site.local.calls.log.filter((call) => call.number > firstCall && isWrite(call)).length >=
        nth;
      site.local.calls.setFaults([]);
      if (outcome === undefined) {
        failed += 1;
        expect(await stored()).toEqual(before);
      } else {
        published += 1;
        expect(outcome).toMatchObject({ indexed: isIndexed ? 1 : 2 });
        expect(await site.keys()).toEqual((await namedKeys(site)).keys);
        if (!isIndexed) await site.run((platform) => deleteLibrary(platform, 'rules'));
      }
    }
    expect(failed).toBeGreaterThan(10);
    expect(published).toBeGreaterThan(4);
  });

  it('when the publishing transaction is refused', async () => {
    const action = { type: 'fail', status: 429, code: 'TOO_MANY_REQUESTS' } as const;
    const beforePublish = async () =>
      site.local.calls.setFaults([{ match: TRANSACTION, nth: 1, action }]);
    const keys = await site.keys();
    expect(await codeRejectedBy(site.index(EDITED, { beforePublish }))).toBe('store_throttled');
    const left = (await site.keys()).filter((key) => key !== 'entity/catalogue/catalogue');
    expect(left).toEqual(keys.filter((key) => key !== 'entity/catalogue/catalogue'));
  });

  it.each([true, false])(
    'and nothing of a seal in steps either, whether it fails: %s',
    async (isToFail) => {
      const keys = await site.keys();
      const action = { type: 'fail', status: 429, code: 'TOO_MANY_REQUESTS' } as const;
      const beforePublish = async () => {
        // Steps are for segments that do not fit memory; their values stand under the segment's id.
        const lists = (await keysLike(site, LIST_KEY)).filter(
          (key) => !keys.includes(`plain//${key}`),
        );
        const [, library, , segment] = (lists[0] ?? '').split(':');
        await site.replaceValue(`l:${library}:w:${segment}:state`, 'left');
        if (isToFail) site.local.calls.setFaults([{ match: TRANSACTION, nth: 1, action }]);
      };
      const report = await settled(site.index(EDITED, { beforePublish }));
      expect(report === undefined).toBe(isToFail);
      expect(await keysLike(site, WORK_KEY)).toEqual([]);
      if (!isToFail) expect(await site.keys()).toEqual((await namedKeys(site)).keys);
    },
  );

  it('when nothing is answered from its publish on, but for values that nothing names', async () => {
    const action = { type: 'timeout', applied: false } as const;
    const beforePublish = async () => site.local.calls.setFaults([{ match: TRANSACTION, action }]);
    const job = site.index(EDITED, { beforePublish, keepsEmbedded: true });
    expect(await codeRejectedBy(job)).toBe('publish_unknown');
    site.local.calls.setFaults([]);
    const hits = await site.rank('soup pasta');
    expect(hits.map(({ text }) => text).join()).not.toContain('Pasta');
    expect(hits).toHaveLength(isIndexed ? 2 : 0);
    // What it had embedded is not paid for again.
    const provider = wordProvider();
    const again = await site.index(EDITED, { provider, keepsEmbedded: true });
    expect(again).toMatchObject({ generation: isIndexed ? 2 : 1, embedded: 0 });
    expect(provider.embedded).toEqual([]);
    expect(await site.keys()).toEqual((await namedKeys(site)).keys);
    await site.run((platform) => deleteEverything(platform, ['provider-key:openai']));
    expect(await site.keys()).toEqual([]);
  });
});

describe('a library with documents', () => {
  beforeEach(async () => {
    await site.index(RULES);
  });

  it.each([
    ['another provider', { provider: 'other' }],
    ['another model', { model: 'text-embedding-3-large' }],
    ['another model id', { modelId: 'openai:x:128' }],
    ['other dimensions', { dimensions: 256 }],
    ['another query convention', { queryConvention: 'prefix' }],
  ] as const)('refuses %s by fingerprint_mismatch', async (_, limits) => {
    const provider = wordProvider(limits);
    const job = () => site.index(EDITED, { provider });
    expect(await failsAndLeavesNothing(job)).toBe('fingerprint_mismatch');
    expect(provider.embedded).toEqual([]);
  });

  it.each([
    ['document table', DOCUMENTS_KEY],
    ['set of tombstones', TOMBSTONES_KEY],
    ['record that is to be merged', RECORD_KEY],
  ])(
    'with a damaged or missing %s refuses the next job and changes nothing',
    async (_, pattern) => {
      await site.index(manyRules());
      await site.run((platform) =>
        deleteDocument(platform, { library: 'rules', document: 'rule 7.md' }),
      );
      const [key = ''] = await keysLike(site, pattern);
      const original = (await site.valueAt(key)) as { body: string };
      await site.replaceValue(key, { ...original, body: original.body.slice(4) } as JsonValue);
      expect(await failsAndLeavesNothing(() => site.index(EDITED))).toBe('value_corrupt');
      await site.replaceValue(key, { ...original, format: 7 } as JsonValue);
      expect(await failsAndLeavesNothing(() => site.index(EDITED))).toBe('format_newer');
      await site.removeValue(key);
      expect(await failsAndLeavesNothing(() => site.index(EDITED))).toBe('value_missing');
      await site.replaceValue(key, original as JsonValue);
      expect(await site.index(EDITED)).toMatchObject({ generation: 4 });
    },
  );

  it('with a damaged posting list takes the next job, whose merging replaces the list', async () => {
    const [key = ''] = await keysLike(site, LIST_KEY);
    await site.replaceValue(key, 'damaged');
    expect(await codeRejectedBy(site.rank('soup'))).toBe('value_corrupt');
    expect(await site.index({ 'new.md': 'A new rule.' })).toMatchObject({ generation: 2 });
    expect((await site.rank('reviewers'))[0]?.document).toBe('release.md');
  });
});

/** So many documents that one more or less leaves the others in their segment. */
function manyRules(): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`rule ${i}.md`, `Rule ${i} holds on weekdays.`]),
  );
}

/** A document of 30 to 50 chunks: more than one batch. */
function manyChunks(sentence: string): string {
  return Array.from({ length: 36 }, (_, i) =>
    `# Part ${i}\n\n${sentence} `.padEnd(700, 'Again. '),
  ).join('\n\n');
}
