/**
 * Sealing in steps, for segments whose vectors do not fit one function's memory or one minute's
 * quota. Each step reads some records, leaves what it made under keys of the seal, and hands over a
 * small state, so that another function can go on from there. Each record is read once: those that
 * train the centroids are coded in the same step.
 *
 * train → encode (as often as there are blocks) → finish. Repeating a step that was interrupted
 * writes the same values again.
 */

import * as v from 'valibot';
import type { KeyValueStore } from '../platform/ports';
import { assembleSegment } from './assemble-segment';
import { type SegmentPlan, sampleRows, trainFor } from './build-segment';
import { takeProbes } from './calibrate-spread';
import type { TermBlock } from './collect-terms';
import { createClustering, encodeRows } from './encode-rows';
import { corrupt, openBytes, openValue } from './envelope';
import { workKey } from './keys';
import { deleteKeys, readValues, writeValues } from './read-values';
import type { RowSource } from './row-source';
import type { SegmentDescriptor } from './segment';
import { type StoredItem, toBytesItem, toItem } from './stored-item';
import { decodeTermBlock, encodeTermBlock } from './term-block';
import type { VectorRows } from './vector-rows';
import {
  decodeCodedRows,
  decodeVectorRows,
  encodeCodedRows,
  encodeVectorRows,
} from './work-values';

/** Rows a step codes: 1,500 read units at 1,536 dimensions, a few seconds of work. */
const ROWS_PER_STEP = 4_000;

const stateSchema = v.object({
  /** Rows of the segment, without those of the sample, that are coded so far. */
  coded: v.number(),
  /** Bytes of each stored part of the centroids; none before the training. */
  centroids: v.array(v.number()),
  /** The same of the vectors of the probes. */
  probes: v.array(v.number()),
  neighbours: v.array(v.number()),
  /** Bytes of each stored part of coded rows. */
  fragments: v.array(v.number()),
  /** The same of the terms of the rows of each step. */
  terms: v.array(v.array(v.number())),
  isComplete: v.boolean(),
});

/** How far a seal has come. */
export type SealState = v.InferOutput<typeof stateSchema>;

export const SEAL_START: SealState = {
  coded: 0,
  centroids: [],
  probes: [],
  neighbours: [],
  fragments: [],
  terms: [],
  isComplete: false,
};

/** The state that the last complete step left, or the start. Errors: `value_corrupt`. */
export async function loadSealState(kv: KeyValueStore, plan: SegmentPlan): Promise<SealState> {
  const key = stateKey(plan);
  const value = await kv.get(key);
  if (value === undefined) return SEAL_START;
  const result = v.safeParse(stateSchema, JSON.parse(openValue('work', key, value)));
  if (result.success) return result.output;
  throw corrupt(key, 'not the state of a seal');
}

/** Takes one step; the state it returns is stored too. Errors: those of the source. */
export async function sealStep(
  kv: KeyValueStore,
  plan: SegmentPlan,
  source: RowSource,
  state: SealState,
): Promise<SealState> {
  const next =
    state.centroids.length === 0 && plan.dimensions > 0
      ? await train(kv, plan, source)
      : await encode(kv, plan, source, state);
  await writeValues(kv, [toItem('work', stateKey(plan), JSON.stringify(next))]);
  return next;
}

/** The values of the segment, from what the steps left; those are `dropSeal`'s to delete. */
export async function finishSeal(
  kv: KeyValueStore,
  plan: SegmentPlan,
  state: SealState,
): Promise<{ items: StoredItem[]; descriptor: SegmentDescriptor }> {
  const terms = await loadTerms(kv, plan, state);
  return assembleSegment({ ...plan, coded: await loadCoded(kv, plan, state), terms });
}

/** Deletes what the steps of a seal left. */
export async function dropSeal(
  kv: KeyValueStore,
  plan: SegmentPlan,
  state: SealState,
): Promise<void> {
  const keys = [
    ...keysOf(plan, 'centroids', state.centroids),
    ...keysOf(plan, 'probes', state.probes),
    ...keysOf(plan, 'codes', state.fragments),
    ...keysOf(plan, 'terms', state.terms.flat()),
  ];
  await deleteKeys(kv, [...keys.map(({ key }) => key), stateKey(plan)]);
}

async function train(kv: KeyValueStore, plan: SegmentPlan, source: RowSource): Promise<SealState> {
  const rows = countRows(plan);
  const sample = sampleOf(plan);
  const { vectors, terms } = await source.read(sample);
  const centroids = trainFor(rows, vectors, plan.knobs);
  const probes = takeProbes(vectors, sample, rows);
  return {
    ...SEAL_START,
    centroids: await writeParts(kv, plan, 'centroids', encodeVectorRows(centroids)),
    probes: await writeParts(kv, plan, 'probes', encodeVectorRows(probes.vectors)),
    neighbours: [...probes.neighbours],
    fragments: await writeCoded(kv, plan, { centroids, vectors, numbers: sample, first: 0 }),
    terms: [await writeParts(kv, plan, 'terms', encodeTermBlock(terms))],
    isComplete: sample.length === rows,
  };
}

