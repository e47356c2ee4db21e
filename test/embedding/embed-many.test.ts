import { describe, expect, it } from 'vitest';
import { embedMany } from '../../src/embedding/embed-many';
import { planBatches } from '../../src/embedding/plan-batches';
import type { EmbeddingProvider } from '../../src/embedding/provider';
import { PIECE_LENGTH_MIN } from '../../src/embedding/text-pieces';
import { GroundworkError } from '../../src/errors';
import { errorOf, fakeProvider, numbered, options, printed, texts } from './fakes';

const failure = (code: string, more: { retryable?: boolean; retryAfterMs?: number } = {}) =>
  new GroundworkError({ code, message: 'it failed', ...more });

/** The number that `numbered` put into a vector, recovered from the normalized one. */
const numberIn = (vector: Float32Array | undefined) =>
  Math.round((vector?.[0] ?? Number.NaN) / (vector?.[1] ?? Number.NaN));

describe('planBatches', () => {
  it('fills batches by count and by tokens, in order', () => {
    const limits = { textsPerCallMax: 3, tokensPerCallMax: 10 };
    expect(planBatches([1, 1, 1, 1], limits)).toEqual([
      { start: 0, end: 3 },
      { start: 3, end: 4 },
    ]);
    expect(planBatches([6, 5, 5, 1], limits)).toEqual([
      { start: 0, end: 1 },
      { start: 1, end: 3 },
      { start: 3, end: 4 },
    ]);
  });

  it('gives a text above the limit a batch of its own', () => {
    const limits = { textsPerCallMax: 3, tokensPerCallMax: 10 };
    expect(planBatches([1, 99, 1], limits)).toEqual([
      { start: 0, end: 1 },
      { start: 1, end: 2 },
      { start: 2, end: 3 },
    ]);
    expect(planBatches([], limits)).toEqual([]);
  });
});

