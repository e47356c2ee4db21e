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
import { type AnswerPlace, checkAnswer } from './check-answer';
import { planBatches } from './plan-batches';
import type { EmbeddingProvider, EmbeddingPurpose } from './provider';
import {
  type EmbeddedPiece,
  halves,
  type Piece,
  PiecesOfTexts,
  toPieces,
  weightedMean,
} from './text-pieces';

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
  /** Texts that were longer than the model takes, and were embedded in pieces. */
  split: number;
}

/**
 * Embeds `texts` in order. An empty list makes no call.
 *
 * Errors: those of `doEmbed` and of `checkAnswer`, with the place in front of the message and in
 * the facts; `embedding_aborted` when the signal fired. The first error that stays ends all calls
 * not yet begun. A batch too large for the provider is halved until single texts are left, and a
 * text too large is cut into pieces; only of a piece that short does the error stand.
 */
export async function embedMany(options: EmbedManyOptions): Promise<EmbedManyResult> {
  const run = new Run(options);
  const limit = pLimit(options.provider.parallelCallsMax);
  await Promise.all(run.batches().map((batch) => limit(() => run.guarded(batch))));
  return run.result();
}

/** One call of embedMany: its counters, and the first error that ended it. */
class Run {
  private readonly pieces: PiecesOfTexts;
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
    this.pieces = new PiecesOfTexts(options.texts.length);
    this.vectors = new Array(options.texts.length);
    this.attemptsMax = options.attemptsMax ?? ATTEMPTS_MAX_DEFAULT;
  }

  /** All texts, those longer than the provider takes in pieces, as the calls to be made. */
  batches(): Piece[][] {
    const { texts, provider, estimateTokens } = this.options;
    const pieces = texts.flatMap((content, number) => {
      const cut = toPieces({ content, number }, provider.tokensPerTextMax, estimateTokens);
      this.pieces.replace(number, cut.length);
      return cut;
    });
    const counts = pieces.map(({ tokens }) => tokens);
    return planBatches(counts, provider).map(({ start, end }) => pieces.slice(start, end));
  }

  result(): EmbedManyResult {
    if (this.stop.signal.aborted) throw this.failure;
    return {
      vectors: this.vectors.map((vector) => vector ?? this.lost()),
      tokens: { count: this.tokens, measured: this.measured && this.calls > 0 },
      calls: this.calls,
      retries: this.retries,
      split: this.pieces.split,
    };
  }

  /** Never rejects, so that waiting for all batches also waits for those in flight. */
  async guarded(batch: readonly Piece[]): Promise<void> {
    try {
      await this.embed(batch);
    } catch (error) {
      if (this.stop.signal.aborted) return;
      this.failure = error;
      this.stop.abort();
    }
  }

  private async embed(batch: readonly Piece[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.stop.signal.aborted) return;
      this.assertNotAborted(batch);
      try {
        await this.call(batch, attempt);
        return;
      } catch (error) {
        const known = this.located(error, batch, attempt);
        if (known.code === 'provider_input_too_large') {
          for (const smaller of this.smaller(batch, known)) await this.embed(smaller);
          return;
        }
        const waitMs = this.waitMs(known, attempt);
        if (waitMs === undefined) throw known;
        await this.pause(waitMs);
      }
    }
  }

  /** The same in two calls. Throws the error given when there is nothing left to cut. */
  private smaller(batch: readonly Piece[], error: GroundworkError): Piece[][] {
    const [only] = batch;
    if (only !== undefined && batch.length === 1) {
      const cut = halves(only, this.options.estimateTokens);
      if (cut === undefined) throw error;
      this.pieces.replace(only.text, cut.length);
      return cut.map((piece) => [piece]);
    }
    const middle = Math.ceil(batch.length / 2);
    return [batch.slice(0, middle), batch.slice(middle)];
  }

  private async call(batch: readonly Piece[], attempt: number): Promise<void> {
    const { provider, purpose, texts, onProgress } = this.options;
    this.calls += 1;
    if (attempt > 1) this.retries += 1;
    const contents = batch.map(({ content }) => content);
    const answer = await provider.doEmbed(contents, purpose);
    const place = { provider, where: this.where(batch) };
    const vectors = checkAnswer(answer, { ...place, textCount: batch.length });
    for (const [i, piece] of batch.entries()) {
      this.keep({ ...piece, vector: vectors[i] as Float32Array }, place);
    }
    this.count(answer.tokens, batch);
    onProgress?.({ embedded: this.embedded, total: texts.length });
  }

  /** Takes the vector of a piece; with the last of its text, the text has its own. */
  private keep(piece: EmbeddedPiece, place: Omit<AnswerPlace, 'textCount'>): void {
    const pieces = this.pieces.add(piece);
    if (pieces === undefined) return;
    this.embedded += 1;
    this.vectors[piece.text] = piece.vector;
    if (pieces.length === 1) return;
    const whole = { embeddings: [weightedMean(pieces, piece.vector.length)], tokens: undefined };
    this.vectors[piece.text] = checkAnswer(whole, { ...place, textCount: 1 })[0];
  }

  private count(reported: number | undefined, batch: readonly Piece[]): void {
    if (reported !== undefined && Number.isFinite(reported)) {
      this.tokens += reported;
      return;
    }
    this.measured = false;
    for (const { tokens } of batch) this.tokens += tokens;
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

  private assertNotAborted(batch: readonly Piece[]): void {
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
  private located(error: unknown, batch: readonly Piece[], attempt: number): GroundworkError {
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

  private where(batch: readonly Piece[]): string {
    const { provider, texts } = this.options;
    const { first, last } = textsOf(batch);
    return `${provider.modelId}, texts ${first + 1} to ${last + 1} of ${texts.length}`;
  }

  private facts(batch: readonly Piece[]): Record<string, string | number> {
    const { provider, texts } = this.options;
    const { first, last } = textsOf(batch);
    return {
      provider: provider.provider,
      modelId: provider.modelId,
      firstText: first,
      texts: last - first + 1,
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

/** Positions of the first and the last text that a batch has something of. */
function textsOf(batch: readonly Piece[]): { first: number; last: number } {
  return { first: batch[0]?.text ?? 0, last: batch.at(-1)?.text ?? 0 };
}
