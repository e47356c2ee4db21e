/** From int8 vectors to one-bit codes: a row goes to its nearest centroid, and is coded from it. */

import { decodeFourBit, encodeFourBit, type FourBitVector } from '../quantization/four-bit';
import { codeBytes, encodeOneBit } from '../quantization/one-bit';
import { createRotation, type Rotation } from '../quantization/rotation';
import { createRotatedAssigner, type RotatedAssigner } from './nearest-centroid';
import { decodeRow, type VectorRows } from './vector-rows';

/** The centroids of a segment, ready to take rows. */
export interface Clustering {
  dimensions: number;
  count: number;
  rotation: Rotation;
  assigner: RotatedAssigner;
  /** Rotated centroids as posting lists keep them. */
  centroids: readonly FourBitVector[];
  /** The same, decoded: Float32Array[dimensions] each. */
  decoded: readonly Float32Array[];
}

/** Codes of some rows of a segment, column by column. */
export interface EncodedRows {
  count: number;
  /** Number of the row in its segment. */
  rows: Uint32Array;
  /** Number of its centroid. */
  lists: Uint32Array;
  /** Uint8Array[count x codeBytes(dimensions)], row-major. */
  codes: Uint8Array;
  factors: Float32Array;
  offsets: Float32Array;
  /** Squared norms of the residuals. */
  squaredNorms: Float32Array;
}

/** `centroids`: int8 rows with the scale that makes each the mean of its cluster. */
export function createClustering(centroids: VectorRows): Clustering {
  const { count, dimensions } = centroids;
  const rotation = createRotation(dimensions);
  const rotated = new Float32Array(dimensions);
  const encoded: FourBitVector[] = [];
  const decoded: Float32Array[] = [];
  for (let row = 0; row < count; row += 1) {
    decodeRow(centroids, row, rotated);
    rotation.apply(rotated, rotated);
    const centroid = encodeFourBit(rotated);
    const target = new Float32Array(dimensions);
    decodeFourBit(centroid, target);
    encoded.push(centroid);
    decoded.push(target);
  }
  const assigner = createRotatedAssigner(centroids);
  return { dimensions, count, rotation, assigner, centroids: encoded, decoded };
}

/** Codes the vectors of `numbers`, the segment's row numbers of `vectors`' rows. */
export function encodeRows(
  clustering: Clustering,
  vectors: VectorRows,
  numbers: Uint32Array,
): EncodedRows {
  const { dimensions, assigner, rotation, decoded } = clustering;
  const { count } = vectors;
  const stride = codeBytes(dimensions);
  const encoded: EncodedRows = {
    count,
    rows: numbers,
    lists: new Uint32Array(count),
    codes: new Uint8Array(count * stride),
    factors: new Float32Array(count),
    offsets: new Float32Array(count),
    squaredNorms: new Float32Array(count),
  };
  const residual = new Float32Array(dimensions);
  for (let row = 0; row < count; row += 1) {
    decodeRow(vectors, row, residual);
    rotation.apply(residual, residual);
    const at = row * dimensions;
    const list = clustering.count === 1 ? 0 : assigner.nearest(vectors.values, at, residual);
    const centroid = decoded[list] as Float32Array;
    for (let i = 0; i < dimensions; i += 1) {
      residual[i] = (residual[i] as number) - (centroid[i] as number);
    }
    const terms = encodeOneBit(residual, centroid, encoded.codes, row * stride);
    encoded.lists[row] = list;
    encoded.factors[row] = terms.factor;
    encoded.offsets[row] = terms.offset;
    encoded.squaredNorms[row] = terms.squaredNorm;
  }
  return encoded;
}
