/**
 * The cosine from which a passage is taken to apply, by model. Cosines of unrelated texts differ
 * from model to model, so there is no value for all.
 */

/**
 * Measured on judged items; see docs/quality.md for the command and the figures. A model that
 * is not listed has not been measured and takes the default.
 */
const THRESHOLDS: Readonly<Record<string, number>> = {
  builtin: 0.6,
};

const THRESHOLD_DEFAULT = 0.3;

/** The threshold for a model id (`provider:model:dimensions`). */
export function scoreThreshold(modelId: string): number {
  const provider = modelId.split(':')[0] ?? '';
  return THRESHOLDS[provider] ?? THRESHOLD_DEFAULT;
}
