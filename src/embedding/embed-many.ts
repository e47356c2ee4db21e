/**
 * Embeds any number of texts through one provider: batches, runs calls side by side, repeats what
 * may succeed later, checks every answer, and counts. No provider does any of this itself.
 *
 * Invariants: vector i belongs to text i; either every text has its unit vector or it throws; when
 * it returns or throws, no call is running any more (a call left behind would be frozen with the
 * function and wake up inside another tenant's).
 */
import pLimit from 'p-limit';
import { GroundworkError } from '../errors';
import { checkAnswer } from './check-answer';
import { type Batch, planBatches } from './plan-batches';
import type { EmbeddingProvider, EmbeddingPurpose } from './provider';

/** Tries of one batch, the first included. */
export const ATTEMPTS_MAX_DEFAULT = 5;
/** First wait of the back-off; it doubles with each further try. */
export const BACKOFF_MS_MIN = 500;
/** Longest wait, chosen or asked for; beyond it the caller's own queue is the better place. */
export const BACKOFF_MS_MAX = 60_000;
/** Spread on top of a wait the provider asks for, lest parallel batches return at one instant. */
const RETRY_AFTER_SPREAD_MS = 250;

export interface EmbedManyOptions {
  provider: EmbeddingProvider;
  texts: readonly string[];
  purpose: EmbeddingPurpose;
  sleep: (ms: number) => Promise<void>;
  /** Uniform in [0, 1). */
  random: () => number;
  estimateTokens: (text: string) => number;
  /** Called after each batch, in the order in which batches end. */
  onProgress?: (progress: { embedded: number; total: number }) => void;
  /** Milliseconds left to the caller; a wait that does not fit is not begun. */
  remainingTimeMs?: () => number;
  signal?: AbortSignal;
  attemptsMax?: number;
}

export interface EmbedManyResult {
  vectors: Float32Array[];
  /** Measured when every call reported its count; otherwise estimates fill the gaps. */
  tokens: { count: number; measured: boolean };
  /** Calls made, failed ones included. */
  calls: number;
  /** Calls that repeated one that failed. */
  retries: number;
}

/**
 * Embeds `texts` in order. An empty list makes no call.
 *
 * Errors: those of `doEmbed` and of `checkAnswer`, with the place in front of the message and in
 * the facts; `embedding_aborted` when the signal fired. The first error that stays ends all calls
 * not yet begun. A batch too large for the provider is halved until single texts are left.
 */
export async function embedMany(options: EmbedManyOptions): Promise<EmbedManyResult> {
  const run = new Run(options);
  const batches = planBatches(run.tokenCounts, options.provider);
  const limit = pLimit(options.provider.parallelCallsMax);
  await Promise.all(batches.map((batch) => limit(() => run.guarded(batch))));
  return run.result();
}

/** One call of embedMany: its counters, and the first error that ended it. */
class Run {
  readonly tokenCounts: readonly number[];
  private readonly vectors: (Float32Array | undefined)[];
  private readonly attemptsMax: number;
  private readonly stop = new AbortController();
  private failure: unknown;
  private embedded = 0;
  private calls = 0;
  private retries = 0;
  private tokens = 0;
  private measured = true;

  constructor(private readonly options: EmbedManyOptions) {
    this.tokenCounts = options.texts.map((text) => options.estimateTokens(text));
    this.vectors = new Array(options.texts.length);
    this.attemptsMax = options.attemptsMax ?? ATTEMPTS_MAX_DEFAULT;
  }

  result(): EmbedManyResult {
    if (this.stop.signal.aborted) throw this.failure;
    return {
      vectors: this.vectors.map((vector) => vector ?? this.lost()),
      tokens: { count: this.tokens, measured: this.measured && this.calls > 0 },
      calls: this.calls,
      retries: this.retries,
    };
  }

  /** Never rejects, so that waiting for all batches also waits for those in flight. */
  async guarded(batch: Batch): Promise<void> {
    try {
      await this.embed(batch);
    } catch (error) {
      if (this.stop.signal.aborted) return;
      this.failure = error;
      this.stop.abort();
    }
  }

