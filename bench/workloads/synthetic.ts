/**
 * Seeded synthetic embeddings, unit-normalised float32.
 *
 * The bytes are fixed: a kind, n, dims, number of queries and seed give the same base and queries
 * on every machine, and test/bench holds their checksums. So the order of random draws is part of
 * the definition. Two generators are drawn from: normal numbers for coordinates, uniform ones for
 * choices of cluster, topic and document.
 */

import { normalNumbers, uniformNumbers } from './random-numbers';
import { seededRotation } from './rotation';
import { normalizeRow, ROWS_PER_BLOCK, type RowBlock, type VectorSource } from './vector-source';

/**
 * - `hier`: a mean, 200 topics of uneven size, documents of 8 chunks; most like a handbook
 * - `topic`: the same without documents: harder
 * - `gmm`: 200 isotropic gaussians; within one, all points are nearly equidistant
 * - `spec`: a power-law spectrum without clusters; the worst realistic case for posting lists
 * - `uniform`: gaussian on the sphere; adversarial
 */
export const SYNTHETIC_KINDS = ['hier', 'topic', 'gmm', 'spec', 'uniform'] as const;
export type SyntheticKind = (typeof SYNTHETIC_KINDS)[number];

export interface SyntheticSpec {
  kind: SyntheticKind;
  n: number;
  dims: number;
  /** Number of query vectors. */
  queries: number;
  seed: number;
}

const CLUSTERS = 200;
const GMM_SPREAD = 0.8;
const MEAN_NORM = 0.45;
const ROTATION_SEED = 4242;
/** How far the generator of choices is from that of coordinates. */
const CHOICES_SEED_OFFSET = 99;

/** What the two kinds with topics are mixed from; each part has the same power-law spectrum. */
const MIXTURES = {
  hier: { chunksPerDocument: 8, topic: 0.5, document: 0.55, chunk: 0.5, query: 0.7 },
  topic: { chunksPerDocument: 1, topic: 0.6, document: 0, chunk: 0.65, query: 0.65 },
} as const;

/** One vector in the order of drawing. Base rows come in ascending order, queries in any. */
interface Draw {
  of: 'base' | 'queries';
  row: number;
}

interface Drawing extends SyntheticSpec {
  normal: () => number;
  uniform: () => number;
  /** Holds the vector drawn last. */
  x: Float32Array;
}

/** The whole of a workload at once. */
export function generateSynthetic(spec: SyntheticSpec): {
  base: Float32Array;
  queries: Float32Array;
} {
  const base = new Float32Array(spec.n * spec.dims);
  const queries = new Float32Array(spec.queries * spec.dims);
  for (const { of, row, x } of drawnVectors(spec, true)) {
    (of === 'base' ? base : queries).set(x, row * spec.dims);
  }
  return { base, queries };
}

/**
 * The queries alone. They are drawn between and after the base vectors, so all of these are drawn
 * too, but neither rotated nor kept.
 */
export function syntheticQueries(spec: SyntheticSpec): Float32Array {
  const queries = new Float32Array(spec.queries * spec.dims);
  for (const { of, row, x } of drawnVectors(spec, false)) {
    if (of === 'queries') queries.set(x, row * spec.dims);
  }
  return queries;
}

/** The base vectors as a source that holds one block at a time. */
export function syntheticBase(spec: SyntheticSpec): VectorSource {
  const { n, dims } = spec;
  return {
    n,
    dims,
    blocks: (rowsPerBlock = ROWS_PER_BLOCK) => baseBlocks(spec, rowsPerBlock),
  };
}

function* baseBlocks(spec: SyntheticSpec, rowsPerBlock: number): Generator<RowBlock> {
  const { n, dims } = spec;
  let first = 0;
  let rows = new Float32Array(Math.min(rowsPerBlock, n) * dims);
  for (const { of, row, x } of drawnVectors(spec, true)) {
    if (of !== 'base') continue;
    rows.set(x, (row - first) * dims);
    const next = row + 1;
    if (next < n && next - first < rowsPerBlock) continue;
    yield { first, rows };
    if (next === n) return;
    first = next;
    rows = new Float32Array(Math.min(rowsPerBlock, n - first) * dims);
  }
}

/** Every vector in order of drawing; without `wantsBase` the base vectors are not finished. */
function* drawnVectors(
  spec: SyntheticSpec,
  wantsBase: boolean,
): Generator<Draw & { x: Float32Array }> {
  const drawing: Drawing = {
    ...spec,
    normal: normalNumbers(uniformNumbers(spec.seed)),
    uniform: uniformNumbers(spec.seed + CHOICES_SEED_OFFSET),
    x: new Float32Array(spec.dims),
  };
  const { draws, rotate } = drawingOf(drawing);
  const { x } = drawing;
  for (const draw of draws) {
    if (!wantsBase && draw.of === 'base') continue;
    rotate?.(x);
    normalizeRow(x, 0, spec.dims);
    yield { ...draw, x };
  }
}

