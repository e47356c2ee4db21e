/** Golden questions as a page keeps and asks them, of the live generation and the one before. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createHandlerApp,
  given,
  type HandlerApp,
  LUNCH,
  RELEASE,
  resultOf,
} from '../support/handler-app';
import { REQUEST, SECOND } from '../support/job-library';

const LIBRARY = { library: 'rules' };
const QUESTIONS = [
  { text: 'approval of a release', document: 'release.md', quote: 'two reviewers' },
  { text: 'trips by train need no approval', document: 'travel.md' },
  { text: 'zygote', nothingApplies: true },
];

let app: HandlerApp;
beforeEach(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  app = await createHandlerApp();
  await app.storeKey();
  await app.index(REQUEST, [RELEASE, LUNCH]);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await app.close();
});

const set = (questions: unknown, library = 'rules') =>
  app.call('setGoldenQuestions', { library, questions });
const list = async () => resultOf(await app.call('listGoldenQuestions', LIBRARY)).questions;
const run = (payload: object = {}) => app.call('runGoldenQuestions', { ...LIBRARY, ...payload });
/** Verdict and rank of each question. */
const outcomes = async (payload: object = {}) =>
  resultOf(await run(payload)).outcomes.map(
    ({ verdict, rank }: { verdict: string; rank: number | null }) => [verdict, rank],
  );

describe('keeping golden questions', () => {
  it('takes one whose document is not there, and says so', async () => {
    expect(resultOf(await set(QUESTIONS))).toEqual({
      ...{ questions: 3, unknownDocuments: ['travel.md'], unknownQuotes: [], quotesUnchecked: 0 },
    });
    expect(await list()).toEqual([
      QUESTIONS[0],
      { ...QUESTIONS[1], quote: null },
      { text: 'zygote', document: null, quote: null },
    ]);
    await app.index(REQUEST, SECOND);
    expect(resultOf(await set(QUESTIONS)).unknownDocuments).toEqual([]);
  });

  it('says which quotes no chunk holds, and which of them a cut divides', async () => {
    const part = (name: string) => `## ${name}\n\n${`The rules of ${name} are long. `.repeat(40)}`;
    const parts = ['Approval', 'Rollback'].map(part).join('\n\n');
    await app.index(REQUEST, [given('long.md', `# Long\n\n${parts}\n`)]);
    const [cut, near] = ['are long.\n## Rollback', 'The rules of\n Rollback are'];
    const asked = [cut, near, 'nobody says this'].map((quote) => ({
      ...{ text: quote, document: 'long.md', quote },
    }));
    expect(resultOf(await set([...QUESTIONS, ...asked])).unknownQuotes).toEqual([
      { document: 'long.md', quote: cut, isCut: true },
      { document: 'long.md', quote: 'nobody says this', isCut: false },
    ]);
    app.around = (platform) => ({ ...platform, remainingTimeMs: () => 3_000 });
    expect(resultOf(await set([...QUESTIONS, ...asked]))).toMatchObject({
      ...{ questions: 6, unknownQuotes: [], quotesUnchecked: 4 },
    });
  });

  it('takes what it lists', async () => {
    await set(QUESTIONS);
    const listed = await list();
    expect(resultOf(await set(listed))).toMatchObject({ questions: 3 });
    expect(await list()).toEqual(listed);
    const undecided = { text: 'x', document: null, nothingApplies: false };
    expect((await set([undecided])).error?.code).toBe('golden_invalid');
  });

  it.each([
    ['a library that is not there', { library: 'none', questions: [] }, 'library_unknown'],
    ['no list', { ...LIBRARY, questions: 'all' }, 'input_invalid'],
    ['a field too many', { ...LIBRARY, questions: [{ text: 'x', id: 1 }] }, 'input_invalid'],
    ['a question without words', { ...LIBRARY, questions: [{ text: '' }] }, 'golden_invalid'],
    ['the same twice', { ...LIBRARY, questions: [...QUESTIONS, ...QUESTIONS] }, 'golden_invalid'],
  ])('refuses %s, and loses nothing', async (_, payload, code) => {
    await set(QUESTIONS);
    expect((await app.call('setGoldenQuestions', payload)).error?.code).toBe(code);
    expect(await list()).toHaveLength(3);
  });

  it('ends with a deletion, of damaged ones too', async () => {
    await set(QUESTIONS);
    const [key = ''] = await app.keys('q:');
    await app.inside(({ kv }) => kv.set(key, 'damaged'));
    expect((await app.call('listGoldenQuestions', LIBRARY)).error?.code).toBe('value_corrupt');
    expect(resultOf(await app.call('deleteGoldenQuestions', LIBRARY))).toEqual({});
    expect(await app.keys('q:')).toEqual([]);
    expect(await list()).toEqual([]);
  });

  it('is swept once a day where its library has gone meanwhile', async () => {
    await set(QUESTIONS);
    await app.inside(({ kv }) => kv.set('q:feedfeedfeedfeed', 'left over'));
    await app.fire('clear-away-daily');
    expect(await app.keys('q:')).toHaveLength(1);
    expect(await list()).toHaveLength(3);
  });
});