  private async embed(batch: Batch): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.stop.signal.aborted) return;
      this.assertNotAborted(batch);
      try {
        await this.call(batch, attempt);
        return;
      } catch (error) {
        const known = this.located(error, batch, attempt);
        if (known.code === 'provider_input_too_large' && batch.end - batch.start > 1) {
          const middle = batch.start + Math.ceil((batch.end - batch.start) / 2);
          await this.embed({ start: batch.start, end: middle });
          await this.embed({ start: middle, end: batch.end });
          return;
        }
        const waitMs = this.waitMs(known, attempt);
        if (waitMs === undefined) throw known;
        await this.pause(waitMs);
      }
    }
  }

  private async call(batch: Batch, attempt: number): Promise<void> {
    const { provider, purpose, texts, onProgress } = this.options;
    this.calls += 1;
    if (attempt > 1) this.retries += 1;
    const answer = await provider.doEmbed(texts.slice(batch.start, batch.end), purpose);
    const vectors = checkAnswer(answer, {
      provider,
      where: this.where(batch),
      textCount: batch.end - batch.start,
    });
    for (const [i, vector] of vectors.entries()) this.vectors[batch.start + i] = vector;
    this.count(answer.tokens, batch);
    this.embedded += vectors.length;
    onProgress?.({ embedded: this.embedded, total: texts.length });
  }

  private count(reported: number | undefined, batch: Batch): void {
    if (reported !== undefined && Number.isFinite(reported)) {
      this.tokens += reported;
      return;
    }
    this.measured = false;
    for (const tokens of this.tokenCounts.slice(batch.start, batch.end)) this.tokens += tokens;
  }

  /** Milliseconds until the next try; undefined when there is to be none. */
  private waitMs(error: GroundworkError, attempt: number): number | undefined {
    if (!error.retryable || attempt >= this.attemptsMax) return undefined;
    const { random, remainingTimeMs } = this.options;
    const ceiling = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** (attempt - 1));
    const asked = error.retryAfterMs;
    const waitMs =
      asked === undefined
        ? ceiling / 2 + random() * (ceiling / 2)
        : Math.max(asked, 0) + random() * RETRY_AFTER_SPREAD_MS;
    if (asked !== undefined && asked > BACKOFF_MS_MAX) return undefined;
    if (remainingTimeMs !== undefined && waitMs >= remainingTimeMs()) return undefined;
    return waitMs;
  }

  /** Ends early when another batch failed or the caller gave up. */
  private async pause(waitMs: number): Promise<void> {
    const signals = [this.stop.signal, this.options.signal].filter(
      (signal) => signal !== undefined,
    );
    const any = AbortSignal.any(signals);
    if (any.aborted) return;
    await new Promise<void>((resolve, reject) => {
      const wake = () => resolve();
      any.addEventListener('abort', wake, { once: true });
      this.options.sleep(waitMs).then(wake, reject);
    });
  }

  private assertNotAborted(batch: Batch): void {
    if (this.options.signal?.aborted !== true) return;
    throw new GroundworkError({
      code: 'embedding_aborted',
      message:
        `${this.where(batch)}: ended by the caller after ${this.embedded} of ` +
        `${this.vectors.length} texts. Start it again to go on.`,
      facts: { ...this.facts(batch), embedded: this.embedded },
      retryable: true,
    });
  }

  /** The same error with its place; of one that is not ours (it may quote text) only the name. */
  private located(error: unknown, batch: Batch, attempt: number): GroundworkError {
    const facts = { ...this.facts(batch), attempt };
    if (GroundworkError.isInstance(error)) {
      if ('firstText' in error.facts) return error;
      const where = this.where(batch);
      return new GroundworkError({
        code: error.code,
        message: error.message.startsWith(where) ? error.message : `${where}: ${error.message}`,
        facts: { ...error.facts, ...facts },
        retryable: error.retryable,
        ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
        cause: error.cause,
      });
    }
    const name = error instanceof Error ? error.name : typeof error;
    return new GroundworkError({
      code: 'provider_failed',
      message:
        `${this.where(batch)}: the provider's adapter threw ${name} instead of an error of ours. ` +
        'This is a defect of the adapter; report it with this line.',
      facts: { ...facts, name },
    });
  }

  private where(batch: Batch): string {
    const { provider, texts } = this.options;
    return `${provider.modelId}, texts ${batch.start + 1} to ${batch.end} of ${texts.length}`;
  }

  private facts(batch: Batch): Record<string, string | number> {
    const { provider, texts } = this.options;
    return {
      provider: provider.provider,
      modelId: provider.modelId,
      firstText: batch.start,
      texts: batch.end - batch.start,
      textsTotal: texts.length,
    };
  }

  private lost(): never {
    throw new GroundworkError({
      code: 'invariant_violated',
      message: 'embedMany: a text ended without a vector and without an error',
    });
  }
}
