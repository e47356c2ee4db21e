import { describe, expect, it } from 'vitest';
import { codeBytes, ESTIMATE_ERROR, encodeOneBit } from '../../src/quantization/one-bit';
import { createRotation } from '../../src/quantization/rotation';
import { clusteredVectors, randomVectors, unit } from '../support/random-vectors';

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

const minus = (a: Float32Array, b: Float32Array) => a.map((value, i) => value - (b[i] as number));

function encode(vector: Float32Array, centroid: Float32Array) {
  const codes = new Uint8Array(codeBytes(vector.length));
  const terms = encodeOneBit(minus(vector, centroid), centroid, codes, 0);
  return { ...terms, codes };
}

/** The estimate as the comment of one-bit.ts has it, bit by bit. */
function estimate(
  query: Float32Array,
  centroid: Float32Array,
  { codes, factor, offset }: ReturnType<typeof encode>,
): number {
  let signed = 0;
  for (const [i, value] of query.entries()) {
    signed += ((codes[i >> 3] as number) >> (i & 7)) & 1 ? value : -value;
  }
  return dot(query, centroid) + offset + factor * signed;
}

/** Vectors as the index has them: rotated, of clusters that the axes know nothing of. */
function rotatedClusters(dimensions: number, spread: number): Float32Array[] {
  const rotation = createRotation(dimensions);
  return clusteredVectors(240, dimensions, { seed: dimensions, clusters: 12, spread }).map((v) => {
    rotation.apply(v, v);
    return v;
  });
}

function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const [first] = vectors as [Float32Array];
  return first.map((_, i) => {
    const sum = vectors.reduce((total, vector) => total + (vector[i] as number), 0);
    return sum / vectors.length;
  });
}

describe('an estimate from a one-bit code', () => {
  it.each([
    [64, 1],
    [100, 0.6],
    [384, 1],
    [1_536, 1.2],
  ])('is unbiased, with the deviation it says, in %i dimensions', (dimensions, spread) => {
    const vectors = rotatedClusters(dimensions, spread);
    const queries = [
      ...rotatedClusters(dimensions, spread).slice(0, 40),
      ...randomVectors(40, dimensions, 5),
    ];
    let [count, sum, squares] = [0, 0, 0];
    for (let cluster = 0; cluster < 12; cluster += 1) {
      const members = vectors.filter((_, i) => i % 12 === cluster);
      const centroid = meanOf(members);
      for (const member of members) {
        const code = encode(member, centroid);
        for (const query of queries) {
          if (query === member) continue;
          const distance = Math.sqrt(dot(minus(query, centroid), minus(query, centroid)));
          const error = estimate(query, centroid, code) - dot(query, member);
          const inDeviations = error / (ESTIMATE_ERROR * code.factor * distance);
          count += 1;
          sum += inDeviations;
          squares += inDeviations ** 2;
        }
      }
    }
    const mean = sum / count;
    const deviation = Math.sqrt(squares / count - mean ** 2);
    expect(count).toBeGreaterThan(15_000);
    // Errors of one code share its rounding, so there are as many independent ones as codes.
    expect(Math.abs(mean)).toBeLessThan((4 * deviation) / Math.sqrt(vectors.length));
    expect(Math.abs(deviation - 1)).toBeLessThan(0.15);
  });

  it('is unbiased over pairs of which no two share a vector', () => {
    const dimensions = 128;
    const pairs = 4_000;
    const rotation = createRotation(dimensions);
    const vectors = randomVectors(2 * pairs + 1, dimensions, 6);
    for (const vector of vectors) rotation.apply(vector, vector);
    const centroid = (vectors[2 * pairs] as Float32Array).map((value) => 0.4 * value);
    let [sum, squares] = [0, 0];
    for (let pair = 0; pair < pairs; pair += 1) {
      const [vector, query] = [vectors[2 * pair], vectors[2 * pair + 1]] as [
        Float32Array,
        Float32Array,
      ];
      const code = encode(vector, centroid);
      const distance = Math.sqrt(dot(minus(query, centroid), minus(query, centroid)));
      const error = estimate(query, centroid, code) - dot(query, vector);
      const inDeviations = error / (ESTIMATE_ERROR * code.factor * distance);
      sum += inDeviations;
      squares += inDeviations ** 2;
    }
    const deviation = Math.sqrt(squares / pairs);
    expect(Math.abs(sum / pairs)).toBeLessThan((4 * deviation) / Math.sqrt(pairs));
    expect(Math.abs(deviation - 1)).toBeLessThan(0.15);
  });

  it('is exact where the query is the centroid, and of the residual with itself', () => {
    for (const dimensions of [64, 65, 384]) {
      const [a, b] = randomVectors(2, dimensions, 7) as [Float32Array, Float32Array];
      const centroid = a.map((value) => 0.7 * value);
      const member = unit(a.map((value, i) => value + 0.3 * (b[i] as number)));
      const code = encode(member, centroid);
      expect(estimate(centroid, centroid, code)).toBeCloseTo(dot(centroid, member), 6);
      const own = estimate(member, centroid, code);
      expect(own).toBeCloseTo(1, 6);
      expect(code.squaredNorm).toBeCloseTo(
        dot(minus(member, centroid), minus(member, centroid)),
        5,
      );
    }
  });

  it('of a vector that is its centroid is the dot product with it', () => {
    const [vector, query] = randomVectors(2, 100, 8) as [Float32Array, Float32Array];
    const code = encode(vector, vector);
    expect(code).toMatchObject({ factor: 0, offset: 0, squaredNorm: 0 });
    expect(estimate(query, vector, code)).toBe(dot(query, vector));
  });
});

describe('a code', () => {
  it('has a bit for each dimension, set where there is no minus sign, and no other', () => {
    for (const dimensions of [1, 7, 8, 9, 65, 100, 127]) {
      const [vector] = randomVectors(1, dimensions, dimensions) as [Float32Array];
      const centroid = new Float32Array(dimensions);
      const codes = new Uint8Array(3 + codeBytes(dimensions) + 2);
      encodeOneBit(vector, centroid, codes, 3);
      for (let bit = 0; bit < 8 * codeBytes(dimensions); bit += 1) {
        const found = ((codes[3 + (bit >> 3)] as number) >> (bit & 7)) & 1;
        expect(found).toBe(bit < dimensions && (vector[bit] as number) >= 0 ? 1 : 0);
      }
      expect([...codes.subarray(0, 3), ...codes.subarray(-2)]).toEqual([0, 0, 0, 0, 0]);
    }
  });

  it('has the sign of the residual, not of the vector', () => {
    const codes = new Uint8Array(1);
    encodeOneBit(Float32Array.of(0.5, -0.5, 0, -0), new Float32Array(4), codes, 0);
    expect(codes[0]).toBe(0b0101);
  });

  it('takes a residual that is a part of a larger array', () => {
    const [vector] = randomVectors(1, 64, 9) as [Float32Array];
    const larger = new Float32Array(200);
    larger.set(vector, 70);
    const centroid = new Float32Array(64);
    const [whole, part] = [new Uint8Array(8), new Uint8Array(8)];
    const terms = encodeOneBit(vector, centroid, whole, 0);
    expect(encodeOneBit(larger.subarray(70, 134), centroid, part, 0)).toEqual(terms);
    expect(part).toEqual(whole);
  });
});