function drawingOf(drawing: Drawing): {
  draws: Generator<Draw>;
  rotate?: (x: Float32Array) => void;
} {
  const { kind, dims } = drawing;
  if (kind === 'uniform') return { draws: drawBothAlike(drawing, uniformVector(drawing)) };
  if (kind === 'gmm') return { draws: drawBothAlike(drawing, gmmVector(drawing)) };
  const rotate = seededRotation(dims, ROTATION_SEED);
  if (kind === 'spec') return { draws: drawBothAlike(drawing, spectrumVector(drawing)), rotate };
  return { draws: drawMixture(drawing, MIXTURES[kind]), rotate };
}

/** The kinds whose queries are like their base vectors: base first, then queries. */
function* drawBothAlike({ n, queries }: Drawing, draw: () => void): Generator<Draw> {
  for (let row = 0; row < n; row += 1) {
    draw();
    yield { of: 'base', row };
  }
  for (let row = 0; row < queries; row += 1) {
    draw();
    yield { of: 'queries', row };
  }
}

function uniformVector({ dims, normal, x }: Drawing): () => void {
  return () => {
    for (let i = 0; i < dims; i += 1) x[i] = normal();
  };
}

function gmmVector({ dims, normal, uniform, x }: Drawing): () => void {
  const centres = Float32Array.from({ length: CLUSTERS * dims }, normal);
  for (let cluster = 0; cluster < CLUSTERS; cluster += 1) {
    normalizeRow(centres, cluster * dims, dims);
  }
  const spread = GMM_SPREAD / Math.sqrt(dims);
  return () => {
    const start = Math.floor(uniform() * CLUSTERS) * dims;
    for (let i = 0; i < dims; i += 1) x[i] = (centres[start + i] as number) + spread * normal();
  };
}

function spectrumVector({ dims, normal, x }: Drawing): () => void {
  const deviations = powerLawDeviations(dims);
  const mean = deviations.map((deviation) => 0.5 * deviation * normal());
  return () => {
    for (let i = 0; i < dims; i += 1) {
      x[i] = (mean[i] as number) + 0.9 * (deviations[i] as number) * normal();
    }
  };
}

/** `hier` and `topic`: queries are drawn right after the document they ask for. */
function* drawMixture(
  drawing: Drawing,
  mixture: (typeof MIXTURES)['hier' | 'topic'],
): Generator<Draw> {
  const { n, dims, normal, uniform, x } = drawing;
  const deviations = powerLawDeviations(dims);
  const part = () => deviations.map((deviation) => deviation * normal());
  const mean = part();
  const meanScale = MEAN_NORM / Math.sqrt(mean.reduce((sum, value) => sum + value * value, 0));
  for (let i = 0; i < dims; i += 1) mean[i] = (mean[i] as number) * meanScale;
  const topics = Array.from({ length: CLUSTERS }, part);
  const documents = Math.ceil(n / mixture.chunksPerDocument);
  const queriesOf = queriesByDocument(drawing, documents);
  const nextTopic = unevenChoice(topics, uniform);
  const centre = new Float32Array(dims);
  const around = (noise: number) => {
    for (let i = 0; i < dims; i += 1) {
      x[i] = (centre[i] as number) + noise * (deviations[i] as number) * normal();
    }
  };
  let row = 0;
  for (let document = 0; document < documents; document += 1) {
    const topic = nextTopic();
    for (let i = 0; i < dims; i += 1) {
      const own = mixture.document * (deviations[i] as number) * normal();
      centre[i] = (mean[i] as number) + mixture.topic * (topic[i] as number) + own;
    }
    const end = Math.min(n, row + mixture.chunksPerDocument);
    for (; row < end; row += 1) {
      around(mixture.chunk);
      yield { of: 'base', row };
    }
    for (const query of queriesOf.get(document) ?? []) {
      around(mixture.query);
      yield { of: 'queries', row: query };
    }
  }
}

/** Each query asks for one document, chosen before any document is drawn. */
function queriesByDocument(
  { queries, uniform }: Drawing,
  documents: number,
): Map<number, number[]> {
  const queriesOf = new Map<number, number[]>();
  for (let query = 0; query < queries; query += 1) {
    const document = Math.floor(uniform() * documents);
    queriesOf.set(document, [...(queriesOf.get(document) ?? []), query]);
  }
  return queriesOf;
}

/** Chooses item k with a probability proportional to 1 / sqrt(k + 1). */
function unevenChoice<T>(items: readonly T[], uniform: () => number): () => T {
  let sum = 0;
  const cumulative = items.map((_, k) => {
    sum += 1 / Math.sqrt(k + 1);
    return sum;
  });
  return () => {
    const mark = uniform() * sum;
    return items[cumulative.findIndex((upTo) => upTo >= mark)] as T;
  };
}

/** Standard deviations whose squares fall as 1 / (i + 8) and add up to 1. */
function powerLawDeviations(dims: number): Float32Array {
  const weights = Float32Array.from({ length: dims }, (_, i) => 1 / (i + 8));
  const trace = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => Math.sqrt(weight / trace));
}