async function encode(
  kv: KeyValueStore,
  plan: SegmentPlan,
  source: RowSource,
  state: SealState,
): Promise<SealState> {
  const rows = countRows(plan);
  const sample = sampleOf(plan);
  const numbers = rowsOutside(sample, state.coded, ROWS_PER_STEP);
  const { vectors, terms } = await source.read(numbers);
  const fragments = [...state.fragments];
  if (plan.dimensions > 0) {
    const centroids = await loadRows(kv, plan, 'centroids', state.centroids);
    const first = fragments.length;
    fragments.push(...(await writeCoded(kv, plan, { centroids, vectors, numbers, first })));
  }
  const firstTerms = state.terms.flat().length;
  const parts = await writeParts(kv, plan, 'terms', encodeTermBlock(terms), firstTerms);
  const coded = state.coded + numbers.length;
  const isComplete = coded + sample.length === rows;
  return { ...state, coded, fragments, terms: [...state.terms, parts], isComplete };

  /** So many rows that are not in the sample, after skipping as many as were coded before. */
  function rowsOutside(sample: Uint32Array, skipped: number, wanted: number): Uint32Array {
    const outside: number[] = [];
    let inSample = 0;
    let seen = 0;
    for (let row = 0; row < rows && outside.length < wanted; row += 1) {
      if (sample[inSample] === row) inSample += 1;
      else {
        if (seen >= skipped) outside.push(row);
        seen += 1;
      }
    }
    return Uint32Array.from(outside);
  }
}

/** Codes rows and stores them; returns the bytes of the parts, numbered from `first` on. */
async function writeCoded(
  kv: KeyValueStore,
  plan: SegmentPlan,
  work: { centroids: VectorRows; vectors: VectorRows; numbers: Uint32Array; first: number },
): Promise<number[]> {
  const encoded = encodeRows(createClustering(work.centroids), work.vectors, work.numbers);
  return writeParts(kv, plan, 'codes', encodeCodedRows(encoded, plan.dimensions), work.first);
}

type WorkName = 'centroids' | 'probes' | 'codes' | 'terms';

/** Stores parts numbered from `first` on, and returns the bytes of each. */
async function writeParts(
  kv: KeyValueStore,
  plan: SegmentPlan,
  name: WorkName,
  parts: readonly Uint8Array[],
  first = 0,
): Promise<number[]> {
  const items = parts.map((bytes, part) =>
    toBytesItem('work', partKey(plan, name, first + part), bytes),
  );
  await writeValues(kv, items);
  return items.map(({ bytes }) => bytes);
}

/** What the vectors of the segment have become. */
async function loadCoded(kv: KeyValueStore, plan: SegmentPlan, state: SealState) {
  if (plan.dimensions === 0) return undefined;
  const centroids = await loadRows(kv, plan, 'centroids', state.centroids);
  const vectors = await loadRows(kv, plan, 'probes', state.probes);
  const values = await readValues(kv, keysOf(plan, 'codes', state.fragments));
  const encoded = values.map(({ key, value }) =>
    decodeCodedRows(key, openBytes('work', key, value), plan.dimensions),
  );
  const probes = { vectors, neighbours: Uint32Array.from(state.neighbours) };
  return { clustering: createClustering(centroids), probes, encoded };
}

async function loadTerms(
  kv: KeyValueStore,
  plan: SegmentPlan,
  state: SealState,
): Promise<TermBlock[]> {
  const values = await readValues(kv, keysOf(plan, 'terms', state.terms.flat()));
  let next = 0;
  return state.terms.map((sizes) => {
    const parts = values.slice(next, next + sizes.length);
    next += sizes.length;
    return decodeTermBlock(
      parts[0]?.key ?? '',
      Buffer.concat(parts.map(({ key, value }) => openBytes('work', key, value))),
    );
  });
}

async function loadRows(
  kv: KeyValueStore,
  plan: SegmentPlan,
  name: WorkName,
  sizes: readonly number[],
): Promise<VectorRows> {
  const values = await readValues(kv, keysOf(plan, name, sizes));
  const parts = values.map(({ key, value }) => ({ key, bytes: openBytes('work', key, value) }));
  return decodeVectorRows(parts, plan.dimensions);
}

function keysOf(plan: SegmentPlan, name: WorkName, sizes: readonly number[]) {
  return sizes.map((bytes, part) => ({ key: partKey(plan, name, part), bytes }));
}

function partKey({ libraryId, segmentId }: SegmentPlan, name: WorkName, part: number): string {
  return workKey(libraryId, segmentId, `${name}:${part}`);
}

function stateKey({ libraryId, segmentId }: SegmentPlan): string {
  return workKey(libraryId, segmentId, 'state');
}

/** The rows that train the centroids; none where there are no vectors. */
function sampleOf(plan: SegmentPlan): Uint32Array {
  return plan.dimensions === 0 ? new Uint32Array(0) : sampleRows(countRows(plan), plan.knobs);
}

function countRows({ documents }: SegmentPlan): number {
  return documents.reduce((sum, { chunks }) => sum + chunks.length, 0);
}
