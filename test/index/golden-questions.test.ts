/** Golden questions as they are stored: limits, deletion, damage. Bad input loses nothing. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../src/index/catalogue';
import { exportLibrary } from '../../src/index/export-library';
import {
  type GivenQuestion,
  loadGoldenQuestions,
  QUESTION_CHARACTERS_MAX,
  QUESTIONS_MAX,
  QUOTE_CHARACTERS_MAX,
  saveGoldenQuestions,
  sweepGoldenQuestions,
} from '../../src/index/golden-questions';
import { goldenKey } from '../../src/index/keys';
import { repairLibrary } from '../../src/index/repair';
import { restorePrevious } from '../../src/index/restore';
import { verifyLibrary } from '../../src/index/verify';
import { deleteEverything, deleteLibrary } from '../../src/jobs/delete-all';
import { DAMAGES, writeNewer } from '../support/damage';
import { codeRejectedBy, errorRejectedBy } from '../support/error-code';
import { type IndexSite, openIndexSite } from '../support/index-site';

const GIVEN: GivenQuestion[] = [
  { text: 'Who approves a release?', document: 'release.md', quote: 'Reviewers' },
  { text: 'Wer genehmigt 一つ 📏?', document: 'absent.md' },
  { text: 'Where is lunch?', nothingApplies: true },
];
const KEPT = [
  { text: 'Who approves a release?', document: 'release.md', quote: 'Reviewers' },
  { text: 'Wer genehmigt 一つ 📏?', document: 'absent.md', quote: null },
  { text: 'Where is lunch?', document: null, quote: null },
];

let site: IndexSite;
let id: string;
beforeEach(async () => {
  site = await openIndexSite();
  await site.index({ 'release.md': 'Reviewers approve releases.' });
  id = await libraryId('rules');
});
afterEach(() => site.close());

async function libraryId(name: string): Promise<string> {
  const { libraries } = await site.run((platform) => loadCatalogue(platform.entities));
  return libraries.find((library) => library.name === name)?.id ?? '';
}
const save = (given: readonly GivenQuestion[], library = id) =>
  site.run((platform) => saveGoldenQuestions(platform, library, given));
const load = () => site.run((platform) => loadGoldenQuestions(platform, id));
const verify = () => site.run((platform) => verifyLibrary(platform, 'rules', { unitsMax: 1_000 }));
const goldenKeys = async () => (await site.keys()).filter((key) => key.startsWith('plain//q:'));

describe('golden questions', () => {
  it('are kept as given, and replaced whole', async () => {
    expect(await load()).toEqual([]);
    expect(await save(GIVEN)).toEqual(KEPT);
    expect(await load()).toEqual(KEPT);
    await save(GIVEN.slice(0, 1));
    expect(await load()).toEqual(KEPT.slice(0, 1));
  });

  it('leave no key when there are none any more', async () => {
    await save(GIVEN);
    expect(await goldenKeys()).toHaveLength(1);
    await save([]);
    expect(await goldenKeys()).toEqual([]);
    expect(await load()).toEqual([]);
  });

  it('stay when the library is published and restored, and are in no export', async () => {
    await save(GIVEN);
    await site.index({ 'release.md': 'Two reviewers approve releases.' });
    await site.run((platform) => restorePrevious(platform, { library: 'rules' }));
    expect(await load()).toEqual(KEPT);
    const lines: string[] = [];
    await site.run(async (platform) => {
      for await (const line of exportLibrary(platform, 'rules')) lines.push(line);
    });
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join('\n')).not.toContain('approves a release');
  });

  const long = 'x'.repeat(QUESTION_CHARACTERS_MAX);
  it.each([
    ['no text', [{ text: ' \n', nothingApplies: true }], 'question 1: it has no text'],
    ['nothing expected', [...GIVEN, { text: 'x' }], 'question 4: it must either name a document'],
    [
      'a document, and that nothing applies',
      [{ text: 'x', document: 'a.md', nothingApplies: true }],
      'must either name a document or say that nothing applies',
    ],
    ['a quote alone', [{ text: 'x', quote: 'y', nothingApplies: true }], 'a quote and no document'],
    ['an empty document', [{ text: 'x', document: '' }], 'its document is empty'],
    ['an empty quote', [{ text: 'x', document: 'a.md', quote: ' ' }], 'its quote is empty'],
    ['the same text twice', [...GIVEN, ...GIVEN.slice(2)], 'question 4: it is the text of 3 again'],
    [
      'a text too long',
      [{ text: `${long}x`, nothingApplies: true }],
      'its text has 4001 characters',
    ],
    ['a document too long', [{ text: 'x', document: 'd'.repeat(401) }], 'its document has 401'],
    [
      'a quote too long',
      [{ text: 'x', document: 'a.md', quote: 'q'.repeat(QUOTE_CHARACTERS_MAX + 1) }],
      'its quote has 1001 characters',
    ],
    ['half a pair', [{ text: 'x\ud83d', document: 'a.md' }], 'half a surrogate pair'],
    [
      'too many',
      Array.from({ length: QUESTIONS_MAX + 1 }, (_, i) => ({ text: `${i}`, document: 'a.md' })),
      '201 questions: at most 200',
    ],
  ] as [string, GivenQuestion[], string][])('with %s are refused', async (_, given, words) => {
    await save(GIVEN);
    const before = await site.keys();
    const error = await errorRejectedBy(save(given));
    expect(error).toMatchObject({ code: 'golden_invalid' });
    expect(error?.message).toContain(words);
    expect(await load()).toEqual(KEPT);
    expect(await site.keys()).toEqual(before);
  });

  it('of the greatest number and the longest words fit; more bytes are refused', async () => {
    const questions = (text: string, count: number) =>
      Array.from({ length: count }, (_, i) => ({
        text: `${text.slice(4)}${String(i).padStart(4, '0')}`,
        document: 'a.md',
      }));
    await save(questions('x'.repeat(1_000), QUESTIONS_MAX));
    expect(await load()).toHaveLength(QUESTIONS_MAX);
    await save(questions(long, 50));
    expect(await load()).toHaveLength(50);
    const error = await errorRejectedBy(save(questions('一'.repeat(4_000), 50)));
    expect(error).toMatchObject({ code: 'golden_too_large' });
    expect(await load()).toHaveLength(50);
  });
});

describe('deleting', () => {
  it('a library takes its questions, and no other library’s', async () => {
    await site.index({ 'other.md': 'Other libraries stay.' }, { library: 'other' });
    await save(GIVEN);
    await save(GIVEN, await libraryId('other'));
    const { left } = await site.run((platform) => deleteLibrary(platform, 'rules'));
    expect(left).toBe(0);
    expect(await goldenKeys()).toEqual([`plain//${goldenKey(await libraryId('other'))}`]);
  });

  it('everything takes them too, whatever library they are of', async () => {
    await save(GIVEN);
    await save(GIVEN, 'feedfeedfeedfeed');
    const erased = await site.run((platform) =>
      deleteEverything(platform, ['provider-key:openai']),
    );
    expect(erased).toMatchObject({ libraries: 1, left: 0 });
    expect(await site.keys()).toEqual([]);
  });

  it('that crossed with saving leaves questions to the daily sweep', async () => {
    await save(GIVEN);
    await save(GIVEN, 'feedfeedfeedfeed');
    expect(await site.run(sweepGoldenQuestions)).toBe(1);
    expect(await goldenKeys()).toEqual([`plain//${goldenKey(id)}`]);
    expect(await load()).toEqual(KEPT);
  });
});

describe('a verification', () => {
  it('reads them and finds nothing amiss', async () => {
    const without = await verify();
    await save(GIVEN);
    const { checked, findings } = await verify();
    expect(findings).toEqual([]);
    expect(checked.values).toBe(without.checked.values + 1);
  });

  it.each(DAMAGES.filter(([, code]) => code === 'value_corrupt'))(
    'finds a value that %s, and the repair takes it away',
    async (_, code, damage) => {
      await save(GIVEN);
      await damage(site, goldenKey(id));
      expect(await codeRejectedBy(load())).toBe(code);
      const verified = await verify();
      expect(verified.findings).toMatchObject([{ code, key: goldenKey(id) }]);
      const report = await site.run((platform) => repairLibrary(platform, verified));
      expect(report).toMatchObject({ questionsLost: true, documents: { before: 1, kept: 1 } });
      expect((await verify()).findings).toEqual([]);
      expect(await load()).toEqual([]);
      expect(await site.rank('Who approves releases?')).toHaveLength(1);
    },
  );

  it('does not take away what a later version has written', async () => {
    await save(GIVEN);
    await writeNewer(site, goldenKey(id));
    const verified = await verify();
    expect(verified.findings).toMatchObject([{ code: 'format_newer' }]);
    const repairing = site.run((platform) => repairLibrary(platform, verified));
    expect(await codeRejectedBy(repairing)).toBe('format_newer');
    expect(await goldenKeys()).toHaveLength(1);
  });

  it('is not needed to replace damaged ones', async () => {
    await save(GIVEN);
    await site.replaceValue(goldenKey(id), 'damaged');
    await save(GIVEN);
    expect(await load()).toEqual(KEPT);
  });
});
