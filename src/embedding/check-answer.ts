/**
 * The border at which a provider's answer becomes vectors: nothing beyond it meets a vector of the
 * wrong length, with a number that is not finite, or without a direction.
 */
import { GroundworkError } from '../errors';
import type { EmbeddingCallResult, EmbeddingProvider } from './provider';

export interface AnswerPlace {
  provider: EmbeddingProvider;
  /** For example `openai text-embedding-3-small, texts 1 to 256 of 800`. */
  where: string;
  textCount: number;
}

/**
 * Copies the answer into unit vectors, whether or not the provider says that it normalises: some
 * do at their full dimensions only, and the difference is invisible until scores are compared.
 *
 * Shapes: one Float32Array[dimensions] per text, in the order of the texts; L2 norm 1 ± 1e-6.
 * Errors: `provider_answer_count`, `provider_answer_dimensions`, `provider_answer_not_finite`,
 * `provider_answer_zero_vector`; none is retryable, as the same texts would give the same answer.
 */
export function checkAnswer(answer: EmbeddingCallResult, place: AnswerPlace): Float32Array[] {
  const found = answer.embeddings.length;
  if (found !== place.textCount) {
    throw new GroundworkError({
      code: 'provider_answer_count',
      message:
        `${place.where}: the answer holds ${found} embeddings, expected ${place.textCount}. ` +
        'Nothing was stored; repeat, and if it stays so choose another model or provider.',
      facts: { ...factsOf(place.provider), found, expected: place.textCount },
    });
  }
  return answer.embeddings.map((embedding, position) => unitVector(embedding, position, place));
}

function unitVector(
  embedding: ArrayLike<number>,
  position: number,
  place: AnswerPlace,
): Float32Array {
  const { provider } = place;
  const where = `${place.where}: embedding ${position + 1} of ${place.textCount}`;
  const facts = { ...factsOf(provider), position };
  if (embedding.length !== provider.dimensions) {
    throw new GroundworkError({
      code: 'provider_answer_dimensions',
      message:
        `${where} has ${embedding.length} dimensions, expected ${provider.dimensions}. ` +
        'Nothing was stored; check the model and the dimensions in the settings.',
      facts: { ...facts, found: embedding.length, expected: provider.dimensions },
    });
  }
  const squares = sumOfSquares(embedding);
  if (!Number.isFinite(squares)) {
    throw new GroundworkError({
      code: 'provider_answer_not_finite',
      message: `${where} holds a number that is not finite. Nothing was stored; repeat.`,
      facts,
    });
  }
  if (squares === 0) {
    throw new GroundworkError({
      code: 'provider_answer_zero_vector',
      message:
        `${where} is zero in every dimension, so it has no direction to compare. ` +
        'Check that the text holds words that the model knows.',
      facts,
    });
  }
  const scale = 1 / Math.sqrt(squares);
  return Float32Array.from(embedding, (value) => value * scale);
}

/** Sums in float64; NaN and infinities survive into the sum, so one check finds them all. */
function sumOfSquares(embedding: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < embedding.length; i += 1) {
    const value = embedding[i] ?? Number.NaN;
    squares += value * value;
  }
  return squares;
}

function factsOf(provider: EmbeddingProvider): { provider: string; modelId: string } {
  return { provider: provider.provider, modelId: provider.modelId };
}