describe('embedMany: order and counts', () => {
  it('makes no call for no texts', async () => {
    let calls = 0;
    const provider = fakeProvider(async () => {
      calls += 1;
      return numbered([]);
    });
    const result = await embedMany(options(provider, []));
    expect(result).toEqual({
      vectors: [],
      tokens: { count: 0, measured: false },
      calls: 0,
      retries: 0,
      split: 0,
    });
    expect(calls).toBe(0);
  });

  it('keeps the order when later calls end first, within the limit of calls', async () => {
    let open = 0;
    let openMax = 0;
    const provider = fakeProvider(
      async (batch) => {
        open += 1;
        openMax = Math.max(openMax, open);
        const first = Number(batch[0]?.split(' ')[1]);
        for (let turn = first; turn < 30; turn += 1) await Promise.resolve();
        open -= 1;
        return numbered(batch);
      },
      { parallelCallsMax: 3 },
    );
    const progress: number[] = [];
    const result = await embedMany(
      options(provider, texts(20), { onProgress: ({ embedded }) => progress.push(embedded) }),
    );
    expect(result.vectors.map(numberIn)).toEqual(texts(20).map((_, i) => i));
    expect(openMax).toBe(3);
    expect(result.calls).toBe(7);
    expect(progress).toHaveLength(7);
    expect(progress.at(-1)).toBe(20);
  });

  it('normalizes every vector', async () => {
    const result = await embedMany(
      options(
        fakeProvider(async (b) => numbered(b)),
        texts(5),
      ),
    );
    for (const vector of result.vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
  });

  it('says measured only when every call reported its tokens', async () => {
    const reporting = fakeProvider(async (batch) => numbered(batch));
    const measured = await embedMany(options(reporting, texts(5)));
    expect(measured.tokens).toEqual({ count: 5, measured: true });

    const partly = fakeProvider(async (batch) => ({
      ...numbered(batch),
      tokens: batch.length === 3 ? 3 : undefined,
    }));
    const mixed = await embedMany(options(partly, texts(5)));
    expect(mixed.tokens).toEqual({ count: 3 + 2 * 'text 4'.length, measured: false });
  });
});

describe('embedMany: retries', () => {
  it('repeats only the batch that failed, with growing waits', async () => {
    const seen = new Map<string, number>();
    const provider = fakeProvider(async (batch) => {
      const first = batch[0] ?? '';
      const count = (seen.get(first) ?? 0) + 1;
      seen.set(first, count);
      if (first === 'text 3' && count <= 3) {
        throw failure('provider_unavailable', { retryable: true });
      }
      return numbered(batch);
    });
    const used = options(provider, texts(9));
    const result = await embedMany(used);
    expect(Object.fromEntries(seen)).toEqual({ 'text 0': 1, 'text 3': 4, 'text 6': 1 });
    expect(used.waits).toEqual([375, 750, 1500]);
    expect(result).toMatchObject({ calls: 6, retries: 3 });
    expect(result.vectors.map(numberIn)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('waits at least as long as the provider asks', async () => {
    let calls = 0;
    const provider = fakeProvider(async (batch) => {
      calls += 1;
      if (calls === 1) {
        throw failure('provider_rate_limited', { retryable: true, retryAfterMs: 7000 });
      }
      return numbered(batch);
    });
    const used = options(provider, texts(1));
    await embedMany(used);
    expect(used.waits).toEqual([7125]);
  });

  it('gives up after the last attempt, and keeps the error retryable', async () => {
    const provider = fakeProvider(async () => {
      throw failure('provider_unavailable', { retryable: true });
    });
    const used = options(provider, texts(1), { attemptsMax: 3 });
    const error = await errorOf(embedMany(used));
    expect(error).toMatchObject({ code: 'provider_unavailable', retryable: true });
    expect(error.facts).toMatchObject({ attempt: 3, firstText: 0, texts: 1, textsTotal: 1 });
    expect(used.waits).toHaveLength(2);
  });

  it.each([
    ['the time left is shorter', { retryAfterMs: 9000 }, { remainingTimeMs: () => 5000 }],
    ['it would be longer than any wait', { retryAfterMs: 61_000 }, {}],
  ])('does not begin a wait when %s', async (_, more, extra) => {
    const provider = fakeProvider(async () => {
      throw failure('provider_rate_limited', { retryable: true, ...more });
    });
    const used = options(provider, texts(1), extra);
    const error = await errorOf(embedMany(used));
    expect(error).toMatchObject({ retryable: true, retryAfterMs: more.retryAfterMs });
    expect(used.waits).toEqual([]);
  });

  it('never repeats a fatal error, and begins no call after it', async () => {
    let calls = 0;
    const provider = fakeProvider(async (batch) => {
      calls += 1;
      if (calls === 2) throw failure('provider_quota_exhausted');
      return numbered(batch);
    });
    const used = options(provider, texts(30));
    const error = await errorOf(embedMany(used));
    expect(error.code).toBe('provider_quota_exhausted');
    expect(error.message).toBe('fake:words:4, texts 4 to 6 of 30: it failed');
    expect(calls).toBe(2);
    expect(used.waits).toEqual([]);
  });

  it('waits for calls in flight before it throws, and ends the pauses of others', async () => {
    let finished = 0;
    const provider = fakeProvider(
      async (batch) => {
        if (batch[0] === 'text 0') throw failure('provider_key_refused');
        if (batch[0] === 'text 3') throw failure('provider_unavailable', { retryable: true });
        await new Promise((resolve) => setTimeout(resolve, 20));
        finished += 1;
        return numbered(batch);
      },
      { parallelCallsMax: 3 },
    );
    const never = { sleep: () => new Promise<void>(() => {}) };
    const error = await errorOf(embedMany(options(provider, texts(12), never)));
    expect(error.code).toBe('provider_key_refused');
    expect(finished).toBe(1);
  });

  it('ends when the caller aborts', async () => {
    const controller = new AbortController();
    const provider = fakeProvider(async (batch) => {
      controller.abort();
      return numbered(batch);
    });
    const used = options(provider, texts(9), { signal: controller.signal });
    const error = await errorOf(embedMany(used));
    expect(error).toMatchObject({ code: 'embedding_aborted', retryable: true });
    expect(error.facts).toMatchObject({ embedded: 3, textsTotal: 9 });
  });
});

describe('embedMany: batches too large', () => {
  it('halves until the provider accepts, in order', async () => {
    const sizes: number[] = [];
    const provider = fakeProvider(
      async (batch) => {
        sizes.push(batch.length);
        if (batch.length > 2) throw failure('provider_input_too_large');
        return numbered(batch);
      },
      { textsPerCallMax: 7 },
    );
    const result = await embedMany(options(provider, texts(7)));
    expect(sizes).toEqual([7, 4, 2, 2, 3, 2, 1]);
    expect(result).toMatchObject({ calls: 7, retries: 0 });
    expect(result.vectors.map(numberIn)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('names the one text that is too long', async () => {
    const provider = fakeProvider(async (batch) => {
      if (batch.includes('text 4')) throw failure('provider_input_too_large');
      return numbered(batch);
    });
    const error = await errorOf(embedMany(options(provider, texts(6))));
    expect(error.code).toBe('provider_input_too_large');
    expect(error.facts).toMatchObject({ firstText: 4, texts: 1 });
    expect(error.message).toContain('texts 5 to 5 of 6');
  });
});

describe('embedMany: texts too large', () => {
  /** Refuses texts over so many characters; a vector tells how many letters a and b a text has. */
  const letters = (lengthMax: number, sent: string[][], limits: Partial<EmbeddingProvider> = {}) =>
    fakeProvider(async (batch) => {
      sent.push([...batch]);
      if (batch.some((text) => text.length > lengthMax)) throw failure('provider_input_too_large');
      const count = (text: string, letter: string) => text.split(letter).length - 1;
      return {
        embeddings: batch.map((text) => [count(text, 'a'), count(text, 'b'), 0, 0]),
        tokens: undefined,
      };
    }, limits);
  /** 30 units of a, then 10 and a line break of b: cut at the line break into these two. */
  const LINES = `${'a'.repeat(29)}\n${'b'.repeat(11)}`;

  it('become the mean of their pieces, weighted by tokens', async () => {
    const sent: string[][] = [];
    const result = await embedMany(options(letters(30, sent), [LINES]));
    expect(sent).toEqual([[LINES], [`${'a'.repeat(29)}\n`], ['b'.repeat(11)]]);
    const norm = Math.hypot(30, 11);
    expect([...(result.vectors[0] ?? [])]).toEqual([30 / norm, 11 / norm, 0, 0].map(Math.fround));
    expect(result).toMatchObject({ split: 1, calls: 3, retries: 0 });
    expect(result.tokens).toEqual({ count: LINES.length, measured: false });
  });

  it('by their estimate are cut before any call, and stand in their places', async () => {
    const sent: string[][] = [];
    const list = ['a', LINES, 'b', 'ab', LINES];
    const progress: number[] = [];
    const result = await embedMany(
      options(letters(30, sent, { tokensPerTextMax: 30, textsPerCallMax: 2 }), list, {
        onProgress: ({ embedded }) => progress.push(embedded),
      }),
    );
    expect(sent.flat().join('')).toBe(list.join(''));
    expect(sent.map((batch) => batch.length)).toEqual([2, 2, 2, 1]);
    expect(progress).toEqual([1, 3, 4, 5]);
    expect(result.split).toBe(2);
    expect(result.vectors[1]).toEqual(result.vectors[4]);
    expect([...(result.vectors[2] ?? [])]).toEqual([0, 1, 0, 0]);
  });

  it('have the same vector whatever the order of the answers', async () => {
    const text = texts(40).join(' and ab ');
    const embed = async (parallelCallsMax: number) => {
      const inner = letters(40, [], {});
      let calls = 0;
      const provider = fakeProvider(
        async (batch) => {
          calls += 1;
          for (let turn = (calls * 7) % 5; turn > 0; turn -= 1) await Promise.resolve();
          return inner.doEmbed(batch, 'document');
        },
        { parallelCallsMax, textsPerCallMax: 1, tokensPerTextMax: 80 },
      );
      return (await embedMany(options(provider, [text]))).vectors[0];
    };
    expect(await embed(4)).toEqual(await embed(1));
  });

  it('are cut again and again, until the provider takes them', async () => {
    const sent: string[][] = [];
    const text = 'ab '.repeat(40);
    const result = await embedMany(options(letters(20, sent), ['a', text]));
    const taken = sent.filter((batch) => batch.every((part) => part.length <= 20)).flat();
    expect(taken.join('')).toBe(`a${text}`);
    expect(result.split).toBe(1);
    expect(result.vectors[1]?.[0]).toBeCloseTo(Math.SQRT1_2, 6);
  });

  it('lose blank space at most', async () => {
    const sent: string[][] = [];
    const text = `${' '.repeat(60)}ab`;
    const result = await embedMany(options(letters(20, sent), [text]));
    expect(sent.at(-1)?.[0]?.trim()).toBe('ab');
    expect(result.split).toBe(0);
    expect(result.vectors[0]?.[0]).toBeCloseTo(Math.SQRT1_2, 6);
    const blank = await errorOf(embedMany(options(letters(20, []), [' '.repeat(60)])));
    expect(blank.code).toBe('provider_input_too_large');
  });

  it('are an error when even a piece of the least length is too large', async () => {
    const sent: string[][] = [];
    const error = await errorOf(embedMany(options(letters(5, sent), ['a', 'ab '.repeat(40)])));
    expect(error.code).toBe('provider_input_too_large');
    expect(error.facts).toMatchObject({ firstText: 1, texts: 1, textsTotal: 2 });
    expect(sent.at(-1)?.[0]?.length).toBeLessThanOrEqual(PIECE_LENGTH_MIN);
  });

  it('begin no piece after an error', async () => {
    const sent: string[][] = [];
    const inner = letters(30, sent);
    const provider = fakeProvider(async (batch) => {
      if (sent.length === 1) throw failure('provider_quota_exhausted');
      return inner.doEmbed(batch, 'document');
    });
    const error = await errorOf(embedMany(options(provider, [LINES, 'a', 'b', 'ab'])));
    expect(error.code).toBe('provider_quota_exhausted');
    expect(sent).toHaveLength(1);
  });
});

describe('embedMany: answers that are wrong', () => {
  it.each([
    ['provider_answer_count', [[1, 0, 0, 0]], 'holds 1 embeddings, expected 2'],
    [
      'provider_answer_dimensions',
      [
        [1, 0, 0, 0],
        [1, 0, 0],
      ],
      'embedding 2 of 2 has 3 dimensions, expected 4',
    ],
    [
      'provider_answer_not_finite',
      [
        [1, 0, 0, 0],
        [1, Number.NaN, 0, 0],
      ],
      'embedding 2 of 2 holds',
    ],
    [
      'provider_answer_not_finite',
      [
        [1, 0, 0, 0],
        [Number.POSITIVE_INFINITY, 0, 0, 0],
      ],
      'embedding 2',
    ],
    [
      'provider_answer_zero_vector',
      [
        [0, 0, 0, 0],
        [1, 0, 0, 0],
      ],
      'embedding 1 of 2 is zero',
    ],
  ])('%s, fatal and with the place', async (code, embeddings, message) => {
    const provider = fakeProvider(async () => ({ embeddings, tokens: 1 }));
    const used = options(provider, texts(2));
    const error = await errorOf(embedMany(used));
    expect(error).toMatchObject({ code, retryable: false });
    expect(error.message).toContain(message);
    expect(error.message.match(/fake:words:4/g)).toHaveLength(1);
    expect(error.facts).toMatchObject({ provider: 'fake', modelId: 'fake:words:4', firstText: 0 });
    expect(used.waits).toEqual([]);
  });

  it('hides what a defective adapter throws', async () => {
    const provider = fakeProvider(async (batch) => {
      throw new TypeError(`cannot send ${batch[0]}`);
    });
    const error = await errorOf(embedMany(options(provider, ['a secret sentence'])));
    expect(error).toMatchObject({ code: 'provider_failed', facts: { name: 'TypeError' } });
    expect(printed(error)).not.toContain('secret sentence');
  });
});
