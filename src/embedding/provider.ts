/**
 * The contract of an embedding provider. A provider makes one call for one batch; batching,
 * ordering, retrying, checking and counting live above it, once, in `embed-many.ts`.
 */

/** What the vector is for; providers with one convention for both ignore it. */
export type EmbeddingPurpose = 'query' | 'document';

export interface EmbeddingCallResult {
  /** One vector per text, in the order of the texts; not yet checked. */
  embeddings: readonly ArrayLike<number>[];
  /** Tokens the provider says it counted; undefined where it does not say. */
  tokens: number | undefined;
}

export interface EmbeddingProvider {
  /** Names the provider in settings and errors, for example `openai`. */
  readonly provider: string;
  /** The provider's own name for the model. */
  readonly model: string;
  /** Provider, model and dimensions in one string; two ids never mix in one library. */
  readonly modelId: string;
  readonly dimensions: number;
  /** Texts per call, at most. */
  readonly textsPerCallMax: number;
  /** Estimated tokens of all texts of one call, at most. */
  readonly tokensPerCallMax: number;
  /** Estimated tokens of one text, at most; a longer one is embedded in pieces. */
  readonly tokensPerTextMax: number;
  /** Calls that may run side by side. */
  readonly parallelCallsMax: number;
  /** How queries differ from documents: not at all, by a parameter, or by a prefix in the text. */
  readonly queryConvention: 'same' | 'parameter' | 'prefix';
  /** Whether the provider's vectors have norm 1; if not they are normalised above it. */
  readonly normalized: boolean;
  /**
   * One call. Throws GroundworkError: `provider_key_missing`, `provider_key_refused`,
   * `provider_quota_exhausted`, `provider_rate_limited` (retryable), `provider_unavailable`
   * (retryable), `provider_input_too_large`, `provider_model_unknown`, `provider_request_refused`,
   * `provider_answer_invalid`; the local model: `builtin_model_unavailable`.
   */
  doEmbed(texts: readonly string[], purpose: EmbeddingPurpose): Promise<EmbeddingCallResult>;
}
