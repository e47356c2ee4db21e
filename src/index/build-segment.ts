/**
 * Sealing, the parts that compute: how many lists, which rows train the centroids, and a segment
 * built at once from vectors that are all in memory. `seal-chain.ts` does the same in steps.
 */

import { seededRandom } from '../quantization/seeded-random';
import { assembleSegment } from './assemble-segment';
import { takeProbes } from './calibrate-spread';
import type { DocumentEntry } from './document-table';
import { createClustering, encodeRows } from './encode-rows';
import { postingListRowsMax } from './posting-list';
import type { RowContents } from './row-source';
import { DEFAULT_SEAL_KNOBS, type SealKnobs } from './seal-knobs';
import type { SegmentDescriptor } from './segment';
import type { StoredItem } from './stored-item';
import { trainCentroids } from './train-centroids';
import { pickRows, type VectorRows } from './vector-rows';

/** The sample is drawn by this seed, so a chain that is resumed draws the same. */
const SAMPLE_SEED = 0x73616d70;
/** A list may grow to this part of its value before its cluster is split in training. */
const FILL_MAX = 0.7;

export interface SegmentPlan {
  libraryId: string;
  segmentId: string;
  /** 0 of a library without vectors. */
  dimensions: number;
  /** Row r of the segment is the r-th chunk of these. */
  documents: readonly DocumentEntry[];
  inlineCharactersMax: number;
  knobs?: SealKnobs;
}

/** Lists of a segment of so many rows; 1 is a flat segment. */
export function listsFor(rows: number, knobs = DEFAULT_SEAL_KNOBS): number {
  if (rows <= knobs.flatRowsMax) return 1;
  const lists = Math.min(rows / knobs.rowsPerListMin, knobs.listsPerCubeRoot * Math.cbrt(rows));
  return Math.max(2, Math.round(lists));
}

/** Numbers of the rows that train the centroids, ascending; all of a flat segment. */
export function sampleRows(rows: number, knobs = DEFAULT_SEAL_KNOBS): Uint32Array {
  const lists = listsFor(rows, knobs);
  const wanted = lists === 1 ? rows : Math.min(rows, knobs.samplePerList * lists);
  if (wanted === rows) return Uint32Array.from({ length: rows }, (_, row) => row);
  const random = seededRandom(SAMPLE_SEED);
  const sample = new Uint32Array(wanted);
  // Selection sampling (Knuth, TAOCP 2, algorithm 3.4.2 S): in order, each row equally likely.
  let taken = 0;
  for (let row = 0; taken < wanted; row += 1) {
    if ((rows - row) * random() < wanted - taken) {
      sample[taken] = row;
      taken += 1;
    }
  }
  return sample;
}

/** Centroids for a segment of so many rows, from a sample of them. */
export function trainFor(rows: number, sample: VectorRows, knobs = DEFAULT_SEAL_KNOBS): VectorRows {
  const rowsMax = FILL_MAX * postingListRowsMax(sample.dimensions, 1);
  const lists = listsFor(rows, knobs);
  const shareMax = lists === 1 ? 1 : Math.min(1, rowsMax / rows);
  return trainCentroids(sample, { lists, shareMax, random: seededRandom(SAMPLE_SEED + 1) });
}

/**
 * Builds a segment of rows in memory, all of them in order; without terms, one that nobody can ask
 * for words. O(rows * lists * dimensions).
 */
export function buildSegment(
  plan: SegmentPlan,
  { vectors, terms }: Pick<RowContents, 'vectors'> & Partial<RowContents>,
): { items: StoredItem[]; descriptor: SegmentDescriptor } {
  const blocks = terms === undefined ? undefined : [terms];
  if (plan.dimensions === 0) return assembleSegment({ ...plan, coded: undefined, terms: blocks });
  const rows = vectors.count;
  const sampled = sampleRows(rows, plan.knobs);
  const sample = pickRows(vectors, sampled);
  const clustering = createClustering(trainFor(rows, sample, plan.knobs));
  const probes = takeProbes(sample, sampled, rows);
  const numbers = Uint32Array.from({ length: rows }, (_, row) => row);
  const encoded = [encodeRows(clustering, vectors, numbers)];
  return assembleSegment({ ...plan, coded: { clustering, probes, encoded }, terms: blocks });
}
