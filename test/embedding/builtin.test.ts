import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createBuiltinProvider, WINDOW_TOKENS_DEFAULT } from '../../src/embedding/builtin';
import { BUILTIN_MODEL_TOKENS_MAX, loadBuiltinModel } from '../../src/embedding/builtin-model';
import { cutWindows, encodeWords, groupWindows } from '../../src/embedding/builtin-windows';
import { embedMany } from '../../src/embedding/embed-many';
import { errorOf, options } from './fakes';

const provider = createBuiltinProvider();

async function embed(...list: string[]): Promise<Float32Array[]> {
  return (await embedMany(options(provider, list))).vectors;
}

function dot(a: ArrayLike<number> | undefined, b: ArrayLike<number> | undefined): number {
  if (a === undefined || b === undefined) throw new Error('a vector is missing');
  return Array.from(a).reduce((sum, value, i) => sum + value * (b[i] ?? Number.NaN), 0);
}

const RELEASE =
  'Every production release needs a rollback plan that the release manager has approved. ';
const LUNCH = 'On Friday the canteen serves fish with potatoes, and a bowl of tomato soup. ';

describe('builtin: the model', () => {
  it('loads and runs without a word on the console', async () => {
    const written: unknown[] = [];
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation((...line) => written.push(line)),
    );
    await embed(RELEASE);
    for (const spy of spies) spy.mockRestore();
    expect(written).toEqual([]);
  });

  /** Recorded from the packages' own `initModel(modelSource)` and `embed`, 0.2.0, 2026-11-22. */
  it('gives the vector that the package gives', async () => {
    const [vector] = await embed('Every release needs a rollback plan.');
    const expected = [-0.05468228459, -0.06202578172, 0.0576252043, 0.02028318122];
    for (const [i, value] of expected.entries()) expect(vector?.[i]).toBeCloseTo(value, 5);
  });

  it('finds the rule and not the menu', async () => {
    const [query, rule, menu] = await embed('How do we undo a bad deployment?', RELEASE, LUNCH);
    expect(dot(query, rule)).toBeGreaterThan(dot(query, menu) + 0.1);
    expect(dot(rule, rule)).toBeCloseTo(1, 5);
  });

  it('gives a text the same vector alone, among others, and again', async () => {
    const long = RELEASE.repeat(9);
    const [alone] = await embed(long);
    const [again] = await embed(long);
    const among = await embed(LUNCH, long, 'short', LUNCH.repeat(5));
    expect(again).toEqual(alone);
    expect(dot(alone, among[1])).toBeGreaterThan(0.999999);
  });

  it('counts its own tokens, and refuses a text without words by its place', async () => {
    const result = await embedMany(options(provider, [RELEASE]));
    expect(result.tokens).toEqual({ count: 15, measured: true });
    const error = await errorOf(embed(RELEASE, ' \n\t '));
    expect(error.code).toBe('provider_answer_zero_vector');
    expect(error.message).toContain('embedding 2 of 2');
  });

  it('says what is missing when the files are not there', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'groundwork-model-'));
    const absent = createBuiltinProvider({ modelDirectory: directory });
    const error = await errorOf(absent.doEmbed([RELEASE], 'document'));
    await rm(directory, { recursive: true });
    expect(error.code).toBe('builtin_model_unavailable');
    expect(error.message).toContain('model.json and vocab.json');
    expect(error.message).toContain('extraFiles');
  });
});

describe('builtin: windows', () => {
  it('sees text beyond the window, which the model alone would drop', async () => {
    const model = await loadBuiltinModel({});
    const ids = encodeWords(RELEASE.repeat(20), model.encodeWord, new Map()).flat();
    const other = encodeWords(LUNCH.repeat(20), model.encodeWord, new Map()).flat();
    const head = ids.slice(0, BUILTIN_MODEL_TOKENS_MAX);
    const cut = await model.run([head]);
    const full = await model.run([[...head, ...other]]);
    expect(full).toEqual(cut);

    const [start, both] = await embed(RELEASE.repeat(8), RELEASE.repeat(8) + LUNCH.repeat(8));
    expect(dot(start, both)).toBeLessThan(0.95);
  });

  it('averages the windows, each by its tokens', async () => {
    const model = await loadBuiltinModel({});
    const text = RELEASE.repeat(14) + LUNCH.repeat(9);
    const words = encodeWords(text, model.encodeWord, new Map());
    const windows = cutWindows(words, WINDOW_TOKENS_DEFAULT);
    expect(windows.length).toBeGreaterThan(2);
    const mean = new Array<number>(512).fill(0);
    for (const window of windows) {
      const vector = await model.run([window]);
      for (const [i, value] of vector.entries()) mean[i] = (mean[i] ?? 0) + value * window.length;
    }
    const norm = Math.hypot(...mean);
    const [vector] = await embed(text);
    expect(dot(vector, mean) / norm).toBeGreaterThan(0.999999);
  });

  it('loses no id, exceeds no window, and cuts evenly', () => {
    const words = Array.from({ length: 70 }, (_, i) => [i, i, i]);
    const windows = cutWindows(words, 64);
    expect(windows.flat()).toEqual(words.flat());
    expect(windows.map((window) => window.length)).toEqual([54, 54, 54, 48]);
    expect(cutWindows([], 64)).toEqual([]);
    expect(cutWindows([new Array<number>(130).fill(7)], 64).map((w) => w.length)).toEqual([
      64, 64, 2,
    ]);
  });

  it('takes any white space for a space, and long words in pieces', async () => {
    const model = await loadBuiltinModel({});
    const cache = new Map<string, readonly number[]>();
    const plain = encodeWords('a release plan', model.encodeWord, cache);
    expect(encodeWords('  a\n\nrelease\tplan ', model.encodeWord, cache)).toEqual(plain);
    expect(cache.size).toBe(3);
    const startedAt = performance.now();
    encodeWords('Zm9vYmFy'.repeat(20_000), model.encodeWord, cache);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it('groups windows of like length within the padded limit', () => {
    const windows = [10, 60, 12, 64, 64].map((length, textIndex) => ({
      textIndex,
      ids: new Array<number>(length).fill(1),
    }));
    const groups = groupWindows(windows, 128);
    expect(groups.map((group) => group.map((window) => window.ids.length))).toEqual([
      [10, 12],
      [60, 64],
      [64],
    ]);
  });
});
