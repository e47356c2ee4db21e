/**
 * When segments are merged. An update adds a small segment and tombstones; each small segment costs
 * a query a value or two, each tombstoned row is read for nothing, and a table trained on other
 * rows probes worse, so merging begins at the limits below (docs/tuning.md has what queries cost
 * just below them).
 */

import { liveChunks, type SegmentDescriptor } from './segment';

export interface CompactionLimits {
  /** Segments beside the largest. */
  smallSegmentsMax: number;
  /** Chunks of those, as a share of all live chunks. */
  smallShareMax: number;
  /** Tombstoned chunks of the largest, as a share of its chunks. */
  tombstonedShareMax: number;
}

export const COMPACTION_LIMITS: CompactionLimits = {
  smallSegmentsMax: 8,
  smallShareMax: 0.1,
  tombstonedShareMax: 0.2,
};

/** What the rule looks at: the segment to be written counts as one, without tombstones. */
export type SegmentSize = Pick<SegmentDescriptor, 'chunks' | 'tombstones'>;

/**
 * Which of the segments are merged into one, by position; none while all limits hold. All of them
 * when the largest has outlived its usefulness, otherwise only the small ones.
 */
export function planCompaction(
  segments: readonly SegmentSize[],
  limits: CompactionLimits = COMPACTION_LIMITS,
): number[] {
  if (segments.length === 0) return [];
  const all = segments.map((_, i) => i);
  const live = segments.map((segment) => liveChunks(segment));
  const largest = all.reduce((best, i) => ((live[i] ?? 0) > (live[best] ?? 0) ? i : best), 0);
  const largestSegment = segments[largest] as SegmentSize;
  const small = all.filter((i) => i !== largest);
  const smallChunks = small.reduce((sum, i) => sum + (live[i] ?? 0), 0);
  const total = smallChunks + (live[largest] ?? 0);
  const tombstoned = largestSegment.tombstones?.chunks ?? 0;
  if (tombstoned > limits.tombstonedShareMax * largestSegment.chunks) return all;
  if (smallChunks > limits.smallShareMax * total) return all;
  return small.length > limits.smallSegmentsMax ? small : [];
}
