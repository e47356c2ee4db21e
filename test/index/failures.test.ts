import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultAction, PlatformCall } from '../../emulator/faults';
import { createProvider } from '../../src/embedding/create-provider';
import { deleteDocument } from '../../src/index/delete';
import { deleteEverything } from '../../src/jobs/delete-all';
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
  wordProvider,
} from '../support/index-site';

const RULES = { 'release.md': 'Reviewers approve releases.', 'lunch.md': 'Soup is on Monday.' };
const EDITED = { ...RULES, 'lunch.md': manyChunks('Pasta is on Friday.') };

let site: IndexSite;
beforeEach(async () => {
  site = await openIndexSite();
});
afterEach(() => site.close());

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
    expect(calls).toBe(2);
  });

  it('when a write is refused or its answer lost, whichever write it is', async () => {
    const actions: FaultAction[] = [
      { type: 'fail', status: 503, code: 'SERVICE_UNAVAILABLE' },
      { type: 'fail', status: 429, code: 'RATE_LIMIT_EXCEEDED' },
      { type: 'timeout', applied: true },
      { type: 'timeout', applied: false },
    ];
    const isWrite = ({ path }: PlatformCall) => /\/(batch|entity)\/set$/.test(path);
    for (const action of actions) {
      for (let nth = 1; nth <= writes(isIndexed); nth += 1) {
        const keys = await site.keys();
        site.local.calls.setFaults([{ match: isWrite, nth, action }]);
        await expect(site.index(EDITED)).rejects.toThrow();
        site.local.calls.setFaults([]);
        // An empty catalogue is made before the first publish and is no value of the job's.
        const made = isIndexed ? [] : ['entity/catalogue/catalogue'];
        const left = (await site.keys()).filter((key) => !made.includes(key));
        expect(left).toEqual(keys.filter((key) => !made.includes(key)));
      }
    }
    expect(await site.index(EDITED)).toMatchObject({ generation: isIndexed ? 2 : 1 });
  });

  it('when the publishing transaction is refused', async () => {
    const action = { type: 'fail', status: 429, code: 'TOO_MANY_REQUESTS' } as const;
    const keys = await site.keys();
    site.local.calls.setFaults([{ match: { kind: 'kvs', path: '/api/v1/transaction' }, action }]);
    expect(await codeRejectedBy(site.index(EDITED))).toBe('store_throttled');
    site.local.calls.setFaults([]);
    const left = (await site.keys()).filter((key) => key !== 'entity/catalogue/catalogue');
    expect(left).toEqual(keys.filter((key) => key !== 'entity/catalogue/catalogue'));
  });

  it('when the outcome of the transaction stays unknown, but for values that nothing names', async () => {
    const action = { type: 'timeout', applied: false } as const;
    site.local.calls.setFaults([{ match: { kind: 'kvs', path: '/api/v1/transaction' }, action }]);
    await expect(site.index(EDITED)).rejects.toThrow();
    site.local.calls.setFaults([]);
    const hits = await site.rank('soup pasta');
    expect(hits.map(({ text }) => text).join()).not.toContain('Pasta');
    expect(hits).toHaveLength(isIndexed ? 2 : 0);
    expect(await site.index(EDITED)).toMatchObject({ generation: isIndexed ? 2 : 1 });
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

/** Writes of a job: a batch of records, one more with the segment, and two items of a new library. */
function writes(isIndexed: boolean): number {
  return isIndexed ? 2 : 4;
}

/** So many documents that one more or less leaves the others in their segment. */
function manyRules(): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`rule ${i}.md`, `Rule ${i} holds on weekdays.`]),
  );
}

/** A document of 30 to 50 chunks: more than one batch. */
function manyChunks(sentence: string): string {
  return Array.from({ length: 36 }, (_, i) =>
    `# Part ${i}\n\n${sentence} `.padEnd(1_150, 'Again. '),
  ).join('\n\n');
}
