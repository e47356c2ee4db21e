/** Sealing a segment: at once where its vectors fit memory, in steps where they do not. */

import type { KeyValueStore } from '../platform/ports';
import { buildSegment, type SegmentPlan } from './build-segment';
import type { RowSource } from './row-source';
import { dropSeal, finishSeal, loadSealState, sealStep } from './seal-chain';
import type { SegmentDescriptor } from './segment';
import type { StoredItem } from './stored-item';

/**
 * int8 components that are read at once: 8 MB, or 5,000 vectors of 1,536 dimensions. At a job's
 * share of the read quota that is a minute; a seal that is interrupted begins at its last step.
 */
const COMPONENTS_AT_ONCE_MAX = 8_000_000;

/** What a row without a vector counts as: its text is as long as any, 16,000 rows at once. */
const TEXT_COMPONENTS = 512;

export interface SealOptions {
  componentsAtOnceMax?: number;
  /** Called between steps; what it throws ends this call, and the next one goes on. */
  betweenSteps?: () => void;
}

export interface SealedSegment {
  /** Values to be written by the caller. */
  items: StoredItem[];
  descriptor: SegmentDescriptor;
  /** Deletes what the steps left, once the values are written. */
  drop: () => Promise<void>;
}

/**
 * The values of a segment and the descriptor that names them; writing the values is the caller's.
 * Reads each row of the source once, also over calls that were interrupted.
 * Errors: those of the source, and of `betweenSteps`.
 */
export async function sealSegment(
  kv: KeyValueStore,
  plan: SegmentPlan,
  source: RowSource,
  options: SealOptions = {},
): Promise<SealedSegment> {
  const { componentsAtOnceMax = COMPONENTS_AT_ONCE_MAX, betweenSteps } = options;
  const rows = plan.documents.reduce((sum, { chunks }) => sum + chunks.length, 0);
  if (rows * (plan.dimensions || TEXT_COMPONENTS) <= componentsAtOnceMax) {
    const numbers = Uint32Array.from({ length: rows }, (_, row) => row);
    return { ...buildSegment(plan, await source.read(numbers)), drop: async () => undefined };
  }
  let state = await loadSealState(kv, plan);
  while (!state.isComplete) {
    betweenSteps?.();
    state = await sealStep(kv, plan, source, state);
  }
  betweenSteps?.();
  const final = state;
  return { ...(await finishSeal(kv, plan, state)), drop: () => dropSeal(kv, plan, final) };
}
