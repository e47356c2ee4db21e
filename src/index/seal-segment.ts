/** Sealing a segment: at once where its vectors fit memory, in steps where they do not. */

import type { KeyValueStore } from '../platform/ports';
import { buildSegment, type SegmentPlan } from './build-segment';
import { dropSeal, finishSeal, loadSealState, sealStep } from './seal-chain';
import type { SegmentDescriptor } from './segment';
import type { StoredItem } from './stored-item';
import type { VectorSource } from './vector-source';

/** int8 components that are read at once: 32 MB, or 20,000 vectors of 1,536 dimensions. */
const COMPONENTS_AT_ONCE_MAX = 32_000_000;

/**
 * The values of a segment and the descriptor that names them; writing the values is the caller's.
 * Reads each row of the source once. Errors: those of the source.
 */
export async function sealSegment(
  kv: KeyValueStore,
  plan: SegmentPlan,
  source: VectorSource,
  componentsAtOnceMax = COMPONENTS_AT_ONCE_MAX,
): Promise<{ items: StoredItem[]; descriptor: SegmentDescriptor }> {
  const rows = plan.documents.reduce((sum, { chunks }) => sum + chunks.length, 0);
  if (source.isAtHand || rows * plan.dimensions <= componentsAtOnceMax) {
    const numbers = Uint32Array.from({ length: rows }, (_, row) => row);
    return buildSegment(plan, await source.read(numbers));
  }
  let state = await loadSealState(kv, plan);
  try {
    while (!state.isComplete) state = await sealStep(kv, plan, source, state);
    return await finishSeal(kv, plan, state);
  } finally {
    // Also of a seal that failed: a job that is run again has another id, and nobody would go on.
    await dropSeal(kv, plan, state);
  }
}
