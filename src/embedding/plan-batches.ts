/** Cuts a list of texts into the calls that a provider accepts. */

/** Positions `start` to `end` (exclusive) of the list of texts. */
export interface Batch {
  start: number;
  end: number;
}

/**
 * Fills each batch with as many texts as fit, in order. A text that alone exceeds the limit of
 * tokens gets a batch of its own: the provider windows or refuses it.
 *
 * Units: `tokenCounts` are token estimates, one per text.
 */
export function planBatches(
  tokenCounts: readonly number[],
  limits: { textsPerCallMax: number; tokensPerCallMax: number },
): Batch[] {
  const batches: Batch[] = [];
  let start = 0;
  let tokens = 0;
  for (const [position, count] of tokenCounts.entries()) {
    const full = position - start >= limits.textsPerCallMax;
    if (position > start && (full || tokens + count > limits.tokensPerCallMax)) {
      batches.push({ start, end: position });
      start = position;
      tokens = 0;
    }
    tokens += count;
  }
  if (start < tokenCounts.length) batches.push({ start, end: tokenCounts.length });
  return batches;
}