describe('asking golden questions', () => {
  it('says what became of each, and which document is not there', async () => {
    await set(QUESTIONS);
    const answer = resultOf(await run());
    expect(answer).toMatchObject({ generation: 1, questions: 3, next: null });
    expect(answer.outcomes).toMatchObject([
      { text: QUESTIONS[0]?.text, verdict: 'found', rank: 1, isDocumentKnown: true },
      { document: 'travel.md', verdict: 'missed', rank: null, isDocumentKnown: false },
      { document: null, verdict: 'rightly_empty', rank: null, isDocumentKnown: true },
    ]);
  });

  it('of the live generation and the one before gives what each would find', async () => {
    await set(QUESTIONS);
    const before = await outcomes();
    await app.index(REQUEST, SECOND);
    const after = await outcomes();
    expect(after.slice(0, 2)).toEqual([
      ['missed', null],
      ['found', 1],
    ]);
    expect(await outcomes({ generation: 2 })).toEqual(after);
    expect(await outcomes({ generation: 1 })).toEqual(before);
    // Asking has changed nothing.
    expect(await outcomes()).toEqual(after);
    expect(resultOf(await app.call('listLibraries', {})).libraries).toMatchObject([
      { generation: 2, canRestore: true },
    ]);
  });

  it('of a generation that is not kept says which are', async () => {
    await set(QUESTIONS);
    await app.index(REQUEST, SECOND);
    await app.index(REQUEST, [given('release.md', '# Release\n\nNobody approves anything.\n')]);
    const { error } = await run({ generation: 1 });
    expect(error?.code).toBe('generation_unknown');
    expect(error?.message).toContain('there are 3 and 2');
  });

  it('of the one before after a deletion is refused: nothing of it is kept', async () => {
    await set(QUESTIONS);
    await app.index(REQUEST, SECOND);
    resultOf(await app.call('delete', { ...LIBRARY, document: 'lunch.md' }));
    expect((await run({ generation: 2 })).error?.message).toContain('there are 3.');
  });

  it('goes on call by call', async () => {
    await set(QUESTIONS);
    const first = resultOf(await run({ count: 2 }));
    expect(first).toMatchObject({ questions: 3, next: 2 });
    expect(first.outcomes).toHaveLength(2);
    const rest = resultOf(await run({ first: 2, generation: first.generation }));
    expect(rest.outcomes).toMatchObject([{ text: 'zygote' }]);
    expect(rest.next).toBeNull();
    expect(resultOf(await run({ first: 3 }))).toMatchObject({ outcomes: [], next: null });
  });

  it('takes no further question when the time of a call is short, but always one', async () => {
    await set(QUESTIONS);
    app.around = (platform) => ({ ...platform, remainingTimeMs: () => 3_000 });
    const { outcomes: asked, next } = resultOf(await run());
    expect([asked.length, next]).toEqual([1, 1]);
  });

  it('says once that the provider failed, and nothing where words alone are asked for', async () => {
    await set(QUESTIONS);
    expect(resultOf(await run()).notes).toEqual([]);
    app.around = (platform) => ({
      ...platform,
      secrets: { ...platform.secrets, get: async () => undefined },
    });
    expect(resultOf(await run()).notes).toMatchObject([
      { kind: 'provider_failed', library: 'rules' },
    ]);
    expect(resultOf(await run({ setting: 'words' })).notes).toEqual([]);
  });

  it('by vectors alone is refused where there are none', async () => {
    const words = { library: 'words' };
    await app.index({ ...words, embedder: 'lexical' }, [RELEASE, LUNCH]);
    resultOf(await set(QUESTIONS, 'words'));
    const { error } = await run({ ...words, setting: 'vectors' });
    expect(error?.code).toBe('vectors_missing');
    expect(error?.message).toContain('library "words"');
    expect(resultOf(await run(words)).notes).toMatchObject([{ kind: 'words_only', ...words }]);
  });

  it('finds the same with every list read', async () => {
    await set(QUESTIONS);
    expect(await outcomes({ setting: 'exhaustive' })).toEqual(await outcomes());
  });

  it.each([
    { generation: 0 },
    { generation: 1.5 },
    { setting: 'fast' },
    { first: -1 },
    { count: 0 },
    { count: 21 },
  ])('refuses %j', async (payload) => {
    expect((await run(payload)).error?.code).toBe('input_invalid');
  });

  it('of a library without any comes to nothing', async () => {
    const nothing = { generation: 1, questions: 0, outcomes: [], notes: [], next: null };
    expect(resultOf(await run())).toEqual(nothing);
  });
});
